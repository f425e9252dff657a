"""Prodigy's JSONL: its published form, its tokens, the round trip, and what a review changes."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel, ConfigDict, NonNegativeInt
from spacy.tokens import Doc

from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import check
from imr_nlp.review.formats import prodigy
from imr_nlp.review.task import Task, text_sha256
from support.review_tasks import copies, many_spans, sample_tasks, task_lists, tasks

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VOCAB = spacy.blank("en").vocab


class Published(BaseModel):
    """What Prodigy's documentation says of the interfaces `spans_manual` and `relations`; other keys are kept."""

    model_config = ConfigDict(strict=True, extra="allow")


class Token(Published):
    text: str
    start: NonNegativeInt
    end: NonNegativeInt
    id: NonNegativeInt
    ws: bool
    disabled: bool = False


class Span(Published):
    start: NonNegativeInt
    end: NonNegativeInt
    token_start: NonNegativeInt
    token_end: NonNegativeInt
    label: str


class Relation(Published):
    head: NonNegativeInt
    child: NonNegativeInt
    head_span: Span
    child_span: Span
    label: str
    color: str | None = None


class Line(Published):
    text: str
    tokens: list[Token]
    spans: list[Span]
    relations: list[Relation]
    meta: dict[str, str | int | float]
    answer: Literal["accept", "reject", "ignore"] | None = None


def through(found: list[Task], file: Path, change: Callable[[list[dict[str, Any]]], None] | None = None) -> list[Task]:
    prodigy.write(found, file)
    if change:
        lines = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
        change(lines)
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8", newline="\n")
    return list(prodigy.read([file]))


def validated(line: str) -> Line:
    """Check a line against the published form, and its tokens and spans against spaCy's own."""
    task = Line.model_validate_json(line)
    assert [token.id for token in task.tokens] == list(range(len(task.tokens)))
    assert all(task.text[token.start : token.end] == token.text for token in task.tokens)
    doc = Doc(VOCAB, [token.text for token in task.tokens], [token.ws for token in task.tokens])
    assert doc.text == task.text
    for span in task.spans:
        same = doc.char_span(span.start, span.end)
        assert same is not None
        assert (same.start, same.end - 1) == (span.token_start, span.token_end)
    places = {(span.start, span.end, span.label) for span in task.spans}
    for relation in task.relations:
        assert (relation.head, relation.child) == (relation.head_span.token_end, relation.child_span.token_end)
        assert {(s.start, s.end, s.label) for s in (relation.head_span, relation.child_span)} <= places
    return task


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prodigy") / f"tasks{prodigy.SUFFIX}"


@QUICK
@given(task_lists(empty=True))
def test_round_trip(file: Path, found: list[Task]) -> None:
    assert through(found, file) == found


@QUICK
@given(tasks(empty=True))
def test_published_form(file: Path, task: Task) -> None:
    prodigy.write([task], file)
    shown = validated(file.read_text("utf-8"))
    services = task.record["services"]
    placed = [*task.record["facts"], *task.record["entities"], *services]
    placed += [item for service in services for item in (*service["citations"], *service["rationale"])]
    expected = [(item["start"], item["end"]) for item in placed if item["start"] < item["end"]]
    other = [(s.start, s.end) for s in shown.spans if s.label.split(":")[0] not in ("DECISION", "BODY_PART")]
    assert sorted(other) == sorted(expected)
    labels = file.with_suffix(".labels.txt").read_text("utf-8").split()
    assert {s.label for s in shown.spans if ":" in s.label and not s.label.startswith("FACT")} <= set(labels)


@pytest.mark.stress
def test_sample_letters_and_ten_thousand_spans(file: Path) -> None:
    found = [*sample_tasks(), many_spans(10_000)]
    assert through(found, file) == found
    lines = file.read_text("utf-8").splitlines()
    assert len(validated(lines[-1]).spans) == 11_001
    relations = {relation.label for line in lines[:-1] for relation in validated(line).relations}
    assert {"HAS_QUANTITY", "HAS_BODY_PART", "HAS_RATIONALE"} <= relations


@QUICK
@given(tasks())
def test_nothing_but_spans_and_relations_is_needed_of_an_answer(file: Path, task: Task) -> None:
    """Ids and attributes that the interface drops, with a span that is removed and added again, are found by place."""

    def answer(lines: list[dict[str, Any]]) -> None:
        for span in lines[0]["spans"]:
            del span["id"], span["attributes"]
        for relation in lines[0]["relations"]:
            del relation["head_id"], relation["child_id"]
        lines[0] |= {"answer": "accept", "_input_hash": 1, "_task_hash": 2, "_annotator_id": "jo", "_timestamp": 0}

    (back,) = through([task], file, answer)
    unique = {(e["start"], e["end"]) for e in task.record["entities"]}
    if len(unique) == len(task.record["entities"]):
        assert back.record["entities"] == task.record["entities"]
    assert len(back.record["entities"]) == len(task.record["entities"])
    assert back.meta == task.meta | {"annotator": "jo", "updated_at": "1970-01-01T00:00:00+00:00"}


