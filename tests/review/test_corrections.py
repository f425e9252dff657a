"""What people do to an export by mistake is refused by name, and what they correct takes its consequences along."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imr_nlp.review.checks import check
from imr_nlp.review.formats import brat, docbin, format_named
from imr_nlp.review.formats import csv as sheets
from imr_nlp.review.task import Task
from stress.test_import_fuzz import TEXT, letter
from support.letters import imr_nlp_here

Rows = list[dict[str, str]]


def sheet(folder: Path, change: Callable[[Rows], Rows], encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    """Export a letter as a sheet, and write its rows again as somebody changed them."""
    sheets.write([letter("a")], folder)
    path = folder / sheets.SHEET
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, sheets.COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(change(rows))
    return path


def taken(path: Path) -> Task:
    (task,) = sheets.read([path])
    assert isinstance(task, Task)
    return task


def problems(task: Task) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in check(task)]


def copied(kind: str, **changed: str) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows, *(row | changed for row in rows if row["kind"] == kind)]


def test_rows_that_were_pasted_twice_are_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "sheet", lambda rows: [*rows, *rows])
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert done.returncode == 1
    assert "not taken: a: row: line 14: a row of kind letter again; delete the copies of its rows" in done.stderr
    assert "not taken: a: id: E1: is there 2 times; delete the copies" in done.stderr
    assert not (tmp_path / "gold").exists()


def sheet_of_two(folder: Path, change: Callable[[Rows], Rows]) -> Path:
    """Export letters a and b as a sheet, and write its rows again as somebody changed them."""
    sheets.write([letter("a"), letter("b")], folder)
    path = folder / sheets.SHEET
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, sheets.COLUMNS)
        writer.writeheader()
        writer.writerows(change(rows))
    return path


def test_a_letter_whose_rows_stand_apart_is_refused_as_a_whole(tmp_path: Path) -> None:
    def moved(rows: Rows) -> Rows:
        one = next(row for row in rows if (row["letter"], row["id"]) == ("a", "E2"))
        return [*(row for row in rows if row is not one), one]

    path = sheet_of_two(tmp_path / "sheet", moved)
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert done.returncode == 1
    assert done.stdout.startswith("1 letter added")
    assert (
        "not taken: a: row: its rows stand apart (lines 2 and 25); sort the sheet by the column letter" in done.stderr
    )
    assert (done.stderr.count("not taken: "), done.stderr.count("1 letter not taken")) == (1, 1), done.stderr
    (line,) = (tmp_path / "gold" / "gold.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "b"


def test_a_sheet_sorted_by_another_column_adds_nothing_and_sorted_by_letter_again_all(tmp_path: Path) -> None:
    path = sheet_of_two(tmp_path / "sheet", lambda rows: sorted(rows, key=lambda row: row["label"] + row["id"]))
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert (done.returncode, done.stderr.count("its rows stand apart")) == (1, 2), done.stderr
    assert not (tmp_path / "gold").exists()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["letter"])
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, sheets.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    first, second = sheets.read([path])
    assert isinstance(first, Task) and isinstance(second, Task)
    assert [(one.answer, problems(one)) for one in (first, second)] == [("untouched", [])] * 2


def test_a_sheet_that_ends_within_quotes_adds_nothing(tmp_path: Path) -> None:
    path = sheet_of_two(tmp_path / "sheet", lambda rows: rows)
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    lines[4] = lines[4].rstrip() + ',"\r\n'
    path.write_text("".join(lines), encoding="utf-8-sig", newline="")
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "annotations.csv: a quotation mark opens in the row at line 5 and is not closed" in done.stderr
    assert not (tmp_path / "gold").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (",label,", ",lable,", "no column label (there is a column lable); rename it"),
        (",decision,", ",descision,", "no column decision (there is a column descision); rename it"),
        (",service,", ",", "no column service; is this an exported sheet?"),
    ],
)
def test_a_column_of_another_name_is_one_line(old: str, new: str, says: str, tmp_path: Path) -> None:
    path = sheet_of_two(tmp_path / "sheet", lambda rows: rows)
    head, _, rest = path.read_text(encoding="utf-8-sig").partition("\n")
    path.write_text(head.replace(old, new, 1) + "\n" + rest, encoding="utf-8-sig", newline="")
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"annotations.csv: {says}" in done.stderr


def test_a_column_of_the_reviewers_own_is_one_line_a_letter(tmp_path: Path) -> None:
    path = sheet_of_two(tmp_path / "sheet", lambda rows: rows)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join([lines[0] + ",thoughts", *(f"{one},why?" for one in lines[1:])]), encoding="utf-8-sig")
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert (done.returncode, done.stderr.count("the column thoughts is in no export; delete it")) == (1, 2)
    assert done.stderr.count("\n") == 3
    path.write_text("\n".join([lines[0] + ",thoughts", *(f"{one}," for one in lines[1:])]), encoding="utf-8-sig")
    assert [one.name for one in sheets.read([path]) if isinstance(one, Task)] == ["a", "b"]


@pytest.mark.parametrize("tool", ["prodigy", "doccano", "label-studio", "docbin", "csv"])
def test_a_long_file_of_another_kind_is_one_line(tool: str, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("my notes\n" * 500)
    done = imr_nlp_here("review", "import", path, "-f", tool, "-o", tmp_path / "gold")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "mine: " in done.stderr


@pytest.mark.parametrize(
    ("written", "read"),
    [("prodigy", "doccano"), ("doccano", "prodigy"), ("prodigy", "label-studio"), ("label-studio", "prodigy"),
     ("csv", "doccano"), ("brat", "csv"), ("docbin", "brat")],
)  # fmt: skip
def test_a_file_of_another_tool_is_called_that(written: str, read: str, tmp_path: Path) -> None:
    tool = format_named(written)
    made = tmp_path / f"made{tool.SUFFIX}"
    tool.write([letter("a"), letter("b")], made)
    given = {"csv": made / "annotations.csv", "label-studio": made / "tasks.json"}.get(written, made)
    done = imr_nlp_here("review", "import", given, "-f", read, "-o", tmp_path / "gold")
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"it seems to be of {written}: --format {written}" in done.stderr


def test_many_faults_of_a_letter_are_counted(tmp_path: Path) -> None:
    def spoiled(rows: Rows) -> Rows:
        return [row | ({"start": "x"} if row["start"] else {}) for row in [*rows, *rows[1:]]]

    path = sheet(tmp_path / "sheet", spoiled)
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold")
    assert (done.returncode, done.stderr.count("\n")) == (1, 7), done.stderr
    assert "faults more" in done.stderr.splitlines()[5]


def test_an_import_says_what_rows_a_letter_lost_and_gained(tmp_path: Path) -> None:
    def changed(rows: Rows) -> Rows:
        left = [row for row in rows if row["letter"] == "b" or (row["kind"] != "relation" and row["id"] != "E2")]
        return [*(row | {"id": "S2"} for row in left if (row["letter"], row["id"]) == ("a", "S1")), *left]

    path = sheet_of_two(tmp_path / "sheet", changed)
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold", "--accept-untouched")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == ["a: removed 1 entity, 6 relations; added 1 service"]


def test_a_letter_that_comes_twice_is_never_added_and_refused(tmp_path: Path) -> None:
    for name in ("jo", "sam"):
        sheets.write([letter("a"), letter(f"of-{name}")], tmp_path / name)
    done = imr_nlp_here(
        "review", "import", tmp_path / "jo", tmp_path / "sam", "-f", "csv", "-o", tmp_path / "gold",
        "--accept-untouched",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.startswith("2 letters added")
    assert "not taken: a: twice: is in this import twice; import one reviewer at a time" in done.stderr
    names = [json.loads(line)["name"] for line in (tmp_path / "gold" / "gold.jsonl").read_text().splitlines()]
    assert names == ["of-jo", "of-sam"]
    assert sorted(path.name for path in (tmp_path / "gold" / "letters").iterdir()) == ["of-jo.txt", "of-sam.txt"]


@pytest.mark.parametrize(
    ("kind", "changed", "says"),
    [
        ("entity", {}, "E1: is there 2 times; delete the copies"),
        ("entity", {"status": "performed"}, "E1: is there 2 times; delete the copies"),
        ("citation", {}, "C1: is there 2 times; delete the copies"),
        ("rationale", {"role": "conclusion"}, "R1: is there 2 times; delete the copies"),
        ("rationale", {"start": "41"}, "R1: stands for 2 things"),
        ("service", {"decision": "overturned"}, "line 14: service S1 stands above already; delete a copy"),
    ],
)
def test_one_id_for_two_things_is_refused(kind: str, changed: dict[str, str], says: str, tmp_path: Path) -> None:
    assert ("id", says) in problems(taken(sheet(tmp_path, copied(kind, **changed))))


def test_a_sentence_may_serve_two_services() -> None:
    record = letter("a").record
    record["services"].append({**record["services"][0], "id": "S2", "citations": []})
    record["relations"] = []
    assert problems(Task("a", TEXT, record, letter("a").meta)) == []


def test_a_date_that_a_spreadsheet_changed_is_refused_with_its_line(tmp_path: Path) -> None:
    def changed(rows: Rows) -> Rows:
        rows[0]["date_assigned"] = "11/28/2016"
        return rows

    path = sheet(tmp_path / "sheet", changed)
    done = imr_nlp_here("review", "import", path, "-f", "csv", "-o", tmp_path / "gold")
    assert done.returncode == 1
    assert "a: cell: line 2 of annotations.csv: date_assigned: not a date of the form 2016-11-28; write it so" in (
        done.stderr
    )
    assert not (tmp_path / "gold").exists()


@pytest.mark.parametrize("written", ["11/28/2016", "28.11.2016", "2016-02-30", "20161128"])
def test_a_date_of_another_form_is_no_gold_in_any_format(written: str) -> None:
    record = letter("a").record
    record["services"][0]["date_of_service"] = record["case"]["decision_date"] = written
    says = "not a date of the form 2016-11-28; write it so"
    assert problems(Task("a", TEXT, record, letter("a").meta)) == [
        ("date", f"case: decision_date: {says}"), ("date", f"service S1: date_of_service: {says}"),
    ]  # fmt: skip


def test_rows_of_separators_are_passed_over(tmp_path: Path) -> None:
    assert taken(sheet(tmp_path, lambda rows: [*rows, {}, {}])).answer == "untouched"
    path = sheet(tmp_path, lambda rows: [*rows, {"kind": "entity", "id": "E9"}])
    assert "empty cell in the column letter" in [str(one) for one in sheets.read([path])][-1]


@pytest.mark.parametrize("word", ["yes", "x", "akzeptiert"])
def test_an_answer_that_is_none_is_said(word: str, tmp_path: Path) -> None:
    task = taken(sheet(tmp_path, lambda rows: [rows[0] | {"answer": word}, *rows[1:]]))
    says = "line 2 of annotations.csv: answer: neither accepted nor rejected; write one of them, or nothing"
    assert problems(task) == [("cell", says)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_sheet_in_utf_16_is_read(encoding: str, tmp_path: Path) -> None:
    path = sheet(tmp_path, lambda rows: rows, encoding, "\t")
    if encoding == "utf-16":
        assert taken(path) == letter("a")
    else:  # without a mark it could be anything
        with pytest.raises(sheets.FormatError, match="UTF-8"):
            list(sheets.read([path]))


def test_a_lost_row_of_the_letter_is_said_as_what_it_is(tmp_path: Path) -> None:
    task = taken(sheet(tmp_path, lambda rows: rows[1:]))
    assert problems(task) == [("row", "its row of kind letter is gone; take it from the exported sheet")]


@pytest.mark.parametrize("left", ["", "T2"])
def test_an_emptied_file_of_brat_is_said_as_what_it_is(left: str, tmp_path: Path) -> None:
    brat.write([letter("a")], tmp_path)
    file = tmp_path / "a.ann"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if left and "T1" not in line))
    done = imr_nlp_here("review", "import", tmp_path, "-f", "brat", "-o", tmp_path / "gold")
    assert "a.ann: the LETTER span with its note is gone; take its lines from the exported .ann" in done.stderr
    assert "text_changed" not in done.stderr


def test_a_score_of_one_comes_back_as_it_went(tmp_path: Path) -> None:
    task = letter("a")
    task.record["entities"][0] |= {"score": 1.0, "confidence": 1.0}
    sheets.write([task], tmp_path)
    assert json.dumps(taken(tmp_path).record, sort_keys=True) == json.dumps(task.record, sort_keys=True)


# --- another label ---------------------------------------------------------------------------------------------------


def diagnosed() -> Task:
    """Return a letter whose first entity is a diagnosis with its concept."""
    task = letter("a")
    concept = {"system": "ICD-10-CM", "code": "S83.6", "name": "Sprain of knee", "score": 1.0}
    task.record["entities"][0] = {
        "id": "E1", "label": "DIAGNOSIS", "start": 0, "end": 3, "text": TEXT[:3], "assertion": "affirmed",
        "canonical": "knee sprain", "body_region": "knee", "concepts": [concept], "rule": "dx.1",
    }  # fmt: skip
    return task


def relabelled_in_brat(folder: Path) -> dict[str, Any]:
    brat.write([diagnosed()], folder)
    file = folder / "a.ann"
    file.write_text(file.read_text().replace("\tDIAGNOSIS 0 3", "\tPROCEDURE 0 3") + "A99\tstatus T2 requested\n")
    (task,) = brat.read([folder])
    assert isinstance(task, Task)
    return next(one for one in task.record["entities"] if one["id"] == "E1")


def relabelled_in_csv(folder: Path) -> dict[str, Any]:
    sheets.write([diagnosed()], folder)
    path = folder / sheets.SHEET
    path.write_bytes(
        path.read_bytes().replace(b",E1,DIAGNOSIS,0,3,MRI,,,,affirmed,,", b",E1,PROCEDURE,0,3,MRI,,,,,requested,")
    )
    return dict(taken(path).record["entities"][0])


def relabelled_in_docbin(folder: Path) -> dict[str, Any]:
    from spacy.tokens import DocBin, Span
    from spacy.vocab import Vocab

    docbin.write([diagnosed()], folder)
    (file,) = folder.glob("*.spacy")
    (doc,) = DocBin().from_disk(file).get_docs(Vocab())
    doc.spans["imr"] = [
        Span(doc, span.start, span.end, "PROCEDURE" if span.id_ == "E1" else span.label, span_id=span.id_)
        for span in doc.spans["imr"]
    ]
    DocBin(docs=[doc], store_user_data=True).to_disk(file)
    (task,) = docbin.read([folder])
    assert isinstance(task, Task)
    return {**task.record["entities"][0], "status": "requested"}


@pytest.mark.parametrize("relabel", [relabelled_in_brat, relabelled_in_csv, relabelled_in_docbin])
def test_another_label_drops_what_the_old_one_meant(relabel: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    assert relabel(tmp_path) == {
        "id": "E1", "label": "PROCEDURE", "start": 0, "end": 3, "text": TEXT[:3], "status": "requested", "rule": "dx.1",
    }  # fmt: skip


def test_a_canonical_name_that_came_with_the_label_stays(tmp_path: Path) -> None:
    def changed(rows: Rows) -> Rows:
        return [row | ({"label": "MEDICATION", "canonical": "gel"} if row["id"] == "E1" else {}) for row in rows]

    entity = taken(sheet(tmp_path, changed)).record["entities"][0]
    assert (entity["label"], entity["canonical"]) == ("MEDICATION", "gel")
