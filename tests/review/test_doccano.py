"""doccano's JSONL: the round trip, what a review changes, and the real doccano where one is installed."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, NonNegativeInt, StringConstraints, model_validator

from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import check
from imr_nlp.review.formats import doccano
from imr_nlp.review.formats.regions import PART_OF
from imr_nlp.review.task import Task, derive_fields, text_sha256
from review.test_prodigy import RECORD, TASK, TEXT
from support.review_tasks import copies, many_spans, sample_tasks, task_lists, tasks

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Imported(BaseModel):
    """What doccano's importer asks of a line."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Entity(Imported):
    id: int
    label: Name
    start_offset: NonNegativeInt
    end_offset: NonNegativeInt

    @model_validator(mode="after")
    def covers_something(self) -> Entity:
        assert self.start_offset < self.end_offset
        return self


class Relation(Imported):
    id: int
    from_id: int
    to_id: int
    type: Name


class Line(Imported):
    id: int
    text: Annotated[str, StringConstraints(min_length=1)]
    entities: list[Entity]
    relations: list[Relation]
    letter: str
    imr_nlp: str


def exported(line: dict[str, Any], first: int = 700) -> dict[str, Any]:
    """Return a line as doccano's exporter gives it back: entities and relations under ids of the database."""
    ids = {entity["id"]: number for number, entity in enumerate(line["entities"], first)}
    entities = [entity | {"id": ids[entity["id"]]} for entity in line["entities"]]
    relations = [
        relation | {"id": number, "from_id": ids[relation["from_id"]], "to_id": ids[relation["to_id"]]}
        for number, relation in enumerate(line["relations"], first)
    ]
    return line | {"entities": entities, "relations": relations, "Comments": []}


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]


def back_from(lines: list[dict[str, Any]], file: Path) -> list[Task]:
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8", newline="\n")
    return list(doccano.read([file]))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doccano") / f"all{doccano.SUFFIX}"


@QUICK
@given(task_lists(empty=True))
def test_round_trip(file: Path, found: list[Task]) -> None:
    doccano.write(found, file)
    assert list(doccano.read([file])) == found
    assert back_from([exported(line) for line in lines_of(file)], file) == found


@QUICK
@given(tasks(empty=True))
def test_the_importer_takes_it(file: Path, task: Task) -> None:
    doccano.write([task], file)
    (line,) = file.read_bytes().decode("ascii").splitlines()
    shown = Line.model_validate_json(line)
    assert shown.text == task.text
    ids = {entity.id for entity in shown.entities}
    assert len(ids) == len(shown.entities)
    assert all({relation.from_id, relation.to_id} <= ids for relation in shown.relations)
    page = task.text.encode("utf-16-le")  # as doccano's page counts: two bytes a unit
    spans = [page[2 * e.start_offset : 2 * e.end_offset].decode("utf-16-le") for e in shown.entities]
    words = {e["text"] for e in (*task.record["entities"], *task.record["services"]) if e["text"]}
    assert words <= set(spans)


@pytest.mark.stress
def test_sample_letters_and_ten_thousand_spans(file: Path) -> None:
    found = [*sample_tasks(), many_spans(10_000)]
    doccano.write(found, file)
    assert back_from([exported(line) for line in lines_of(file)], file) == found


@QUICK
@given(st.data())
def test_what_is_deleted_is_gone_and_nothing_else(file: Path, data: st.DataObject) -> None:
    task = data.draw(tasks())
    doccano.write([task], file)
    (line,) = map(exported, lines_of(file))
    gone = data.draw(st.sets(st.sampled_from([e["id"] for e in line["entities"]]))) if line["entities"] else set()
    line["entities"] = [e for e in line["entities"] if e["id"] not in gone]
    line["relations"] = [r for r in line["relations"] if not {r["from_id"], r["to_id"]} & gone]
    (back,) = back_from([line], file)
    assert check(back) == []
    doccano.write([back], file)
    (again,) = lines_of(file)
    assert places(again) <= places(line)
    unowned = Counter({place: n for place, n in places(line).items() if place[0].split(":")[0] not in PART_OF})
    assert unowned <= places(again)


def places(line: dict[str, Any]) -> Counter[tuple[str, int, int]]:
    return Counter((e["label"], e["start_offset"], e["end_offset"]) for e in line["entities"])


def corrected(file: Path) -> dict[str, Any]:
    doccano.write([TASK], file)
    (line,) = lines_of(file)
    return exported(line)


def entity(line: dict[str, Any], label: str) -> dict[str, Any]:
    return next(entity for entity in line["entities"] if entity["label"].startswith(label))


