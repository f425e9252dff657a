"""Rules files: what is read, and that every broken file is refused with its line and the reason."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule

from imr_nlp.cache import ContentCache
from imr_nlp.config import ConfigError, read_text
from imr_nlp.labels import LABELS
from imr_nlp.matching import rule_files
from imr_nlp.matching.rule_files import _CONTEXT_KEYS, ALIASES, CATEGORIES, PRIORITY, load_rules

GOOD = """\
targets:
- {id: brace, literal: [knee brace, knee orthosis], category: PROCEDURE, attributes: {status: planned}}
- {id: unit, pattern: [{LOWER: cold}, {LOWER: unit}], category: PROCEDURE}
- {id: text, pattern: 'gel\\s?pad', category: procedure}
context:
- id: never
  literal: never had
  category: negated_existence
  direction: forward
  max_scope: 5
  max_targets: 2
  allowed_types: [DIAGNOSIS]
  terminated_by: [FINDING, COMMA]
  priority: 60
  note: an example
- {id: but, literal: but, category: TERMINATE, direction: TERMINATE, excluded_types: [MEDICATION]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "extra.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_become_medspacys_rules(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, GOOD))
    assert all(type(rule) is TargetRule for rule in rules.targets)
    assert [(rule.literal, rule.category, rule.metadata["id"]) for rule in rules.targets] == [
        ("knee brace", "PROCEDURE", "brace"),
        ("knee orthosis", "PROCEDURE", "brace"),
        ("unit", "PROCEDURE", "unit"),
        ("text", "PROCEDURE", "text"),
    ]
    assert rules.targets[0].attributes == {"status": "planned"}
    assert rules.targets[2].pattern == [{"LOWER": "cold"}, {"LOWER": "unit"}]
    never, but = rules.context
    assert type(never) is ConTextRule
    assert (never.category, never.direction, never.max_scope, never.max_targets) == (
        "NEGATED_EXISTENCE",
        "FORWARD",
        5,
        2,
    )
    assert (never.allowed_types, never.terminated_by) == ({"DIAGNOSIS"}, {"FINDING", "COMMA"})
    assert never.metadata == {"id": "never", "priority": 60}
    assert (but.excluded_types, but.metadata["priority"]) == ({"MEDICATION"}, PRIORITY)


@pytest.mark.parametrize("text", ["", "targets:\n", "context: []\n", "# nothing\n"])
def test_an_empty_file_has_no_rules(tmp_path: Path, text: str) -> None:
    rules = load_rules(write(tmp_path, text))
    assert (rules.targets, rules.context) == ([], [])


TARGET = "targets:\n- {id: a, literal: knee brace, category: PROCEDURE"
CUE = "context:\n- {id: a, literal: never had, category: HISTORICAL, direction: FORWARD"
BROKEN = [
    ("- just\n- a list\n", 1, "must be a mapping"),
    ("target:\n- {}\n", 1, 'unknown key "target"'),
    ("targets: {a: b}\n", 1, "must be a list"),
    ("targets:\n- knee brace\n", 2, "must be a mapping"),
    ("targets:\n- {literal: x, category: PROCEDURE}\n", 2, 'needs "id"'),
    ("targets:\n- {id: 7, literal: x, category: PROCEDURE}\n", 2, '"id" must be text'),
    ("targets:\n- id: a\n  literal: x\n", 2, 'needs "category"'),
    ("targets:\n- id: a\n  category: PROCEDURE\n", 2, "either a literal or a pattern"),
    ("targets:\n- id: a\n  literal: x\n  pattern: y\n  category: PROCEDURE\n", 2, "either a literal or a pattern"),
    ("targets:\n- id: a\n  literal: x\n  category: SURGERY\n", 4, 'unknown category "SURGERY"'),
    ("targets:\n- id: a\n  literal: x\n  category: SESSION_COUNT\n", 4, 'unknown category "SESSION_COUNT"'),
    ("targets:\n- id: a\n  category: PROCEDURE\n  pattern: 'gel('\n", 4, "bad regular expression"),
    ("targets:\n- id: a\n  category: PROCEDURE\n  pattern: [{LOVER: gel}]\n", 4, "bad token pattern"),
    ("targets:\n- id: a\n  category: PROCEDURE\n  pattern: 7\n", 4, "must be a regular expression or a list"),
    ("targets:\n- id: a\n  category: PROCEDURE\n  pattern: []\n", 4, "bad token pattern"),
    ("targets:\n- id: a\n  literal: [x, no]\n  category: PROCEDURE\n", 3, "a literal must be text"),
    ("targets:\n- id: a\n  id: b\n  literal: x\n  category: PROCEDURE\n", 3, '"id" stands twice'),
    (TARGET + "}\n- {id: a, literal: y, category: PROCEDURE}\n", 3, "was used in line 2 already"),
    (TARGET + ", attributes: {assertion: negated}}\n", 2, 'a PROCEDURE has no "assertion"'),
    (TARGET + ", attributes: {status: done}}\n", 2, '"done" is no status'),
    (TARGET + ", attributes: {colour: red}}\n", 2, 'unknown key "colour"'),
    ("targets:\n- {id: a, literal: x, category: GUIDELINE}\n", 2, "needs the attribute authority"),
    (CUE.replace("HISTORICAL", "ANCIENT") + "}\n", 2, 'unknown category "ANCIENT"'),
    (CUE.replace("FORWARD", "SIDEWAYS") + "}\n", 2, 'unknown direction "SIDEWAYS"'),
    (CUE + ", allowed_types: [DIAGNOSES]}\n", 2, 'unknown name "DIAGNOSES"'),
    (CUE + ", terminated_by: [STOP]}\n", 2, 'unknown name "STOP"'),
    (CUE + ", terminated_by: FINDING}\n", 2, "must be a list of names"),
    (CUE + ", allowed_types: [DIAGNOSIS], excluded_types: [MEDICATION]}\n", 2, "only one of"),
    (CUE + ", max_scope: 0}\n", 2, "whole number of 1 or more"),
    (CUE + ", max_targets: true}\n", 2, "whole number of 1 or more"),
    (CUE + ", priority: high}\n", 2, "whole number of 1 or more"),
    (CUE + ", attributes: {}}\n", 2, 'unknown key "attributes"'),
    ("context:\n- id: a\n  literal: x\n direction: FORWARD\n", 4, ""),
    ("context: [\n", 2, ""),
]


@pytest.mark.parametrize(("text", "line", "reason"), BROKEN)
def test_a_broken_file_is_refused_with_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as refusal:
        load_rules(path)
    assert str(refusal.value).startswith(f"{path}:{line}: ")
    assert reason in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; check its name"):
        load_rules(tmp_path / "nowhere.yml")


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12))
def test_any_unknown_key_is_refused(key: str) -> None:
    import tempfile

    if key in _CONTEXT_KEYS:
        return
    with tempfile.TemporaryDirectory() as folder, pytest.raises(ConfigError, match=r":2: unknown key"):
        load_rules(write(Path(folder), f"{CUE}, '{key}': x}}\n"))