TEXT = "Gout. Knee MRI, 2 visits: Upheld. No record of use."
RECORD: dict[str, Any] = {
    "case": {"case_number": "CM00-1"}, "patient": {}, "reviewer": {"states": [], "specialties": []},
    "facts": [],
    "entities": [
        {"id": "E1", "label": "DIAGNOSIS", "text": "Gout", "start": 0, "end": 4, "rule": "dx", "assertion": "affirmed"},
        {"id": "E2", "label": "PROCEDURE", "text": "MRI", "start": 11, "end": 14, "status": "requested"},
        {"id": "E3", "label": "SESSION_COUNT", "text": "2 visits", "start": 16, "end": 24, "min": 2, "max": 2,
         "unit": "visit"},
    ],
    "services": [
        {
            "id": "S1", "text": "Knee MRI, 2 visits", "start": 6, "end": 24, "category": "other", "decision": "upheld",
            "decision_start": 26, "decision_end": 32, "body_parts": ["Knee"], "citations": [],
            "rationale": [{"id": "R1", "start": 34, "end": 51, "role": "gap"}],
        }
    ],
    "relations": [
        {"head": "S1", "label": "HAS_DECISION", "tail": "upheld"},
        {"head": "S1", "label": "HAS_QUANTITY", "tail": "E3"},
        {"head": "S1", "label": "HAS_BODY_PART", "tail": "Knee"},
        {"head": "S1", "label": "HAS_RATIONALE", "tail": "R1"},
    ],
}  # fmt: skip
TASK = Task("letter", TEXT, RECORD, {"text_sha256": text_sha256(TEXT)})


def span(lines: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return next(span for span in lines[0]["spans"] if span.get("id") == key)


def test_labels_boundaries_and_decisions_are_corrected(file: Path) -> None:
    def change(lines: list[dict[str, Any]]) -> None:
        span(lines, "E1")["label"] = "DIAGNOSIS:historical"
        lines[0]["spans"].remove(span(lines, "E2"))
        lines[0]["spans"].append({"start": 6, "end": 14, "label": "PROCEDURE:performed"})
        span(lines, "S1/decision")["label"] = "DECISION:overturned"
        span(lines, "R1")["label"] = "RATIONALE:fact"
        span(lines, "E3")["attributes"]["max"] = 3

    (back,) = through([TASK], file, change)
    entities = {entity["id"]: entity for entity in back.record["entities"]}
    assert entities["E1"] == RECORD["entities"][0] | {"assertion": "historical"}
    assert entities["E2"] == RECORD["entities"][1] | {"start": 6, "text": "Knee MRI", "status": "performed"}
    assert entities["E3"]["max"] == 3
    (service,) = back.record["services"]
    assert service["decision"] == "overturned"
    assert service["rationale"] == [{"id": "R1", "start": 34, "end": 51, "role": "fact"}]
    assert back.record["relations"][0] == {"head": "S1", "label": "HAS_DECISION", "tail": "overturned"}
    assert back.record["relations"][1:] == RECORD["relations"][1:]
    assert check(back) == []


def test_spans_and_relations_are_added_and_removed(file: Path) -> None:
    def change(lines: list[dict[str, Any]]) -> None:
        line = lines[0]
        for key in ("S1/part0", "E3"):
            line["spans"].remove(span(lines, key))
        line["relations"] = [relation for relation in line["relations"] if relation["child_id"] not in ("E3", "R1")]
        line["spans"].append({"start": 34, "end": 43, "label": "RATIONALE:conclusion"})
        line["spans"].append({"start": 44, "end": 51, "label": "DIAGNOSIS:negated"})
        line["relations"].append(
            {
                "head": 4, "child": 14, "label": "HAS_DIAGNOSIS",
                "head_span": {"start": 6, "end": 24, "label": "SERVICE"},
                "child_span": {"start": 44, "end": 51, "label": "DIAGNOSIS:negated"},
            }
        )  # fmt: skip

    (back,) = through([TASK], file, change)
    assert [entity["id"] for entity in back.record["entities"]] == ["E1", "E2", "E4"]
    assert back.record["entities"][-1] == {
        "id": "E4", "label": "DIAGNOSIS", "text": "of use.", "start": 44, "end": 51, "assertion": "negated",
    }  # fmt: skip
    (service,) = back.record["services"]
    assert service["body_parts"] == []
    assert service["rationale"] == [{"id": "R2", "start": 34, "end": 43, "role": "conclusion"}]
    assert back.record["relations"] == [
        {"head": "S1", "label": "HAS_DECISION", "tail": "upheld"},
        {"head": "S1", "label": "HAS_DIAGNOSIS", "tail": "E4"},
        {"head": "S1", "label": "HAS_RATIONALE", "tail": "R2"},
    ]
    assert check(back) == []


def test_spans_manual_keeps_the_links(file: Path) -> None:
    """Without relations in the answer, as a recipe may leave it, the links that went out still hold."""
    (back,) = through([TASK], file, lambda lines: lines[0].pop("relations"))
    assert back == TASK


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_only_accepted_letters_are_taken(file: Path, answer: str) -> None:
    (back,) = through([TASK], file, lambda lines: lines[0].update(answer=answer))
    assert isinstance(back, Task) and back.answer == "rejected"


def test_a_line_without_an_answer_is_untouched(file: Path) -> None:
    (back,) = through([TASK], file, lambda lines: lines[0].update(answer=None))
    assert isinstance(back, Task) and back.answer == "untouched"


def test_a_changed_text_is_noticed(file: Path) -> None:
    (back,) = through([TASK], file, lambda lines: lines[0].update(text=TEXT.replace("Gout", "gout")))
    assert [problem.code for problem in check(back)] == ["text_changed"]


@pytest.mark.parametrize(
    "line", ["{", "[]", "1", "{}", '{"text": "a", "spans": [{}]}', '{"text": "a", "relations": [{"head": 1}]}']
)
def test_other_lines_are_refused(file: Path, line: str) -> None:
    prodigy.write([TASK], file)
    file.write_text(file.read_text("utf-8") + line + "\n", "utf-8")
    good, bad = prodigy.read([file])
    assert isinstance(good, Task) and isinstance(bad, Problem)
    assert bad.subject == f"{file}:2" and bad.code == "format"


@pytest.mark.stress
def test_a_thousand_letters(file: Path) -> None:
    prodigy.write(copies(100), file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    prodigy.write(copies(900), file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB; the file has 75 MB
