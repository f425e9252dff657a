"""Each file under ``configs/`` has a model; a file that is damaged is refused with file, line, key and fix."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import shutil
from fnmatch import fnmatch
from functools import cache
from typing import Any, get_args

import pytest
import spacy
import yaml
from pydantic import TypeAdapter

import imr_nlp
import imr_nlp.components  # registers the factories
from imr_nlp import config, config_faults, config_models, config_types
from imr_nlp.audit.rules import load_audit_rules
from imr_nlp.components.layout.styles import STYLES
from imr_nlp.components.rationale.role_rules import RoleRules
from imr_nlp.concepts.body_regions import BodyRegions
from imr_nlp.config import LOADER, ConfigError, check, folder, read_yaml, replaced, shipped
from imr_nlp.matching.rule_files import load_rules

CONFIGS = folder("configs")
#: Files that a reader of their own checks, with the line of each fault.
OWN_READERS = ("audit.yml", "context.yml", "targets.yml")
FILES = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yml"))
MODELLED = [name for name in FILES if name not in OWN_READERS]


def content(name: str) -> Any:
    """What a file holds, for the caller to damage. Reading YAML takes ten times as long as copying what it holds."""
    return pickle.loads(_pickled(name))


@cache
def _pickled(name: str) -> bytes:
    return pickle.dumps(yaml.load((CONFIGS / name).read_text(encoding="utf-8"), Loader=LOADER))


def first_mapping(data: Any) -> dict[Any, Any]:
    return data[0] if isinstance(data, list) else data


def required(name: str) -> list[str]:
    schema = TypeAdapter(config_models.MODELS[model_name(name)]).json_schema()
    if schema.get("type") == "array":
        schema = schema["$defs"][schema["items"]["$ref"].rpartition("/")[2]]
    return schema.get("required", [])


def model_name(name: str) -> str:
    return next(kind for kind in config_models.MODELS if fnmatch(name, kind))


@pytest.mark.parametrize("name", MODELLED)
def test_a_shipped_file_fits_its_model(name):
    model_name(name)
    assert config_faults.find_fault(content(name), name) is None


@pytest.mark.parametrize("name", MODELLED)
def test_a_misspelt_key_is_named(name):
    data = content(name)
    entry = first_mapping(data)
    key = next(iter(entry))
    wrong = f"{key}x"
    entry[wrong] = entry.pop(key)
    with (
        replaced({name: yaml.safe_dump(data)}),
        pytest.raises(ConfigError, match=rf'{re.escape(name)}:\d+: .*"{wrong}"'),
    ):
        read_yaml(name)


@pytest.fixture
def composed_once(monkeypatch):
    """Parse a file once for the lines of all its faults, not again for each key that a test damages."""
    monkeypatch.setattr(config, "compose", cache(config.compose))


@pytest.mark.usefixtures("composed_once")
@pytest.mark.parametrize("name", MODELLED)
def test_a_missing_key_is_named(name):
    for key in required(name):
        data = content(name)
        del first_mapping(data)[key]
        with pytest.raises(ConfigError, match=rf'{re.escape(name)}:\d+: .*"{key}" is missing; add it'):
            check(data, name)


@pytest.mark.usefixtures("composed_once")
@pytest.mark.parametrize("name", MODELLED)
@pytest.mark.parametrize("wrong", [True, [[[1]]]], ids=["true", "nested list"])
def test_a_value_of_a_wrong_type_is_refused(name, wrong):
    for key in list(first_mapping(content(name))):
        data = content(name)
        first_mapping(data)[key] = wrong
        with pytest.raises(ConfigError, match=rf"{re.escape(name)}:\d+: (?:0\.)?{key}"):
            check(data, name)


@pytest.mark.parametrize("name", MODELLED)
@pytest.mark.parametrize("data", [7, "words", True], ids=str)
def test_a_file_that_is_no_mapping_is_refused(name, data):
    with pytest.raises(ConfigError, match=re.escape(name)):
        check(data, name)


def damaged_patterns(data: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every text that is named as a pattern, at any depth."""
    found: list[tuple[Any, Any]] = []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key in ("cue", "entry", "decides", "lead_in", "trailing", "dose", "before_name", "mechanism", "regex") or (
            key == "pattern" and ("\\" in str(value) or "?P<" in str(value))
        ):
            found.append((data, key))
        else:
            found += damaged_patterns(value)
    return found


