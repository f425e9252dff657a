"""Labelling review: tasks, brat, DocBin and CSV, which letters first, and the way out and home on the command line."""

from __future__ import annotations

import csv
import json
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import typer
from bioc import brat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from typer.testing import CliRunner, Result

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.review import Format, Order, add_review
from imr_nlp.evaluation.gold import read_gold
from imr_nlp.reading.inputs import expand
from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import check
from imr_nlp.review.formats import FORMATS, FormatError, format_named
from imr_nlp.review.formats import csv as sheets
from imr_nlp.review.importing import ReviewImportError, import_corrections
from imr_nlp.review.order import ORDERS, choose
from imr_nlp.review.sources import tasks_of
from imr_nlp.review.spool import in_order
from imr_nlp.review.task import NOWHERE, Task, gold_line, spans_of, task_of_gold, text_sha256
from imr_nlp.run.runner import run
from support.review_tasks import ROOT, copies, many_spans, sample_tasks, task_lists, tasks

pytestmark = pytest.mark.usefixtures("workers_are_forks")

OWN = ("brat", "docbin", "csv")
LETTERS = ROOT / "annotations" / "letters"
TEXT = "MRI of the knee and\r\n\tsix visits: Upheld. The notes name no red flag."
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def small(**changes: Any) -> Task:
    """Return a task of one service with two entities, a decision, a citation and a sentence."""
    record: dict[str, Any] = {
        "case": {"case_number": "CM16-0999001"}, "patient": {"age": 44}, "reviewer": {"states": ["Ohio"]}, "facts": [],
        "entities": [
            {"id": "E1", "label": "PROCEDURE", "start": 0, "end": 3, "status": "requested", "rule": "px.test"},
            {"id": "E2", "label": "SESSION_COUNT", "start": 22, "end": 32, "min": 6, "max": 6, "unit": "visit"},
        ],
        "services": [
            {
                "id": "S1", "start": 0, "end": 32, "decision": "upheld", "decision_start": 34, "decision_end": 40,
                "category": "diagnostic_imaging", "body_parts": ["knee"],
                "citations": [{"id": "C1", "party": "reviewer", "authority": "ODG", "start": 42, "end": 51}],
                "rationale": [{"id": "R1", "role": "gap", "start": 42, "end": 69}],
            }
        ],
    }  # fmt: skip
    task = task_of_gold({"name": "knee", "sha256": text_sha256(TEXT), **record, **changes}, TEXT)
    return Task(task.name, task.text, task.record, task.meta | {"path": "knee.txt"})