@pytest.mark.parametrize("name", ["context.yml", "targets.yml"])
def test_shipped_files_are_sound(name: str, tmp_path: Path) -> None:
    copy = tmp_path / name  # patterns of the shipped file itself are not checked at every start
    copy.write_text(read_text(name), encoding="utf-8")
    rules = load_rules(copy)
    for rule in rules.context:
        assert rule.category in CATEGORIES
        assert (rule.allowed_types or set()) <= set(LABELS)


def test_no_phrase_of_the_shipped_rules_stands_twice_with_one_meaning() -> None:
    seen = set()
    for rule in load_rules("context.yml").context:
        if rule.pattern is None:
            types = frozenset(rule.allowed_types or LABELS)
            meaning = (rule.literal.lower(), rule.category, rule.direction, types, rule.max_targets)
            assert meaning not in seen, meaning
            seen.add(meaning)


@pytest.mark.parametrize(("written", "means"), sorted(ALIASES.items()))
def test_a_category_has_other_names(written, means, tmp_path):
    path = tmp_path / "own.yml"
    path.write_text(
        f"context: [{{id: a, literal: so, category: {written}, direction: FORWARD, terminated_by: [{written}]}}]",
        encoding="utf-8",
    )
    (rule,) = load_rules(path).context
    assert rule.category == means
    assert rule.terminated_by == {means}


def _said(path: str) -> list[tuple[object, ...]]:
    rules = load_rules(path)
    limits = ("direction", "max_scope", "max_targets", "allowed_types", "excluded_types", "terminated_by")
    return [
        (rule.literal, rule.category, rule.pattern, rule.metadata, *(getattr(rule, name, None) for name in limits))
        for rule in (*rules.targets, *rules.context)
    ]


def test_rules_that_are_kept_are_the_rules_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reading comes from what the first one kept, and a file's own rules change nothing of it."""
    cache = ContentCache(tmp_path / "kept", "1")
    monkeypatch.setattr(rule_files, "_cache", lambda: cache)
    first = _said("context.yml")
    monkeypatch.setattr(rule_files, "compose", lambda path: pytest.fail("the file was read again"))
    assert _said("context.yml") == first and len(first) > 20
    monkeypatch.setattr(rule_files, "_code", lambda: "other")
    with pytest.raises(pytest.fail.Exception):
        load_rules("context.yml")


@pytest.mark.parametrize("module", ["config", "labels", "matching.pattern_checks", "matching.regex_ambiguity"])
def test_kept_rules_are_of_their_readers_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    before = rule_files._code.__wrapped__()
    other = tmp_path / "other.py"
    other.write_text("PRIORITY = 1\n", encoding="utf-8")
    monkeypatch.setattr(importlib.import_module(f"imr_nlp.{module}"), "__file__", str(other))
    assert rule_files._code.__wrapped__() != before
