"""Patterns of users' rules that would fail every letter are refused when the file is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.config import ConfigError
from imr_nlp.matching.pattern_checks import regex_fault, token_pattern_fault
from imr_nlp.matching.rule_files import load_rules

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
    ["gel.*pad", "gel[^x]+", "(?:gel|.)*x", "(gel+)+x", "(?:a*b)*c", r"gel[\\s\\S]+", "gel(?:pad.?)+", "gel.{3,}"],
)
def test_a_regex_without_end(tmp_path, pattern):
    reason = refusal(tmp_path, f'{HEAD}  pattern: "{pattern}"\n')
    assert reason.startswith("4: ") and "without end" in reason and "bound" in reason


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
    import re

    if regex_fault(pattern) is None:
        found = re.compile(pattern)
        assert found.fullmatch("") is None