def test_labels_spans_and_relations_are_corrected(file: Path) -> None:
    line = corrected(file)
    entity(line, "DIAGNOSIS")["label"] = "DIAGNOSIS:negated"
    entity(line, "PROCEDURE")["start_offset"] = 6
    entity(line, "RATIONALE")["label"] = "RATIONALE:other"
    count, service = entity(line, "SESSION_COUNT")["id"], entity(line, "SERVICE")["id"]
    line["relations"] = [relation for relation in line["relations"] if relation["to_id"] != count]
    line["entities"].append({"id": 999, "label": "MEDICATION:general", "start_offset": 34, "end_offset": 43})
    line["relations"].append({"id": 999, "from_id": service, "to_id": 999, "type": "HAS_MEDICATION"})
    (back,) = back_from([line], file)
    assert back.record["entities"] == [
        RECORD["entities"][0] | {"assertion": "negated"},
        RECORD["entities"][1] | {"start": 6, "text": TEXT[6:14]},
        RECORD["entities"][2],
        {"id": "E4", "label": "MEDICATION", "text": TEXT[34:43], "start": 34, "end": 43, "status": "general"},
    ]
    assert back.record["services"][0]["rationale"][0]["role"] == "other"
    assert [relation["tail"] for relation in back.record["relations"]] == ["upheld", "Knee", "R1", "E4"]
    assert check(back) == []


def test_an_entity_of_another_kind_keeps_its_rule_and_id(file: Path) -> None:
    line = corrected(file)
    entity(line, "DIAGNOSIS")["label"] = "GUIDELINE"
    (back,) = back_from([line], file)
    assert back.record["entities"][0] == {
        "id": "E1", "label": "GUIDELINE", "text": "Gout", "start": 0, "end": 4, "rule": "dx",
    }  # fmt: skip


def test_a_deleted_service_takes_its_parts_along(file: Path) -> None:
    line = corrected(file)
    gone = entity(line, "SERVICE")["id"]
    line["entities"] = [e for e in line["entities"] if e["id"] != gone]
    line["relations"] = [r for r in line["relations"] if gone not in (r["from_id"], r["to_id"])]
    (back,) = back_from([line], file)
    assert (back.record["services"], back.record["relations"]) == ([], [])
    assert [e["id"] for e in back.record["entities"]] == ["E1", "E2", "E3"]


def test_a_new_service_with_its_parts(file: Path) -> None:
    line = corrected(file)
    line["entities"] += [
        {"id": 1, "label": "SERVICE", "start_offset": 34, "end_offset": 43},
        {"id": 2, "label": "DECISION:modified", "start_offset": 44, "end_offset": 46},
        {"id": 3, "label": "CITATION:reviewer", "start_offset": 47, "end_offset": 51},
    ]
    (back,) = back_from([line], file)
    assert back.record["services"][0] == RECORD["services"][0]
    assert back.record["services"][1] == {
        "id": "S2", "text": TEXT[34:43], "start": 34, "end": 43, "category": "other", "rationale": [],
        "decision": "modified", "decision_start": 44, "decision_end": 46,
        "citations": [
            {"id": "C1", "start": 47, "end": 51, "party": "reviewer", "authority": "other", "title": TEXT[47:51]}
        ],
    }  # fmt: skip
    assert check(back) == []


def test_a_sentence_moves_to_another_service(file: Path) -> None:
    line = corrected(file)
    sentence = entity(line, "RATIONALE")["id"]
    line["entities"].append({"id": 1, "label": "SERVICE", "start_offset": 0, "end_offset": 4})
    moved = next(relation for relation in line["relations"] if relation["to_id"] == sentence)
    moved["from_id"] = 1
    (back,) = back_from([line], file)
    assert [service["rationale"] for service in back.record["services"]] == [[], RECORD["services"][0]["rationale"]]
    assert {"head": "S2", "label": "HAS_RATIONALE", "tail": "R1"} in back.record["relations"]
    assert {"head": "S1", "label": "HAS_RATIONALE", "tail": "R1"} not in back.record["relations"]


def test_what_belongs_to_no_service_is_told(file: Path) -> None:
    bare = Task("bare", TEXT, RECORD | {"services": [], "relations": []}, TASK.meta)
    doccano.write([bare], file)
    (line,) = map(exported, lines_of(file))
    line["entities"].append({"id": 1, "label": "RATIONALE:gap", "start_offset": 34, "end_offset": 51})
    (back,) = back_from([line], file)
    assert back.record == bare.record
    assert [(problem.subject, problem.code) for problem in check(back)] == [("bare", "unlinked")]


def test_offsets_behind_an_emoji_and_behind_the_text(file: Path) -> None:
    text = "\N{PILL} Gout"
    entity = {"id": "E1", "label": "DIAGNOSIS", "text": "Gout", "start": 2, "end": 6}
    record = {"case": {}, "patient": {}, "reviewer": {}, "facts": [], "services": [], "relations": []}
    task = Task("pill", text, record | {"entities": [entity]}, {"text_sha256": text_sha256(text)})
    doccano.write([task], file)
    (line,) = lines_of(file)
    assert (line["entities"][0]["start_offset"], line["entities"][0]["end_offset"]) == (3, 7)
    line["entities"][0]["end_offset"] = 6
    assert back_from([line], file)[0].record["entities"] == [entity | {"text": "Gou", "end": 5}]
    line["entities"][0]["end_offset"] = 9
    assert [problem.code for problem in check(back_from([line], file)[0])] == ["offsets", "attribute"]


