"""Scoring: the figures are right, the same as the corpus's own scorer gives, and what can't be scored is refused."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imr_nlp.evaluation.gold import GoldError, read_gold, read_records
from imr_nlp.evaluation.metrics import ERRORS, Agreement, Counts
from imr_nlp.evaluation.scoring import match, score, trim
from imr_nlp.labels import LABELS
from support.letters import imr_nlp_here
from support.scoring import SAMPLES, scored

pytestmark = pytest.mark.slow

TEXT = "MRI of the left knee; six visits of therapy: denied. She limps. Notes name no fracture, so it is not needed."
KNEE = {"start": 0, "end": 20, "decision": "upheld", "category": "diagnostic_imaging", "procedure": "MRI"}
ODG = {"party": "reviewer", "authority": "ODG", "title": "Knee & Leg", "pages": ["12", "14"]}


def record(*entities: dict[str, Any], services: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"name": "a", "entities": list(entities), "services": services or []}


def entity(text: str, label: str = "PROCEDURE", **values: Any) -> dict[str, Any]:
    start = TEXT.index(text)
    return {"label": label, "start": start, "end": start + len(text), **values}


def counts(gold: dict[str, Any], found: dict[str, Any], figure: str) -> tuple[int, int, int]:
    got = score([gold], {"a": found}, {"a": TEXT}).counts[figure]
    return got.correct, got.predicted, got.gold


# --- figures ---------------------------------------------------------------------------------------------------------


def test_boundaries_count_without_punctuation_and_each_span_once() -> None:
    gold = record(entity("MRI"), entity("therapy"))
    found = record(entity("MRI of the left knee"), entity("left knee"), entity("therapy:"))
    assert counts(gold, found, "PROCEDURE exact") == (1, 3, 2)
    assert counts(gold, found, "PROCEDURE overlap") == (2, 3, 2)
    assert counts(gold, found, "ENTITIES exact") == (1, 3, 2)
    assert counts(gold, found, "DIAGNOSIS exact") == (0, 0, 0)


def test_nothing_to_find_and_nothing_found_is_perfect() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1) == (1.0, 1.0, 1.0)
    assert (Counts(0, 2, 0).precision, Counts(0, 2, 0).recall, Counts(0, 2, 0).f1) == (0.0, 0.0, 0.0)


def test_attributes_are_judged_where_the_entity_was_found() -> None:
    gold = record(entity("MRI", status="requested"), entity("therapy", status="performed"))
    found = record(entity("MRI", status="planned"))
    report = score([gold], {"a": found}, {"a": TEXT})
    assert report.agreements["PROCEDURE status"].pairs == [("requested", "planned")]
    assert [(error.kind, error.gold, error.got) for error in report.errors["status"]] == [
        ("wrong", "requested", "planned")
    ]


def test_macro_f1_is_the_mean_over_the_classes_of_the_gold() -> None:
    agreement = Agreement([("gap", "gap"), ("gap", "fact"), ("fact", "missing"), ("other", "other")])
    assert agreement.by_class() == {"fact": 0.0, "gap": pytest.approx(2 / 3), "other": 1.0}
    assert agreement.macro_f1 == pytest.approx(5 / 9)
    assert agreement.accuracy == 0.5


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ({"min": 6, "max": 6, "unit": "visit"}, 1),
        ({"min": 6.0, "max": 6, "unit": "Visit"}, 1),
        ({"min": 6, "max": 8, "unit": "visit"}, 0),
        ({"min": 6, "max": 6, "unit": "tablet"}, 0),
        ({}, 0),
    ],
)
def test_a_quantity_is_right_with_its_numbers_and_its_unit(value: dict[str, Any], right: int) -> None:
    gold = record(entity("six visits", "SESSION_COUNT", min=6, max=6, unit="visit"))
    found = record(entity("six visits", "SESSION_COUNT", **value))
    assert counts(gold, found, "SESSION_COUNT value") == (right, 1, 1)


def test_what_belongs_to_a_service_is_held_against_the_service_of_the_same_place() -> None:
    limps = {**entity("She limps."), "role": "fact"}
    needed = {**entity("Notes name no fracture, so it is not needed."), "role": "conclusion"}
    service = {
        **KNEE, "sessions": 6, "body_parts": ["knee"], "duration": {"min": 3, "max": 3, "unit": "week"},
        "citations": [ODG, {**ODG, "authority": "MTUS"}], "rationale": [limps, needed],
    }  # fmt: skip
    other = {
        **KNEE, "end": 16, "decision": "modified", "implied_sessions": 6.0, "body_parts": ["Knee", "leg"],
        "citations": [{**ODG, "title": "knee leg", "pages": ["14", "12"]}, {**ODG, "authority": "MTUS", "year": 2004}],
        "rationale": [{**limps, "role": "gap"}, {**entity("Notes name no fracture")}],
    }  # fmt: skip
    report = score([record(services=[service])], {"a": record(services=[other])}, {"a": TEXT})
    got = {name: (each.correct, each.predicted, each.gold) for name, each in report.counts.items()}
    assert got["service found"] == (1, 1, 1)
    assert got["service text exact"] == got["decision"] == (0, 1, 1)
    assert got["category"] == got["procedure name"] == (1, 1, 1)
    assert got["body parts"] == (1, 2, 1)
    assert got["quantities (sessions, frequency, duration)"] == (1, 1, 2)
    assert got["citation strict"] == (1, 2, 2)
    assert got["citation party+authority"] == (2, 2, 2)
    assert got["rationale sentence linked"] == (1, 2, 2)
    assert report.agreements["rationale role"].pairs == [("fact", "gap"), ("conclusion", "")]
    assert [error.got for error in report.errors["decision"]] == ["modified"]


def test_services_missed_and_invented_cost_recall_and_precision() -> None:
    missed = [{**KNEE, "citations": [{**ODG, "year": 2004}]}]
    invented = [{**KNEE, **entity("therapy"), "citations": [ODG]}]
    assert counts(record(services=missed), record(services=invented), "decision") == (0, 1, 1)
    assert counts(record(services=missed), record(services=invented), "category") == (0, 1, 1)
    assert counts(record(services=missed), record(services=invented), "procedure name") == (0, 0, 1)
    assert counts(record(services=missed), record(services=invented), "citation strict") == (0, 0, 1)
    same_year = [{**KNEE, "procedure": None, "citations": [{**ODG, "year": "2004, revised 2009"}]}]
    assert counts(record(services=missed), record(services=same_year), "citation strict") == (1, 1, 1)
    assert counts(record(services=missed), record(services=same_year), "procedure name") == (0, 0, 1)


def test_spans_with_the_nearest_boundaries_are_paired_first() -> None:
    assert match([(10, 20), (21, 24)], [(0, 40), (11, 19)]) == [(0, 1), (1, 0)]


def test_a_unit_that_the_gold_could_not_tell_may_be_any() -> None:
    gold = record(entity("six visits", "SESSION_COUNT", min=6, max=6, unit="unknown"))
    found = record(entity("six visits", "SESSION_COUNT", min=6, max=6, unit="visit"))
    assert counts(gold, found, "SESSION_COUNT value") == (1, 1, 1)


def test_case_facts_compare_words_and_lists_without_order() -> None:
    gold = {
        **record(),
        "case": {"priority": "Standard", "case_number": "CM1"},
        "reviewer": {"states": ["Ohio", "Utah"]},
    }
    found = {**record(), "case": {"priority": "STANDARD."}, "reviewer": {"states": ["Utah", "Ohio"]}}
    assert counts(gold, found, "case facts") == (2, 2, 3)


def test_gold_held_against_itself_is_perfect_and_against_nothing_is_zero() -> None:
    gold = read_gold(SAMPLES)
    itself = score(gold.records, {each["name"]: each for each in gold.records}, gold.texts)
    assert set(itself.headline().values()) == {1.0}
    assert not any(itself.errors.values())
    nothing = score(gold.records, {}, gold.texts)
    assert set(nothing.headline().values()) == {0.0}
    assert (nothing.letters, nothing.with_record) == (len(gold.records), 0)


@pytest.mark.slow
def test_every_error_of_the_pipeline_has_a_known_name_and_a_place_in_its_letter() -> None:
    gold, _, report = scored(SAMPLES)
    assert set(report.errors) <= set(ERRORS)
    for error in (error for name, errors in report.errors.items() if name != "case" for error in errors):
        assert error.start is not None and error.end is not None
        assert 0 <= error.start < error.end <= len(gold.texts[error.letter])


# --- the same figures as the corpus's scorer -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def scorer(corpus: Path) -> ModuleType:
    """The scorer that comes with the real letters."""
    path = corpus.parent / "eval" / "score.py"
    if not path.is_file():
        pytest.skip(f"no scorer at {path}")
    spec = importlib.util.spec_from_file_location("corpus_score", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_figures_on_the_real_letters_are_those_of_their_scorer(
    corpus: Path, real_run: Path, scorer: ModuleType
) -> None:
    gold, records, report = scored(corpus / "gold.jsonl", real_run)
    assert report.figures() == scorer.score(gold.records, records, gold.texts)[0]


SPANS = st.tuples(st.integers(0, 60), st.integers(1, 45)).map(lambda at: {"start": at[0], "end": at[0] + at[1]})
RANGES = st.fixed_dictionaries(
    {"min": st.sampled_from([1, 2, 2.0, None]), "max": st.integers(2, 3), "unit": st.sampled_from(["week", "unknown"])}
)
ENTITIES = st.builds(
    lambda at, label, assertion, range_: {**at, "label": label, "assertion": assertion, **range_},
    SPANS, st.sampled_from(LABELS), st.sampled_from(["affirmed", "negated", "possible"]), RANGES,
)  # fmt: skip
SENTENCES = st.builds(lambda at, role: {**at, "role": role}, SPANS, st.sampled_from(["fact", "gap", "conclusion"]))
CITATIONS = st.fixed_dictionaries(
    {
        "party": st.sampled_from(["reviewer", "claims_administrator"]), "authority": st.sampled_from(["ODG", "none"]),
        "title": st.sampled_from([None, "Knee & Leg", "knee leg"]), "year": st.sampled_from([None, 2004, "2004."]),
        "sections": st.lists(st.sampled_from(["MRI", "mri.", "Brace"]), max_size=2),
    }
)  # fmt: skip
SERVICES = st.builds(
    lambda at, values, citations, rationale: {
        **at, "category": "other", "text": "", **values, "citations": citations, "rationale": rationale
    },
    SPANS,
    st.fixed_dictionaries(
        {
            "decision": st.sampled_from(["upheld", "modified"]),
            "procedure": st.sampled_from([None, "mri", "MRI scan"]),
            "body_parts": st.lists(st.sampled_from(["knee", "Knee", "hip"]), max_size=2),
            "sessions": st.sampled_from([None, 6, 8]), "implied_sessions": st.sampled_from([None, 6]),
            "duration": st.none() | RANGES,
        }
    ),
    st.lists(CITATIONS, max_size=3),
    st.lists(SENTENCES, max_size=4),
)  # fmt: skip
RECORDS = st.builds(
    lambda entities, services, age: {**record(*entities, services=services), "patient": {"age": age}},
    st.lists(ENTITIES, max_size=12), st.lists(SERVICES, max_size=3), st.sampled_from([None, 44, 45]),
)  # fmt: skip
few = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@few
@given(gold=RECORDS, found=RECORDS)
def test_figures_on_any_records_are_those_of_the_scorer(scorer: ModuleType, gold: Any, found: Any) -> None:
    ours = score([gold], {"a": found}, {"a": TEXT})
    stated = {**gold, "patient": {key: value for key, value in gold["patient"].items() if value is not None}}
    assert ours.figures() == scorer.score([stated], {"a": found}, {"a": TEXT})[0]


def test_gold_without_a_value_counts_as_nothing() -> None:
    gold = {**record(), "reviewer": {"states": [], "specialties": ["Surgery"]}, "patient": {"sex": None}}
    found = {**record(), "reviewer": {"states": [], "specialties": ["Surgery"]}, "patient": {"sex": "male"}}
    assert counts(gold, found, "case facts") == (1, 1, 1)


@few
@given(gold=RECORDS, found=RECORDS)
def test_missed_and_invented_add_up_and_trading_places_swaps_them(gold: Any, found: Any) -> None:
    there = score([gold], {"a": found}, {"a": TEXT})
    back = score([found], {"a": gold}, {"a": TEXT})
    for label in LABELS:
        each, swapped = there.counts[f"{label} exact"], back.counts[f"{label} exact"]
        kinds = Counter(error.kind for error in there.errors[label])
        assert kinds["missed"] == each.gold - each.correct
        assert kinds["invented"] == each.predicted - each.correct
        assert (each.predicted, each.gold) == (swapped.gold, swapped.predicted)
        assert each.f1 <= there.counts[f"{label} overlap"].f1


@few
@given(st.lists(SPANS, max_size=9), st.lists(SPANS, max_size=9))
def test_spans_are_paired_one_to_one_and_overlap(gold: list[dict[str, int]], found: list[dict[str, int]]) -> None:
    one, two = ([trim(TEXT, span["start"], min(span["end"], len(TEXT))) for span in spans] for spans in (gold, found))
    pairs = match(one, two)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(max(one[i][0], two[j][0]) < min(one[i][1], two[j][1]) for i, j in pairs)
    left = [i for i in range(len(one)) if i not in dict(pairs)]
    free = [j for j in range(len(two)) if j not in dict(pairs).values()]
    assert not any(max(one[i][0], two[j][0]) < min(one[i][1], two[j][1]) for i in left for j in free)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A gold file of two letters, and a run's records for them and for a third."""
    (tmp_path / "letters").mkdir()
    lines, records = [], []
    for name in ("b", "a", "c"):
        (tmp_path / "letters" / f"{name}.txt").write_text(f"Letter {name}. {TEXT}", encoding="utf-8")
        mri = {"label": "PROCEDURE", "start": 10, "end": 13, "status": "requested"}
        lines.append({"name": name, "entities": [mri], "services": []})
        source = {"path": f"run/{name}.txt", "text_sha256": "0", "characters": 9, "layout": "unknown"}
        found = {**mri, "id": "E1", "text": "MRI", "status": "planned"}
        records.append({"source": {**source, "pipeline_version": "0"}, "entities": [found]})
    write(tmp_path / "gold.jsonl", lines[:2])
    write(tmp_path / "records.jsonl", records)
    return tmp_path