def there_and_back(name: str, out: list[Task], folder: Path) -> list[Task]:
    """Export tasks and import them again, sorted by name as they were."""
    tool = format_named(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tool.write(out, folder / f"out{tool.SUFFIX}")
    found = {task.name: task for task in tool.read([folder / f"out{tool.SUFFIX}"])}
    return [found[task.name] for task in out]


# --- tasks -----------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(tasks())
def test_a_task_is_gold_and_gold_a_task(task: Task) -> None:
    assert check(task) == []
    assert task_of_gold(json.loads(json.dumps(gold_line(task))), task.text) == task


def test_gold_written_by_hand_becomes_a_task_without_faults() -> None:
    found = sample_tasks()
    assert [problem for task in found for problem in check(task)] == []
    assert all("start" not in item for item in gold_line(found[0])["services"][0]["citations"])
    relations = {relation["label"] for task in found for relation in task.record["relations"]}
    assert {"HAS_DECISION", "HAS_QUANTITY", "HAS_BODY_PART", "CITES", "HAS_RATIONALE"} <= relations


@pytest.mark.parametrize(
    ("where", "value", "code"),
    [
        (("entities", 0, "label"), "DISEASE", "label"),
        (("entities", 0, "status"), "maybe", "value"),
        (("entities", 0, "end"), 900, "offsets"),
        (("entities", 0, "end"), 0, "empty"),
        (("entities", 0, "start"), -1, "greater_than_equal"),
        (("entities", 0, "colour"), "red", "extra_forbidden"),
        (("entities", 1, "id"), "E1", "id"),
        (("services", 0, "decision"), "denied", "value"),
        (("services", 0, "rationale", 0, "role"), "reason", "value"),
        (("services", 0, "decision_end"), 900, "offsets"),
        (("relations", 1, "head"), "S9", "relation"),
        (("relations", 1, "tail"), "E9", "relation"),
    ],
)
def test_what_gold_cannot_hold_is_found(where: tuple[Any, ...], value: Any, code: str) -> None:
    task = small()
    assert check(task) == []
    part: Any = task.record
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = value
    assert code in {problem.code for problem in check(task)}


def test_a_changed_text_is_found() -> None:
    task = small()
    changed = Task(task.name, f"{task.text} ", task.record, task.meta)
    assert [problem.code for problem in check(changed)] == ["text_changed"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the sample letters, with their texts."""
    out = tmp_path_factory.mktemp("review") / "run"
    run(expand([str(LETTERS)]), out, store_text=True)
    return out


def test_a_run_gives_its_letters_as_tasks(finished: Path) -> None:
    problems: list[Any] = []
    found = list(tasks_of([str(finished)], problems))
    assert problems == []
    assert len({task.name for task in found}) == len(found) == len(list(LETTERS.iterdir()))
    assert [problem for task in found for problem in check(task)] == []
    assert all(task.text[s["start"] : s["end"]] == s["text"] for task in found for s in task.record["services"])


@pytest.mark.stress
def test_without_stored_texts_the_letters_are_read_again_and_must_be_the_same(finished: Path, tmp_path: Path) -> None:
    letter = tmp_path / "split.txt"
    shutil.copy(LETTERS / "split-request.txt", letter)
    run(expand([str(letter)]), tmp_path / "out")
    assert [task.name for task in tasks_of([str(tmp_path / "out")])] == ["split"]
    letter.write_bytes(letter.read_bytes() + b"One more line.\n")
    problems: list[Any] = []
    assert list(tasks_of([str(tmp_path / "out")], problems)) == []
    letter.unlink()
    assert list(tasks_of([str(tmp_path / "out" / "letters.jsonl")], problems)) == []
    assert [problem.code for problem in problems] == ["text_changed", "not_found"]


@pytest.mark.parametrize("name", ["", "..", "../elsewhere", "/root", "a\\b", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    report = import_corrections([small(name=name)], tmp_path / "home")
    assert [problem.code for problem in report.problems] == ["name"]
    assert list(tmp_path.rglob("*")) == []


# --- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_any_task_comes_back_as_it_went(name: str, tmp_path: Path) -> None:
    @EXAMPLES
    @given(task_lists(empty=True))
    def comes_back(out: list[Task]) -> None:
        assert there_and_back(name, out, tmp_path / "x") == out

    comes_back()


@pytest.mark.parametrize("name", OWN)
@pytest.mark.stress
def test_samples_and_ten_thousand_spans_come_back(name: str, tmp_path: Path) -> None:
    out = [*sample_tasks(), many_spans()]
    assert there_and_back(name, out, tmp_path) == out


@pytest.mark.stress
@pytest.mark.parametrize("name", FORMATS)
def test_many_letters_in_constant_memory(name: str, tmp_path: Path) -> None:
    tool = format_named(name)
    peaks = []
    for count in (100, 300):
        tracemalloc.start()
        tool.write(copies(count), tmp_path / f"{count}{tool.SUFFIX}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0] + 500_000


# --- CSV -------------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(st.lists(tasks(), min_size=1, max_size=1))
def test_no_cell_is_a_formula(tmp_path_factory: pytest.TempPathFactory, out: list[Task]) -> None:
    folder = tmp_path_factory.mktemp("csv")
    sheets.write(out, folder)
    data = (folder / sheets.SHEET).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    with (folder / sheets.SHEET).open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def corrected_sheet(folder: Path, column: str, value: str, **which: str) -> Task:
    """Export the small task, put a value into the cells of a column in some rows, and read it again."""
    sheets.write([small()], folder)
    path = folder / sheets.SHEET
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if all(row[name] == wanted for name, wanted in which.items()):
            row[column] = value
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        sheet = csv.DictWriter(stream, rows[0])
        sheet.writeheader()
        sheet.writerows(rows)
    return next(sheets.read([path]))


def test_corrections_in_a_sheet_are_taken(tmp_path: Path) -> None:
    assert corrected_sheet(tmp_path, "status", "performed", id="E1").record["entities"][0]["status"] == "performed"
    parts = corrected_sheet(tmp_path, "body_parts", "left knee; neck", id="S1").record
    assert parts["services"][0]["body_parts"] == ["left knee", "neck"]
    assert [one["tail"] for one in parts["relations"] if one["label"] == "HAS_BODY_PART"] == ["left knee", "neck"]
    assert corrected_sheet(tmp_path, "end", "15", id="E1").record["entities"][0]["text"] == "MRI of the knee"
    unknown = corrected_sheet(tmp_path, "service", "S7", id="R1")
    assert [problem.code for problem in check(unknown)][:1] == ["row"]


def test_a_sheet_that_is_none_says_so(tmp_path: Path) -> None:
    wrong = corrected_sheet(tmp_path, "decision_start", "one", id="S1")
    (problem,) = (problem for problem in check(wrong) if problem.code == "cell")
    assert problem.message.endswith(": decision_start: not a number")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="no column"):
        list(sheets.read([tmp_path / "other.csv"]))
    (tmp_path / "other.csv").write_bytes("letter;Åsa\n".encode("cp1252"))
    with pytest.raises(FormatError, match="UTF-8"):
        list(sheets.read([tmp_path / "other.csv"]))


# --- brat ------------------------------------------------------------------------------------------------------------


def test_brat_folder_passes_an_independent_parser(tmp_path: Path) -> None:
    """bioc (NCBI) is a parser of brat standoff that this project had no hand in."""
    out = sample_tasks()
    format_named("brat").write(out, tmp_path)
    known = (tmp_path / "annotation.conf").read_text().split()
    for task in out:
        document = brat.loads(task.text, (tmp_path / f"{task.name}.ann").read_text(encoding="utf-8"), task.name)
        entities = {entity.id: entity for entity in document.entities}
        cited = [item for service in task.record["services"] for item in service["citations"] if item == item | NOWHERE]
        assert len(entities) == 1 + len(list(spans_of(task.record))) + len(cited)
        for entity in entities.values():
            pieces = [task.text[span.begin : span.end] for span in sorted(entity.locations)]
            assert entity.text == " ".join(pieces)
            assert entity.type in known
        relations = list(document.relations)
        assert {end for relation in relations for end in relation.arguments.values()} <= entities.keys()
        assert {relation.type for relation in relations} <= set(known)
        assert {attribute.refid for attribute in document.attributes} <= entities.keys()
        assert {note.refid for note in document.notes} <= entities.keys()


def corrected_brat(folder: Path, *changes: tuple[str, str], more: str = "") -> Task:
    """Export the small task, change words of its .ann, and read it again."""
    tool = format_named("brat")
    tool.write([small()], folder)
    path = folder / "knee.ann"
    lines = path.read_text(encoding="utf-8")
    for was, now in changes:
        assert was in lines
        lines = lines.replace(was, now)
    path.write_text(lines + more, encoding="utf-8")
    return next(tool.read([folder]))


def test_corrections_in_brat_are_taken(tmp_path: Path) -> None:
    assert corrected_brat(tmp_path) == small()
    assert "status T2 requested" in (tmp_path / "knee.ann").read_text()
    changed = corrected_brat(
        tmp_path, ("status T2 requested", "status T2 general"), ("decision T4 up", "decision T4 over")
    )
    assert changed.record["entities"][0]["status"] == "general"
    changed = corrected_brat(
        tmp_path, ("PROCEDURE 0 3\tMRI", "PROCEDURE 0 15\tMRI of the knee"), ('"max": 6', '"max": 8')
    )
    assert [(one["text"], one.get("max")) for one in changed.record["entities"]] == [
        ("MRI of the knee", None),
        ("six visits", 8),
    ]
    added = corrected_brat(tmp_path, more="T99\tDIAGNOSIS 60 68\tred flag\nR99\tHAS_DIAGNOSIS Arg1:T4 Arg2:T99\n")
    assert added.record["entities"][-1]["text"] == "red flag"
    assert added.record["relations"][-1] == {"head": "S1", "label": "HAS_DIAGNOSIS", "tail": "ET99"}
    assert [problem.code for problem in check(added)] == ["attribute"]
    added = corrected_brat(tmp_path, more="T99\tDIAGNOSIS 60 68\tred flag\nA99\tassertion T99 negated\n")
    assert check(added) == []


def test_what_brat_left_without_a_place_is_reported(tmp_path: Path) -> None:
    lost = corrected_brat(tmp_path, ("HAS_RATIONALE", "CITED_BY"), more="T98\tRATIONALE 41 60\tsome words\nnonsense\n")
    codes = [problem.code for problem in check(lost)]
    assert codes.count("unlinked") == 2
    assert "line" in codes


# --- DocBin ----------------------------------------------------------------------------------------------------------


def test_docbin_is_one_of_spacy_and_spans_moved_there_come_back(tmp_path: Path) -> None:
    tool = format_named("docbin")
    tool.write([small()], tmp_path)
    (file,) = tmp_path.glob("*.spacy")
    (doc,) = DocBin().from_disk(file).get_docs(Vocab())
    assert doc.text == TEXT
    assert [(span.text, span.label_) for span in doc.ents] == [("MRI", "PROCEDURE"), ("six visits", "SESSION_COUNT")]
    assert [(span.text, span.label_) for span in doc.spans["rationale"]] == [(TEXT[42:], "gap")]
    moved = doc.char_span(0, 15, label="DIAGNOSIS", span_id="E1")
    new = doc.char_span(60, 68, label="DIAGNOSIS")
    doc.spans["imr"] = [moved, new]
    DocBin(docs=[doc], store_user_data=True).to_disk(file)
    (task,) = tool.read([file])
    assert [(one["id"], one["label"], one["text"]) for one in task.record["entities"]] == [
        ("E1", "DIAGNOSIS", "MRI of the knee"),
        ("E2", "DIAGNOSIS", "red flag"),
    ]
    assert [problem.message for problem in check(task)] == [
        "DIAGNOSIS E1 at 0..15 has no assertion; give it in the tool",
        "DIAGNOSIS E2 at 60..68 has no assertion; give it in the tool",
    ]
    (missing,) = tool.read([tmp_path / "none.spacy"])
    assert isinstance(missing, Problem) and missing.code == "file"


# --- order -----------------------------------------------------------------------------------------------------------


def scored(name: str, score: float, layout: str = "determination", decision: str = "upheld") -> Task:
    sentence = {"id": "R1", "role": "gap", "start": 0, "end": 1, "score": score, "rule": "role-model"}
    service = {"id": "S1", "start": 0, "end": 1, "decision": decision, "category": "other", "rationale": [sentence]}
    return Task(name, "x", {"entities": [], "services": [service]}, {"layout": layout, "warnings": []})


def test_the_least_sure_letters_come_first() -> None:
    sure, unsure = scored("a", 0.9), scored("b", 0.4)
    warned = Task("c", "x", sure.record, {**sure.meta, "warnings": ["no_decision"] * 5})
    assert choose([sure, unsure, warned], "uncertain") == ["c", "b", "a"]
    assert choose([sure, unsure], "uncertain", 1) == ["b"]
    assert choose([sure, warned], "uncertain", 1) == ["c"]


def test_trust_counts_where_a_record_has_it_and_errors_count_three_times() -> None:
    sure = scored("a", 0.9)
    doubted = Task("b", "x", sure.record, {**sure.meta, "trust": {"score": 0.5, "reasons": []}})
    trusted = Task("c", "x", scored("c", 0.1).record, {**sure.meta, "trust": {"score": 1.0, "reasons": []}})
    assert choose([sure, doubted, trusted], "uncertain") == ["b", "a", "c"]

    def warned(name: str, *severities: str) -> Task:
        codes = ["no_decision"] * len(severities)
        return Task(name, "x", sure.record, {**sure.meta, "warnings": codes, "severities": list(severities)})

    some = [warned("info", "info"), warned("two", "warning", "warning"), warned("one", "error")]
    assert choose(some, "uncertain") == ["one", "two", "info"]


def test_coverage_shows_each_kind_first_and_audit_gives_each_stratum_its_turn() -> None:
    alike = [scored(f"a{n}", 0.9) for n in range(8)]
    rare = [scored("rare", 0.9, "notice", "overturned"), scored("other", 0.9, "unknown", "modified")]
    assert set(choose(alike + rare, "coverage", 3)) > {"rare", "other"}
    assert set(choose(alike + rare, "audit", 3)) > {"rare", "other"}
    assert sorted(choose(alike + rare, "coverage")) == sorted(task.name for task in alike + rare)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_the_same_for_a_seed(order: str) -> None:
    out = sample_tasks()
    chosen = choose(out, order, 7, seed=3)
    assert chosen == choose(reversed(out), order, 7, seed=3)
    assert len(set(chosen)) == 7
    assert [task.name for task in in_order(iter(out), order, 7, 3)] == chosen
    assert choose([], order, 5) == []


def test_seeds_differ() -> None:
    assert choose(sample_tasks(), "random", seed=1) != choose(sample_tasks(), "random", seed=2)


# --- home ------------------------------------------------------------------------------------------------------------


def test_letters_come_home_with_who_and_when_and_are_never_overwritten_unasked(tmp_path: Path) -> None:
    task = small()
    signed = Task(
        task.name, task.text, task.record, {**task.meta, "annotator": "jo", "updated_at": "2026-01-02T03:04:05Z"}
    )
    assert import_corrections([signed], tmp_path).added == ["knee"]
    (line,) = read_gold(tmp_path / "gold.jsonl").records
    assert (line["review"]["annotator"], line["review"]["updated_at"]) == ("jo", "2026-01-02T03:04:05Z")
    before = (tmp_path / "gold.jsonl").read_bytes()
    assert [problem.code for problem in import_corrections([task], tmp_path).problems] == ["present"]
    assert (tmp_path / "gold.jsonl").read_bytes() == before
    assert import_corrections([task], tmp_path, replace=True).replaced == ["knee"]
    assert [problem.code for problem in import_corrections([task, task], tmp_path, replace=True).problems] == ["twice"]
    (tmp_path / "gold.jsonl").write_text("not gold\n")
    with pytest.raises(ReviewImportError):
        import_corrections([task], tmp_path, replace=True)


def test_one_fault_keeps_a_letter_out_and_the_others_in(tmp_path: Path) -> None:
    good, bad = small(), small(name="bad")
    bad.record["entities"][0]["label"] = "DISEASE"
    report = import_corrections([bad, good], tmp_path)
    assert report.added == ["knee"]
    assert [(problem.subject, problem.code) for problem in report.problems] == [("bad", "label")]


@EXAMPLES
@given(tasks())
def test_a_letter_at_home_reads_as_the_text_that_was_corrected(
    tmp_path_factory: pytest.TempPathFactory, task: Task
) -> None:
    home = tmp_path_factory.mktemp("home")
    report = import_corrections([task], home)
    if report.added:
        (letter,) = read_gold(home / "gold.jsonl").letters.values()
        assert letter.text == task.text
    else:
        assert {problem.code for problem in report.problems} == {"text"}


# --- the command line ------------------------------------------------------------------------------------------------


def review(*arguments: object) -> Result:
    app = typer.Typer(rich_markup_mode="rich")
    add_review(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["review", *map(str, arguments)])


def test_the_choices_of_the_command_are_those_there_are() -> None:
    assert tuple(Format) == FORMATS
    assert set(Order) == set(ORDERS)


@pytest.mark.parametrize("name", FORMATS)
def test_export_and_import_on_the_command_line(name: str, finished: Path, tmp_path: Path) -> None:
    suffix = format_named(name).SUFFIX
    out, home = tmp_path / f"review{suffix}", tmp_path / "home"
    made = review("export", finished, "-o", out, "--format", name, "--order", "audit", "--limit", 4, "--seed", 5)
    assert made.exit_code == 0, made.output
    assert "4 letters" in made.output
    assert all(thing in made.output for thing in format_named(name).UNSUPPORTED)
    again = review("export", finished, "-o", out, "--format", name)
    assert isinstance(again.exception, CommandError) and again.exception.code == 2
    assert "there already" in str(again.exception)
    untouched = review("import", out, "--format", name, "-o", home)
    assert untouched.exit_code == 1 and "0 letters added" in untouched.output, untouched.output
    assert "4 letters that nobody corrected or accepted" in untouched.output
    assert not home.exists()
    taken = review("import", out, "--format", name, "-o", home, "--accept-untouched")
    assert taken.exit_code == 0, taken.output
    lines = {line["name"]: line for line in read_gold(home / "gold.jsonl").records}
    source = {task.name: task for task in tasks_of([str(finished)])}
    assert len(lines) == 4
    for key, line in lines.items():
        assert line["entities"] == source[key].record["entities"]
        assert line["services"] == source[key].record["services"]
    refused = review("import", out, "--format", name, "-o", home, "--accept-untouched")
    assert refused.exit_code == 1 and "present" in refused.output
    assert review("import", out, "--format", name, "-o", home, "--accept-untouched", "--replace").exit_code == 0


def test_letters_can_be_exported_without_a_run(tmp_path: Path) -> None:
    letter = LETTERS / "retrospective.txt"
    made = review("export", letter, "-o", tmp_path / "out", "--format", "csv")
    assert made.exit_code == 0, made.output
    assert [task.name for task in sheets.read([tmp_path / "out"])] == ["retrospective"]
    for nothing in (tmp_path / "none", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        refused = review("export", nothing, "-o", tmp_path / "x", "--format", "csv")
        assert isinstance(refused.exception, CommandError) and refused.exception.code == 2
