"""Patterns of users' rules that would fail every letter are refused when the file is read."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.config import ConfigError
from imr_nlp.matching.pattern_checks import regex_fault, token_pattern_fault
from imr_nlp.matching.rule_files import load_rules


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what reading rules needs, so that no refusal is timed with it."""
    path = tmp_path_factory.mktemp("rules") / "own.yml"
    path.write_text(f"{HEAD}  pattern: gel\n", encoding="utf-8")
    load_rules(path)


HEAD = "targets:\n- id: a\n  category: PROCEDURE\n"


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(ConfigError) as error:
        load_rules(path)
    assert time.process_time() - began < 20 * max(_unit(), 0.05), "a refusal must not wait for the pattern"
    assert str(error.value).startswith(f"{path}:")
    return str(error.value).removeprefix(f"{path}:")


def _unit() -> float:
    began = time.process_time()
    sum(range(1_000_000))
    return time.process_time() - began


@pytest.mark.parametrize("pattern", ["x*", "''", "(gel)?", r"'\b'", "(?=gel)", "(?:gel)?(?:pad)*", "^", "a|"])
def test_a_regex_that_can_match_nothing(tmp_path, pattern):
    reason = refusal(tmp_path, f"{HEAD}  pattern: {pattern}\n")
    assert reason.startswith("4: ") and "can match no text" in reason


@pytest.mark.parametrize(
    "pattern",
    ["gel.*pad", "gel[^x]+", "(?:gel|.)*x", r"gel[\\s\\S]+", "gel(?:pad.?)+", "gel.{3,}"],
)
def test_a_regex_without_end(tmp_path, pattern):
    reason = refusal(tmp_path, f'{HEAD}  pattern: "{pattern}"\n')
    assert reason.startswith("4: ") and "without end" in reason and "bound" in reason


#: Expressions whose tries multiply, each with a form that the message advises and that is quick.
MULTIPLYING = [
    (r"(?:[a-z]{1,20})+!", r"(?:[a-z]{1,20}+)+!"),
    (r"(?:\w{1,20}\s?){1,30}!", r"(?:\w{1,20}+\s?){1,30}!"),
    ("(?:a|a){1,40}b", "(?>a|a){1,40}b"),
    ("(?:a+)+b", "(?:a++)+b"),
    ("(?:ab?|a)+c", "(?:ab?)+c"),
    ("(?:ab?b?)+c", "(?:ab?+b?+)+c"),
    (r"(?:\d{1,3},?){4,9}x", r"(?:\d{1,3}+,?){4,9}x"),
    ("(?:(?:a{1,9}){1,2}){1,2}b", "(?:(?:a{1,9}+){1,2}+){1,2}b"),
    ("(?=(?:a{1,9})+b)a", "(?=(?:a{1,9}+)+b)a"),
    ("(?>(?:a{1,9})+b)", "(?>(?:a{1,9}+)+b)"),
    ("(?:[^a]{1,9}A?){1,40}!", "(?:[^a]{1,9}+A?+){1,40}!"),
    ("(?:b(?:a?)?)+!", "(?:ba?)+!"),
    (r"(?:\w+|é)+!", r"(?:\w++|-)+!"),
    ("(?:[日本]{1,9})+!", "(?:[日本]{1,9}+)+!"),
    ("((a)|b|a)*c", "(?>(a)|b|a)*c"),
]


@pytest.mark.parametrize(("pattern", "better"), MULTIPLYING)
def test_a_regex_that_matches_one_text_in_many_ways(pattern: str, better: str) -> None:
    assert re.search(r"possessive|\(\?>…\)", regex_fault(pattern) or "")
    assert regex_fault(better) is None
    for row in ("a" * 5_000, "ab" * 2_500, "11," * 1_500, "éa" * 2_500):
        began = time.process_time()
        re.compile(better).match(row)
        assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "pattern",
    [
        "(gel+)+x",
        "(?:a*b)*c",
        r"(?:\w+ ){0,9}pads?",
        r"(?:\w+\W{1,3}){1,9}pad",
        r"(?:\S+\s+){0,5}pad",
        r"(?:\w+\s?){1,3}pad",
        r"\d{1,3}(?:,\d{3})*",
        "(?:(?:a|an|the|mild|moderate|severe) ){0,9}pad",
        "(?:, [a-z]+){1,20}",
        r"(?:[日本]+\s)+x",
        "(?:[A-Z]{2}-)+x",
    ],
)
def test_a_repetition_whose_parts_are_told_apart_is_taken(pattern: str) -> None:
    assert regex_fault(pattern) is None


