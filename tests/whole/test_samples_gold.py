"""The project's own gold letters: what the gold says is in the letters, and the sources make it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from imr_nlp.reading.source import read
from support.paths import ANNOTATIONS

SAMPLES: list[dict[str, Any]] = [
    json.loads(line) for line in (ANNOTATIONS / "gold.jsonl").read_text(encoding="utf-8").splitlines()
]
SCHEME: dict[str, Any] = yaml.safe_load((ANNOTATIONS / "labels.yml").read_text(encoding="utf-8"))

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample["name"] for sample in SAMPLES])


@pytest.fixture(scope="module")
def build_gold() -> ModuleType:
    """The script annotations/build_gold.py as a module."""
    spec = importlib.util.spec_from_file_location("build_gold", ANNOTATIONS / "build_gold.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_gold"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _text(sample: dict[str, Any]) -> str:
    return read(ANNOTATIONS / sample["file"]).text


def _apart(spans: list[tuple[int, int]]) -> bool:
    return all(first[1] <= second[0] for first, second in pairwise(sorted(spans)))


@each_sample
def test_the_letter_decodes_to_the_text_that_the_gold_was_made_on(sample: dict[str, Any]) -> None:
    assert hashlib.sha256(_text(sample).encode("utf-8")).hexdigest() == sample["sha256"]


@each_sample
def test_offsets_cut_out_what_the_text_fields_say(sample: dict[str, Any]) -> None:
    text = _text(sample)
    for item in sample["entities"] + sample["services"]:
        assert text[item["start"] : item["end"]] == item["text"]
        assert item["text"] == item["text"].strip()


@each_sample
def test_labels_and_values_are_those_of_the_scheme(sample: dict[str, Any]) -> None:
    for entity in sample["entities"]:
        spec = SCHEME["entities"][entity["label"]]
        value = entity[spec.get("attribute") or spec["range"]]
        assert value in spec["values"] or spec.get("open")
        assert entity.get("min", 0) <= entity.get("max", 0)
    for service in sample["services"]:
        assert service["decision"] in SCHEME["services"]["decision"]
        assert service["category"] in SCHEME["services"]["category"]
        assert all(sentence["role"] in SCHEME["rationale"]["roles"] for sentence in service["rationale"])
        for citation in service["citations"]:
            assert citation["party"] in SCHEME["services"]["party"]
            assert citation["authority"] in SCHEME["services"]["authority"]


@each_sample
def test_spans_of_one_kind_do_not_overlap(sample: dict[str, Any]) -> None:
    for label in SCHEME["entities"]:
        assert _apart([(e["start"], e["end"]) for e in sample["entities"] if e["label"] == label])
    headings = [(s["start"], s["end"]) for s in sample["services"]]
    sentences = {(r["start"], r["end"]) for s in sample["services"] for r in s["rationale"]}
    assert _apart([*headings, *sentences])


@each_sample
def test_every_service_has_a_rationale_that_ends_in_a_conclusion(sample: dict[str, Any]) -> None:
    assert 1 <= len(sample["services"]) <= 8
    for service in sample["services"]:
        roles = [sentence["role"] for sentence in service["rationale"]]
        assert "conclusion" in roles[-2:]


@each_sample
def test_sessions_are_implied_only_where_none_are_stated(sample: dict[str, Any]) -> None:
    for service in sample["services"]:
        if "implied_sessions" in service:
            assert "sessions" not in service
            assert service["implied_sessions"] == service["frequency"]["max"] * service["duration"]["max"]


def test_the_letters_cover_layouts_file_types_and_sizes() -> None:
    layouts = Counter(sample["layout"] for sample in SAMPLES)
    assert len(SAMPLES) >= 12
    assert set(layouts) == {"notice-2013", "late-2013", "determination", "professional-review", "findings"}
    assert layouts["determination"] >= 6
    assert {Path(sample["file"]).suffix for sample in SAMPLES} == {".txt", ".md", ".html"}
    assert {1, 8} <= {len(sample["services"]) for sample in SAMPLES}
    assert len({sample["name"] for sample in SAMPLES}) == len(SAMPLES)


def test_every_value_of_the_closed_attributes_occurs() -> None:
    for label in ("DIAGNOSIS", "PROCEDURE", "MEDICATION"):
        spec = SCHEME["entities"][label]
        seen = {e[spec["attribute"]] for s in SAMPLES for e in s["entities"] if e["label"] == label}
        assert seen == set(spec["values"])
    roles = {r["role"] for sample in SAMPLES for s in sample["services"] for r in s["rationale"]}
    assert roles == set(SCHEME["rationale"]["roles"])
    assert {s["decision"] for sample in SAMPLES for s in sample["services"]} == set(SCHEME["services"]["decision"])


def test_no_letter_lacks_a_source_and_no_pdf_lacks_its_twin() -> None:
    stems = {path.stem for path in (ANNOTATIONS / "letters").iterdir()}
    assert stems == {path.stem for path in (ANNOTATIONS / "sources").iterdir()}
    pdfs = sorted((ANNOTATIONS / "letters").glob("*.pdf"))
    assert len(pdfs) >= 2
    for pdf in pdfs:
        twin = read(pdf.with_suffix(".txt")).text.replace("’", "'")
        assert read(pdf).text.split() == twin.split()


def test_the_sources_make_the_gold_byte_for_byte(build_gold: ModuleType) -> None:
    assert build_gold.build().encode("utf-8") == (ANNOTATIONS / "gold.jsonl").read_bytes()


def test_marks_nest_and_leave_the_text(build_gold: ModuleType) -> None:
    text, marks = build_gold.unmark("{S 6 session|six {P requested|massage} sessions}\f.")
    assert text == "six massage sessions\f."
    assert [(m.code, m.value, text[m.start : m.end]) for m in marks] == [
        ("S", "6 session", "six massage sessions"),
        ("P", "requested", "massage"),
    ]


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ("a\n{D affirmed|sprain", "line 2: a mark is not closed"),
        ("sprain}", "line 1: a mark is closed that was not opened"),
        ("{sprain}", "line 1: not a mark"),
    ],
)
def test_a_broken_mark_is_refused_with_its_line(build_gold: ModuleType, marked: str, reason: str) -> None:
    with pytest.raises(build_gold.SourceError, match=reason):
        build_gold.unmark(marked)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("{D negated|hearing loss}", "{D absent|hearing loss}", "DIAGNOSIS has no assertion 'absent'"),
        ("{D negated|hearing loss}", "{Q negated|hearing loss}", "no label has the mark Q"),
        ("{F 2 week|", "{F twice|", "FREQUENCY needs a number and per"),
        ("{SERVICE 1|", "{SERVICE 2|", "1 services in the head"),
        ("{R gap|", "{R lack|", "no rationale role 'lack'"),
        ("{R gap|", "{R3 gap|", "a rationale sentence without a service"),
        ("decision: overturned", "decision: reversed", "no decision 'reversed'"),
        ("The enrollee has", "The enrollee had", "differs from the letter at character"),
    ],
)
def test_a_source_that_does_not_fit_is_refused(
    build_gold: ModuleType, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    source = (ANNOTATIONS / "sources" / "plan-findings-therapy.marked").read_text(encoding="utf-8")
    assert source.count(old) == 1
    changed = tmp_path / "plan-findings-therapy.marked"
    changed.write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(build_gold.SourceError, match=reason):
        build_gold.letter_gold(changed, SCHEME)