def test_unknown_labels_and_changed_texts_are_noticed(file: Path) -> None:
    line = corrected(file)
    entity(line, "DIAGNOSIS")["label"] = "SYMPTOM"
    (back,) = back_from([line], file)
    assert [problem.code for problem in check(back)] == ["label"]
    (back,) = back_from([corrected(file) | {"text": TEXT[:-1]}], file)
    assert "text_changed" in [problem.code for problem in check(back)]


def test_a_project_without_relations_and_the_reviewers_comments(file: Path) -> None:
    line = corrected(file)
    triples = [[e["start_offset"], e["end_offset"], e["label"]] for e in line.pop("entities")]
    line.pop("relations")
    line |= {"label": triples, "Comments": [{"id": 1, "comment": "Unsure of the decision."}]}
    (back,) = back_from([line], file.with_name("jo.jsonl"))
    assert back.record == RECORD
    assert back.meta == TASK.meta | {"annotator": "jo", "comments": ["Unsure of the decision."]}


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"text": "a"}', '{"text": "a", "imr_nlp": "eJw"}'])
def test_other_lines_are_refused(file: Path, line: str) -> None:
    doccano.write([TASK], file)
    file.write_text(file.read_text("utf-8") + line + "\n", "utf-8")
    good, bad = doccano.read([file])
    assert isinstance(good, Task) and isinstance(bad, Problem)
    assert bad.subject == f"{file}:2" and bad.code == "format"


def test_a_thousand_letters(file: Path) -> None:
    doccano.write(copies(100), file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    doccano.write(copies(900), file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # KiB


def test_the_real_doccano(tmp_path: Path) -> None:
    """Import into doccano, a correction there, and its own export (make test-doccano installs it)."""
    python = os.environ.get("IMR_DOCCANO_PYTHON")
    if not python:
        pytest.skip("IMR_DOCCANO_PYTHON names no Python that has doccano")
    found = [TASK, *sample_tasks(), many_spans(200)]
    given_, back_ = tmp_path / "tasks.jsonl", tmp_path / "jo.jsonl"
    doccano.write(found, given_)
    script = Path(__file__).with_name("doccano_project.py")
    run = subprocess.run(
        [python, script, tmp_path, given_, back_, given_.with_suffix(".labels.json")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert json.loads(run.stdout.splitlines()[-1]) == []
    first, *others = doccano.read([back_])
    assert others == [Task(t.name, t.text, t.record, t.meta | {"annotator": "jo"}) for t in found[1:]]
    assert first.record["entities"] == [
        RECORD["entities"][0] | {"assertion": "negated"},
        RECORD["entities"][2],
        {"id": "E4", "label": "DURATION", "text": TEXT[:4], "start": 0, "end": 4},
    ]
    assert first.record["services"] == RECORD["services"]
    assert first.record["relations"] == [*RECORD["relations"], {"head": "E1", "label": "HAS_QUANTITY", "tail": "E4"}]
    assert first.meta["comments"] == ["Seen."]


def test_a_decision_without_its_value_is_asked_for(file: Path) -> None:
    line = corrected(file)
    entity(line, "DECISION")["label"] = "DECISION"
    (back,) = back_from([line], file)
    assert [(problem.code, problem.message) for problem in check(back)] == [
        ("attribute", f"DECISION of S1 at {RECORD['services'][0]['decision_start']}.."
         f"{RECORD['services'][0]['decision_end']} has no decision; give it in the tool")
    ]  # fmt: skip


def test_a_citation_without_its_party_is_asked_for(file: Path) -> None:
    line = corrected(file)
    line["entities"].append({"id": 9, "label": "CITATION", "start_offset": 47, "end_offset": 51})
    (back,) = back_from([line], file)
    (problem,) = check(back)
    assert problem.code == "attribute"
    assert problem.message.endswith(" at 47..51 has no party; give it in the tool")


def test_what_followed_from_another_decision_goes_with_it() -> None:
    evidence = {"by": "heading", "decision": "upheld", "start": 5, "end": 11, "rule": "heading.word"}
    service = {
        "id": "S1", "start": 0, "end": 3, "decision": "upheld", "decision_evidence": [evidence],
        "granted": {"min": 0, "max": 0}, "decision_confidence": 0.9,
    }  # fmt: skip
    told = [{"head": "S1", "label": "HAS_DECISION", "tail": "upheld"}]
    record = {"entities": [], "services": [service], "relations": told}
    assert derive_fields(record, "MRI: Upheld")["services"][0]["decision_evidence"] == [evidence]
    corrected_by_hand = record | {"services": [service | {"decision": "overturned"}]}
    (now,) = derive_fields(corrected_by_hand, "MRI: Upheld")["services"]
    assert now == {"id": "S1", "start": 0, "end": 3, "text": "MRI", "decision": "overturned"}