@pytest.mark.parametrize("name", [name for name in MODELLED if damaged_patterns(content(name))])
def test_a_bad_regular_expression_is_refused_at_its_line(name):
    data = content(name)
    where, key = damaged_patterns(data)[0]
    where[key] = "(unclosed"
    text = yaml.safe_dump(data, sort_keys=False)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "(unclosed" in row)
    with replaced({name: text}), pytest.raises(ConfigError, match=rf"{re.escape(name)}:{line}: .*not a regular exp"):
        read_yaml(name)


@pytest.mark.parametrize("name", ["context.yml", "targets.yml"])
@pytest.mark.parametrize("text", ["cotext: []", "targets: 7", "context: [{idd: a}]", "context: [{id: a}]"])
def test_a_damaged_rules_file_is_refused(name, text):
    with replaced({name: text}), pytest.raises(ConfigError, match=rf"{name}:\d+: "):
        load_rules(name)


def test_a_damaged_file_of_audit_rules_is_refused(tmp_path):
    path = tmp_path / "own.yml"
    for text in ("rule: []", "rules: 7", "rules: [{codee: a}]", "rules: [[1]]"):
        path.write_text(text, encoding="utf-8")
        load_audit_rules.cache_clear()
        with pytest.raises(ConfigError, match=r"own\.yml"):
            load_audit_rules(str(path))


def test_an_unknown_style_is_refused_with_the_known_ones(tmp_path):
    data = content("layout/3-determination.yml")
    data["services"]["style"] = "decision_lines"
    with pytest.raises(ConfigError, match=r'services\.style: "decision_lines" is not known; use .decision_line.'):
        check(data, "layout/3-determination.yml")
    assert set(get_args(config_types.Style)) == set(STYLES)


#: (component, setting, shipped file): a user's own file in its place.
SETTINGS = [
    ("imr_quantities", "rules", "quantities.yml"),
    ("imr_facts", "rules", "case_facts.yml"),
    ("imr_abbreviations", "vocabulary", "abbreviations.yml"),
    ("imr_diagnoses", "vocabulary", "diagnoses.yml"),
    ("imr_procedures", "vocabulary", "treatments/procedures.yml"),
    ("imr_medications", "vocabulary", "treatments/medications.yml"),
    ("imr_sentences", "rules", "sentences.yml"),
    ("imr_citations", "rules", "citations.yml"),
    ("imr_guidelines", "rules", "guideline_mentions.yml"),
]


@pytest.mark.parametrize(("component", "setting", "name"), SETTINGS, ids=[name for _, _, name in SETTINGS])
def test_an_own_file_is_checked_like_the_shipped_one(component, setting, name, tmp_path):
    data = content(name)
    key = required(name)[-1]
    data[f"{key}s"] = data.pop(key)
    path = tmp_path / "own.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf'own\.yml:\d+: .*unknown key "{key}s"; did you mean "{key}"'):
        spacy.blank("en").create_pipe(component, config={setting: str(path)})


@pytest.fixture
def own_installation(tmp_path, monkeypatch):
    """A copy of ``configs/`` that this process takes for the shipped one."""
    shutil.copytree(CONFIGS, tmp_path / "configs")
    monkeypatch.setattr(config, "PACKAGE", tmp_path)
    config._shipped.cache_clear()
    yield tmp_path / "configs"
    config._shipped.cache_clear()