@given(st.text(alphabet="ab.*+?()|{,4}[^]", max_size=14))
def test_what_is_taken_is_quick(pattern: str) -> None:
    if regex_fault(pattern) is None:
        for row in ("a" * 40 + "!", "ab" * 20 + "!", "b" * 40 + "!"):
            began = time.process_time()
            re.compile(pattern).search(row)
            assert time.process_time() - began < 1


@pytest.mark.parametrize("kind", ["IN", "NOT_IN"])
@pytest.mark.parametrize(
    ("regex", "reason"), [("(unclosed", "bad regular"), ("(?:[a-z]+)+!", "many ways"), ("(" * 60, "nested")]
)
def test_each_regex_of_a_token_pattern_is_checked(tmp_path, kind, regex, reason):
    for value in (f"'{regex}'", f"{{{kind}: [gel, '{regex}']}}"):
        refused = refusal(tmp_path, f"{HEAD}  pattern: [{{LOWER: gel}}, {{LOWER: {{REGEX: {value}}}}}]\n")
        assert refused.startswith("4: ") and reason in refused


def test_what_spacy_says_of_a_regex_is_a_refusal(tmp_path, monkeypatch):
    monkeypatch.setattr("imr_nlp.matching.rule_files.token_pattern_fault", lambda pattern: None)
    assert "bad token pattern" in refusal(tmp_path, HEAD + "  pattern: [{TEXT: {REGEX: {IN: ['gel(']}}}]\n")


@pytest.mark.parametrize(
    "pattern", ["[{OP: '*'}]", "[{OP: '?'}]", "[{LOWER: gel, OP: '*'}]", "[{LOWER: gel, OP: '{0,3}'}]"]
)
def test_a_token_pattern_that_can_match_nothing(tmp_path, pattern):
    assert "can match no token" in refusal(tmp_path, f"{HEAD}  pattern: {pattern}\n")


@pytest.mark.parametrize(
    "token", ["{OP: '+'}", "{IS_ALPHA: true, OP: '*'}", "{OP: '{2,}'}", "{LOWER: {REGEX: x}, OP: '+'}"]
)
def test_a_token_pattern_without_end(tmp_path, token):
    assert "without end" in refusal(tmp_path, f"{HEAD}  pattern: [{{LOWER: gel}}, {token}]\n")


def test_a_token_pattern_with_a_bad_regex(tmp_path):
    assert "bad" in refusal(tmp_path, HEAD + "  pattern: [{LOWER: {REGEX: 'gel('}}]\n")


def test_deep_and_large_patterns(tmp_path):
    assert "nested" in refusal(tmp_path, f"{HEAD}  pattern: '{'(' * 5000}gel{')' * 5000}'\n")[:3000]
    assert "nested" in refusal(tmp_path, f"{HEAD}  pattern: '{'(' * 51}gel{')' * 51}'\n")
    assert "bad regular expression" in refusal(tmp_path, f"{HEAD}  pattern: 'a{{99999999999999999999}}'\n")
    assert "nested" in refusal(tmp_path, f"{HEAD}  pattern: {'[' * 5000}{']' * 5000}\n")
    assert "nested" in refusal(tmp_path, "[" * 200_000)


def test_anchors_aliases_and_keys(tmp_path):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    assert "aliases expand" in refusal(tmp_path, bomb)
    assert "its own alias" in refusal(tmp_path, "targets: &a [*a]\n")
    assert "a key must be a word" in refusal(tmp_path, "? [a, b]\n: c\n")
    assert "a key must be a word" in refusal(tmp_path, "targets:\n- {? {a: b} : c}\n")


def test_an_alias_used_with_measure_is_fine(tmp_path):
    path = tmp_path / "own.yml"
    path.write_text(
        "targets:\n- {id: a, category: PROCEDURE, literal: &names [gel pad, gel pads]}\n"
        "- {id: b, category: MEDICATION, literal: *names}\n"
    )
    assert len(load_rules(path).targets) == 4


@pytest.mark.parametrize(
    "pattern", [r"gel\s+pads?", r"\bMRI\b", "x{1,3}", r"[A-Z]\d+", "(?:left|right) knee", r"gel\w*"]
)
def test_harmless_patterns_are_taken(pattern):
    assert regex_fault(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        [{"LOWER": "gel"}, {"LOWER": {"IN": ["a", "b"]}, "OP": "+"}],
        [{"IS_DIGIT": True}, {"OP": "{1,5}"}],
        [{"OP": "!", "LOWER": "x"}],
    ],
)
def test_harmless_token_patterns_are_taken(pattern):
    assert token_pattern_fault(pattern) is None


@given(st.text(alphabet="ab.*+?(){}[]|^$\\\\1,", max_size=30))
def test_what_is_taken_compiles_and_never_matches_nothing(pattern):
    if regex_fault(pattern) is None:
        found = re.compile(pattern)
        assert found.fullmatch("") is None