def write(path: Path, values: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


def test_records_are_found_by_name_and_better_by_text(small: Path) -> None:
    gold = read_gold(small / "gold.jsonl")
    assert [each["name"] for each in gold.records] == ["a", "b"]
    assert set(read_records(small / "records.jsonl", gold)) == {"a", "b"}
    lines = [json.loads(line) for line in (small / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    same_name = copy.deepcopy(lines[0])
    lines[0]["source"]["text_sha256"] = gold.letters["b"].text_sha256
    lines[0]["source"]["path"] = "elsewhere.pdf"
    same_name["entities"] = []
    write(small / "records.jsonl", [*lines, same_name])
    assert len(read_records(small / "records.jsonl", gold)["b"]["entities"]) == 1


def test_halves_are_every_other_letter_by_name() -> None:
    gold = read_gold(SAMPLES)
    develop, held = gold.split("dev"), gold.split("heldout")
    names = [each["name"] for each in gold.records]
    assert names == sorted(names)
    assert [each["name"] for each in develop.records] == names[::2]
    assert [each["name"] for each in held.records] == names[1::2]
    assert set(develop.texts) | set(held.texts) == set(gold.texts)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", r"gold\.jsonl:1: not JSON"),
        ("[]", r"gold\.jsonl:1: not a JSON object"),
        ('{"name": "a"}', "record 1 has no entities, services"),
        ("", "no gold records"),
        ('{"name": "z", "entities": [], "services": []}', r"z\.txt: no such file"),
        ('{"name": "a", "sha256": "0", "entities": [], "services": []}', "not the text that was annotated"),
    ],
)
def test_gold_that_cannot_be_used_is_refused_with_the_reason(small: Path, line: str, says: str) -> None:
    (small / "gold.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(GoldError, match=says):
        read_gold(small / "gold.jsonl")


def test_records_that_cannot_be_used_are_refused_without_their_text(small: Path) -> None:
    gold = read_gold(small / "gold.jsonl")
    write(small / "records.jsonl", [{"entities": [{"label": "PROCEDURE", "text": "private"}]}])
    with pytest.raises(GoldError, match=r"records\.jsonl:1: no record") as refused:
        read_records(small / "records.jsonl", gold)
    assert "private" not in str(refused.value)
    write(small / "records.jsonl", [])
    with pytest.raises(GoldError, match="no record of any of the 2 letters"):
        read_records(small / "records.jsonl", gold)


# --- the command -----------------------------------------------------------------------------------------------------


def test_command_prints_the_figures_and_writes_them(small: Path) -> None:
    given_records = ("--records", small / "records.jsonl")
    done = imr_nlp_here("evaluate", small / "gold.jsonl", *given_records, "--json", small / "scores.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 letters, 2 with a record" in done.stdout
    row = next(line.split() for line in done.stdout.splitlines() if "PROCEDURE exact" in line)
    assert row == ["PROCEDURE", "exact", "1.000", "1.000", "1.000", "2"]
    figures = json.loads((small / "scores.json").read_text(encoding="utf-8"))
    assert figures["PROCEDURE status"]["accuracy"] == 0.0
    done = imr_nlp_here("evaluate", small / "gold.jsonl", *given_records, "--half", "held")
    assert "1 letters, 1 with a record" in done.stdout


def test_command_takes_a_folder(small: Path) -> None:
    done = imr_nlp_here("evaluate", small, "--records", small / "records.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == imr_nlp_here("evaluate", small / "gold.jsonl", "--records", small / "records.jsonl").stdout
    assert f"{small}/letters/gold.jsonl: no such file" in imr_nlp_here("evaluate", small / "letters").stderr


def test_command_lists_errors_in_context(small: Path) -> None:
    done = imr_nlp_here("evaluate", small / "gold.jsonl", "--records", small / "records.jsonl", "--errors", "status")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"~ {name}: Letter {name}. [[MRI]] of the left knee; six visits   requested -> planned" for name in "ab"
    ]


@pytest.mark.slow
def test_command_runs_the_pipeline_over_the_letters(small: Path) -> None:
    (small / "elsewhere").mkdir()
    for letter in (small / "letters").iterdir():
        letter.rename(small / "elsewhere" / letter.name)
    done = imr_nlp_here("evaluate", small / "gold.jsonl", "--letters", small / "elsewhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 letters, 2 with a record" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "GOLD"),
        (["gone.jsonl"], "gone.jsonl: no such file"),
        (["gold.jsonl", "--records", "gone.jsonl"], "gone.jsonl: no such file"),
        (["gold.jsonl", "--rules", "gone.yml"], "gone.yml"),
        (["gold.jsonl", "--rules", "gold.jsonl", "--records", "records.jsonl"], "--records"),
        (["gold.jsonl", "--records", "records.jsonl", "--errors", "DIAGNOSES"], "DIAGNOSIS"),
        (["gold.jsonl", "--half", "third"], "third"),
        (["gold.jsonl", "--records", "records.jsonl", "--json", "no/folder.json"], "no/folder.json"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(small: Path, arguments: list[str], says: str) -> None:
    done = imr_nlp_here("evaluate", *arguments, cwd=small)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr


def test_a_folder_is_its_gold(small: Path) -> None:
    assert read_gold(small).records == read_gold(small / "gold.jsonl").records


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"name": "a", "entities": 5, "services": []}', "entities: Input should be a valid list"),
        ('{"name": "a", "entities": [{"start": 0}], "services": []}', r"entities\.0\.label: Field required"),
        ('{"name": "a", "file": 5, "entities": [], "services": []}', "file: Input should be a valid string"),
        ("[" * 100_000, "nests too deeply"),
    ],
)
def test_malformed_gold_names_line_and_field(small: Path, line: str, says: str) -> None:
    (small / "gold.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(GoldError, match=says) as refused:
        read_gold(small)
    assert "gold.jsonl:1" in str(refused.value)
