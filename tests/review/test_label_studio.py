"""Label Studio's tasks and labelling configuration, and the way back.

The real thing is tried by tests/review/label_studio/check.py.
"""

from __future__ import annotations

import json
import tempfile
import tracemalloc
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.labels import LABELS
from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import check
from imr_nlp.review.formats import FormatError, label_studio
from imr_nlp.review.formats.label_studio_config import LABEL_SETS, controls, label_sets, labelling_config
from imr_nlp.review.task import Task, text_sha256
from support.growth import growth
from support.review_tasks import copies, many_spans, sample_tasks, task_lists, tasks

TEXT = "\N{PILL} Knee MRI: Upheld. Twelve visits of therapy are not supported."
RECORD: dict[str, Any] = {
    "case": {"case_number": "CM16-0999001"}, "patient": {"age": 50}, "reviewer": {"states": ["Ohio", "Utah"]},
    "facts": [],
    "entities": [
        {"id": "E1", "label": "PROCEDURE", "text": "MRI", "start": 7, "end": 10, "status": "requested",
         "rule": "px.test"},
        {"id": "E2", "label": "SESSION_COUNT", "text": "Twelve visits", "start": 20, "end": 33, "min": 12, "max": 12,
         "unit": "visit"},
    ],
    "services": [{
        "id": "S1", "text": "Knee MRI", "start": 2, "end": 10, "decision": "upheld", "decision_start": 12,
        "decision_end": 18, "category": "diagnostic_imaging", "body_parts": ["Knee"],
        "frequency": {"min": 1, "max": 2, "per": "week"}, "citations": [],
        "rationale": [{"id": "R1", "start": 20, "end": 63, "role": "gap", "score": 0.5}],
    }],
    "relations": [
        {"head": "S1", "label": "HAS_DECISION", "tail": "upheld"},
        {"head": "S1", "label": "HAS_BODY_PART", "tail": "Knee"},
        {"head": "S1", "label": "HAS_QUANTITY", "tail": "E2"},
        {"head": "S1", "label": "HAS_RATIONALE", "tail": "R1"},
    ],
}  # fmt: skip
for _sentence in RECORD["services"][0]["rationale"]:
    _sentence["text"] = TEXT[_sentence["start"] : _sentence["end"]]
TASK = Task("a", TEXT, RECORD, {"text_sha256": text_sha256(TEXT), "pipeline_version": "0.1.0"})


def exported(task: Task) -> dict[str, Any]:
    """Return a task as Label Studio exports it after someone submitted the predictions as they are."""
    item = json.loads(json.dumps(label_studio.imported(task)))
    [prediction] = item.pop("predictions")
    done = {"result": prediction["result"], "completed_by": 7, "updated_at": "2026-01-02T03:04:05Z"}
    return {**item, "annotations": [done]}


def again(*items: dict[str, Any]) -> list[Task]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.json"
        file.write_text(json.dumps(items), encoding="utf-8")
        return list(label_studio.read([file]))


def results(item: dict[str, Any], key: str, control: str | None = None) -> list[dict[str, Any]]:
    found = [result for result in item["annotations"][0]["result"] if result.get("id") == key]
    return [result for result in found if control in (None, result["from_name"])]


def there_and_back(given_tasks: list[Task]) -> list[Task]:
    with tempfile.TemporaryDirectory() as folder:
        label_studio.write(given_tasks, Path(folder))
        return list(label_studio.read([Path(folder)]))


@settings(max_examples=60, deadline=None)
@given(st.booleans().flatmap(task_lists))
def test_what_nobody_touches_comes_back_exactly(given_tasks: list[Task]) -> None:
    assert there_and_back(given_tasks) == given_tasks


@settings(max_examples=60, deadline=None)
@given(tasks())
def test_everything_but_provenance_is_in_the_results(task: Task) -> None:
    """A stand-in for the record that went out, with all values of all regions taken away, is filled again."""
    item = exported(task)
    for part in (*item["data"]["record"]["entities"], *item["data"]["record"]["services"]):
        for name in ("assertion", "status", "min", "max", "unit", "per", "authority", "sessions", "strength", "count"):
            part.pop(name, None)
    [back] = again(item)
    assert back.record["entities"] == task.record["entities"]
    assert back.record["services"] == task.record["services"]


@pytest.mark.stress
def test_the_samples_and_ten_thousand_spans_come_back() -> None:
    given_tasks = [*sample_tasks(), many_spans()]
    assert there_and_back(given_tasks) == given_tasks


def test_who_and_when_are_kept_and_the_last_change_counts() -> None:
    item = exported(TASK)
    first = json.loads(json.dumps(item["annotations"][0])) | {"updated_at": "2025-01-01T00:00:00Z", "result": []}
    skipped = first | {"updated_at": "2027-01-01T00:00:00Z", "was_cancelled": True}
    item["annotations"] = [first, *item["annotations"], skipped]
    [back] = again(item)
    assert back.record == TASK.record
    assert (back.meta["annotator"], back.meta["updated_at"]) == ("7", "2026-01-02T03:04:05Z")
    item["annotations"][1]["completed_by"] = {"id": 7, "email": "jo@example.org"}
    assert again(item)[0].meta["annotator"] == "jo@example.org"