def test_a_changed_shipped_file_that_a_component_cannot_use_is_explained(own_installation):
    path = own_installation / "case_facts.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("  licensed: '", "  licensed: '(", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"case_facts\.yml:\d+: reviewer\.licensed: not a regular expression"):
        spacy.blank("en").create_pipe("imr_facts")


def test_a_key_that_a_changed_shipped_file_lacks_is_explained(own_installation):
    path = own_installation / "run.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("silence:", "silense:"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r'run\.yml:\d+: silense: unknown key "silense"; did you mean "silence"'):
        shipped("run.yml")["silence"]


def test_a_changed_shipped_file_is_checked_when_it_is_read(own_installation):
    path = own_installation / "concepts/same_services.yml"
    assert config.read_yaml("concepts/same_services.yml")
    path.write_text(path.read_text(encoding="utf-8").replace("\nkinds:", "\nkindz:"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r'same_services\.yml:\d+: kindz: unknown key "kindz"; did you mean "kinds"'):
        config.read_yaml("concepts/same_services.yml")


def test_files_are_noted_once_they_are_checked(own_installation):
    path = own_installation / "run.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    config.write_checked()
    noted = json.loads((own_installation / config.CHECKED).read_text(encoding="utf-8"))
    assert noted["run.yml"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(noted) == {file.relative_to(own_installation).as_posix() for file in own_installation.rglob("*.yml")}
    path.write_text("worker_mib: many\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.yml:1: worker_mib"):
        config.write_checked()


#: File, place, value: mistakes that once came up with the first letter, or not at all.
LATE = [
    ("report.yml", ("labels", "DIAGNOSIS", "terminal"), "foo", '"foo" is no colour of a terminal'),
    ("report.yml", ("labels", "DIAGNOSIS", "light"), "red;}", '"red;}" does not have the form'),
    ("review/label_studio.yml", ("labels", "DIAGNOSES"), {"color": "red", "hotkey": "1"}, "unknown key .DIAGNOSES."),
    ("run.yml", ("letter_mib",), 100, "greater than or equal to 400"),
    ("concepts/anatomy.yml", ("classes", "region", "words", 0), 5, "a number where a word belongs; put it in quotes"),
    ("concepts/request_names.yml", ("modified", 0, "modifiers", 0), 5, "a number where a word belongs"),
    ("concepts/icd10cm/chapters.yml", ("chapters", 3), [], "at least 3 items"),
    ("rationale/references.yml", ("refers_back", 0), 5, "a number where a word belongs"),
    ("diagnoses.yml", ("respell_from",), None, "must be a valid integer, not empty"),
    ("layout/3-determination.yml", ("services",), {"style": "decision_line"}, 'needs the key "before"; add it'),
    ("entity_model/policy.yml", (), None, "must be a valid mapping"),
    ("guideline_mentions.yml", ("bare", "pattern"), "%yeer%", 'no part has the name "yeer"; did you mean "%year%"'),
]


@pytest.mark.parametrize(("name", "place", "value", "reason"), LATE, ids=[f"{name}-{at}" for name, at, *_ in LATE])
def test_a_mistake_is_refused_when_the_pipeline_loads(own_installation, name, place, value, reason):
    data = content(name)
    part = data
    for step in place[:-1]:
        part = part[step]
    if place:
        part[place[-1]] = value
    text = yaml.safe_dump(data if place else value, allow_unicode=True, sort_keys=False)
    (own_installation / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{re.escape(name)}:\d+: .*{reason}"):
        imr_nlp.load()


#: Files of more bytes than this take Python's own reader most of its time. Others have all that they have.
LARGE = 20_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.stress if (CONFIGS / name).stat().st_size > LARGE else ()) for name in FILES],
)
def test_a_file_is_read_the_same_without_libyaml(name):
    text = (CONFIGS / name).read_text(encoding="utf-8")
    assert yaml.load(text, Loader=yaml.SafeLoader) == content(name)


def test_a_wrong_phrase_or_role_is_refused_at_its_line(own_installation):
    path = own_installation / "rationale/roles.yml"
    text = path.read_text(encoding="utf-8")
    for old, new, reason in [("role: conclusion", "role: conclusions", "isn't one of the roles")]:
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        with pytest.raises(ConfigError, match=rf"roles\.yml:{line}: .*{reason}"):
            RoleRules("rationale/roles.yml")


def test_the_cues_of_context_cannot_be_emptied():
    for text in ("", "context: []"):
        with replaced({"context.yml": text}), pytest.raises(ConfigError, match=r"context\.yml:1: has no rules"):
            load_rules("context.yml")


def test_a_region_outside_the_tree_is_refused_at_its_line(own_installation):
    path = own_installation / "concepts/body_regions.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("  elbow:", "  elbov:", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"body_regions\.yml:\d+: 'elbow' is no part of the tree; add it there"):
        BodyRegions()