def test_what_nobody_annotated_is_no_gold() -> None:
    (untouched,) = again({**exported(TASK), "annotations": []})
    assert untouched.answer == "untouched" and untouched == TASK
    (raw,) = again(label_studio.imported(TASK))
    assert raw.answer == "untouched" and raw == TASK
    (skipped,) = again({**exported(TASK), "annotations": [{"result": [], "was_cancelled": True}]})
    assert skipped.answer == "rejected"


def test_a_changed_choice_label_number_and_place_come_back_alone() -> None:
    item = exported(TASK)
    results(item, "E1", "status")[0]["value"]["choices"] = ["performed"]
    results(item, "E2", "min")[0]["value"]["number"] = 10
    results(item, "R1", "role")[0]["value"]["choices"] = ["fact"]
    results(item, "S1", "frequency_max")[0]["value"]["number"] = 3
    for result in results(item, "E2"):
        result["value"]["end"] = 26
    [back] = again(item)
    expected = json.loads(json.dumps(RECORD))
    expected["entities"][0]["status"] = "performed"
    expected["entities"][1] |= {"min": 10, "end": 26, "text": "Twelve"}
    expected["services"][0]["frequency"]["max"] = 3
    expected["services"][0]["rationale"][0]["role"] = "fact"
    assert back.record == expected
    assert check(back) == []


def test_a_changed_decision_changes_its_relation() -> None:
    item = exported(TASK)
    results(item, "S1-decision", "decision")[0]["value"]["choices"] = ["modified"]
    [back] = again(item)
    assert back.record["services"][0]["decision"] == "modified"
    assert {"head": "S1", "label": "HAS_DECISION", "tail": "modified"} in back.record["relations"]


def test_a_new_region_and_its_relation_are_taken() -> None:
    item = exported(TASK)
    place = {"start": 37, "end": 44, "text": "therapy"}
    item["annotations"][0]["result"] += [
        {"id": "x7-_q", "from_name": "entity", "to_name": "text", "type": "labels",
         "value": {**place, "labels": ["PROCEDURE"]}},
        {"id": "x7-_q", "from_name": "status", "to_name": "text", "type": "choices",
         "value": {**place, "choices": ["general"]}},
        {"type": "relation", "from_id": "S1", "to_id": "x7-_q", "direction": "right", "labels": ["HAS_PROCEDURE"]},
    ]  # fmt: skip
    [back] = again(item)
    new = [entity for entity in back.record["entities"] if entity not in RECORD["entities"]]
    assert [(e["label"], e["text"], e["status"]) for e in new] == [("PROCEDURE", "therapy", "general")]
    assert {"head": "S1", "label": "HAS_PROCEDURE", "tail": new[0]["id"]} in back.record["relations"]
    assert check(back) == []


def test_a_removed_region_takes_its_relations_along() -> None:
    item = exported(TASK)
    item["annotations"][0]["result"] = [
        result for result in item["annotations"][0]["result"] if "E2" not in (result.get("id"), result.get("to_id"))
    ]
    [back] = again(item)
    assert [entity["id"] for entity in back.record["entities"]] == ["E1"]
    assert all(relation["tail"] != "E2" for relation in back.record["relations"])


def test_what_can_not_be_placed_is_reported() -> None:
    item = exported(TASK)
    item["annotations"][0]["result"] += [
        {"id": "z", "from_name": "sentiment", "to_name": "text", "type": "rating", "value": {"rating": 3}},
        {"type": "relation", "from_id": "S1", "to_id": "E1", "direction": "right"},
    ]
    assert [problem.code for problem in check(again(item)[0])] == ["unplaced", "unplaced"]


@pytest.mark.parametrize("content", ["[1]", '[{"data": {}}]'])
def test_one_bad_task_costs_itself(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(f"{content[:-1]}, {json.dumps(exported(TASK))}]", encoding="utf-8")
    bad, good = label_studio.read([file])
    assert isinstance(bad, Problem) and bad.subject == f"{file}: task 1"
    assert isinstance(good, Task) and good.record == TASK.record


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "", "[{}", "[1] 2"])
def test_other_files_are_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=r"x\.json"):
        list(label_studio.read([file]))


def test_predictions_say_version_and_lowest_score() -> None:
    [prediction] = label_studio.imported(TASK)["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("imr-nlp 0.1.0", 0.5)


def test_the_configuration_offers_every_label_with_a_colour_and_a_hot_key_of_its_own() -> None:
    view = ElementTree.fromstring(labelling_config())
    labels = view.findall("./Labels/Label")
    assert {label.get("value") for label in labels} == {*LABELS, *label_sets()}
    for look in ("background", "hotkey"):
        assert len({label.get(look) for label in labels}) == len(labels)
    names = [tag.get("name") for tag in view.iter() if tag.tag in ("Labels", "Choices", "Number", "TextArea")]
    assert len(names) == len(set(names))
    assert {*LABEL_SETS, *(control.name for control in controls() if control.kind != "text")} <= set(names)


_RUN = count()


@pytest.mark.slow
def test_time_grows_with_the_letters_and_memory_does_not(tmp_path: Path) -> None:
    assert growth(lambda size: label_studio.write(copies(size), tmp_path / f"timed-{next(_RUN)}"), 10, 40) < 10
    tracemalloc.start()
    try:
        label_studio.write(copies(1), tmp_path / "one")  # what is loaded once
        tracemalloc.reset_peak()
        label_studio.write(copies(30), tmp_path / "few")
        few = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        label_studio.write(copies(90), tmp_path / "more")
        assert tracemalloc.get_traced_memory()[1] < 1.25 * few
    finally:
        tracemalloc.stop()
