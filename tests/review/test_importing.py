"""Imports under attack, and letters that nobody touched: what is taken, what is refused, and what is never written."""

from __future__ import annotations

import csv
import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.review import add_review
from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import check
from imr_nlp.review.formats import FORMATS, FormatError, doccano, format_named, read_files
from imr_nlp.review.formats import csv as sheets
from imr_nlp.review.formats.reading import json_items
from imr_nlp.review.importing import ReviewImportError, import_corrections
from imr_nlp.review.task import Task, text_sha256
from stress.test_import_fuzz import TEXT, letter
from support.paths import ROOT


def review(*arguments: object) -> Result:
    app = typer.Typer(rich_markup_mode="rich")
    add_review(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["review", *map(str, arguments)])


def accepted(made: Path, name: str) -> None:
    """Mark letter a as accepted and letter b as rejected, as a reviewer does in the tool; c stays untouched."""
    if name == "label-studio":
        file = made / "tasks.json"
        items = json.loads(file.read_text())
        for item, cancelled in zip(items, (False, True, None), strict=True):
            result = item["predictions"][0]["result"]
            item["annotations"] = [] if cancelled is None else [{"result": result, "was_cancelled": cancelled}]
        file.write_text(json.dumps(items))
    elif name == "brat":
        for letter_name, answer in (("a", "accepted"), ("b", "rejected")):
            with (made / f"{letter_name}.ann").open("a") as stream:
                stream.write(f"A999\tAnswer T1 {answer}\n")
    elif name == "csv":
        with (made / "annotations.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            if row["kind"] == "letter":
                row["answer"] = {"a": "accepted", "b": "Rejected", "c": ""}[row["letter"]]
        with (made / "annotations.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            sheet = csv.DictWriter(stream, sheets.COLUMNS)
            sheet.writeheader()
            sheet.writerows(rows)
    elif name == "docbin":
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab

        (file,) = made.glob("*.spacy")
        docs = list(DocBin().from_disk(file).get_docs(Vocab()))
        docs[0].user_data["imr_nlp_answer"], docs[1].user_data["imr_nlp_answer"] = "accepted", "rejected"
        DocBin(docs=docs, store_user_data=True).to_disk(file)
    else:
        lines = [json.loads(line) for line in made.read_text().splitlines()]
        if name == "prodigy":
            lines[0]["answer"], lines[1]["answer"] = "accept", "ignore"
        else:
            lines[0]["Comments"], lines[1]["Comments"] = [{"comment": "Accepted"}], [{"comment": "rejected"}]
        made.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("name", FORMATS)
def test_accepted_rejected_and_untouched_letters_are_kept_apart(name: str, tmp_path: Path) -> None:
    tool = format_named(name)
    made = tmp_path / f"made{tool.SUFFIX}"
    tool.write([letter("a"), letter("b"), letter("c")], made)
    nothing = import_corrections(read_files(tool, [made]), tmp_path / "gold")
    assert (nothing.untouched, nothing.added, nothing.problems) == (["a", "b", "c"], [], [])
    assert not (tmp_path / "gold").exists()
    accepted(made, name)
    report = import_corrections(read_files(tool, [made]), tmp_path / "gold")
    assert (report.added, report.rejected, report.untouched) == (["a"], ["b"], ["c"])
    all_of_them = import_corrections(read_files(tool, [made]), tmp_path / "all", accept_untouched=True)
    assert (all_of_them.added, all_of_them.rejected) == (["a", "c"], ["b"])


def test_a_correction_needs_no_further_answer(tmp_path: Path) -> None:
    tool = format_named("brat")
    tool.write([letter("a"), letter("b")], tmp_path / "made")
    file = tmp_path / "made" / "a.ann"
    file.write_text(file.read_text().replace("status T2 requested", "status T2 general"))
    report = import_corrections(read_files(tool, [tmp_path / "made"]), tmp_path / "gold")
    assert (report.added, report.untouched) == (["a"], ["b"])


@pytest.mark.parametrize("named", ["../victim.txt", "/tmp/victim-of-import.txt", "letters/../../victim.txt", "link/x"])
def test_gold_of_others_never_names_a_file_outside(tmp_path: Path, named: str) -> None:
    gold = tmp_path / "gold"
    import_corrections([letter("a")], gold)
    line = json.loads((gold / "gold.jsonl").read_text())
    (gold / "gold.jsonl").write_text(json.dumps(line | {"file": named}) + "\n")
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    (gold / "link").symlink_to(tmp_path)
    report = import_corrections([letter("a")], gold, replace=True)
    assert [problem.code for problem in report.problems] == ["file"]
    assert victim.read_text() == "mine" and not Path("/tmp/victim-of-import.txt").exists()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("named", ["notes.txt", ".git/config", "gold.jsonl", "letters/b.txt", "LETTERS/a.TXT"])
def test_gold_of_others_never_names_a_file_that_is_no_letter(tmp_path: Path, named: str) -> None:
    gold = tmp_path / "gold"
    import_corrections([letter("a")], gold)
    line = json.dumps(json.loads((gold / "gold.jsonl").read_text()) | {"file": named}) + "\n"
    (gold / named).parent.mkdir(exist_ok=True)
    (gold / named).write_text("mine")
    (gold / "gold.jsonl").write_text(line)
    mine = (gold / named).read_text()
    report = import_corrections([letter("a")], gold, replace=True)
    assert [problem.code for problem in report.problems] == ["present"]
    assert (gold / named).read_text() == mine


def test_a_letter_that_was_changed_by_hand_is_not_replaced(tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    import_corrections([letter("a")], gold)
    text = TEXT.replace("knee", "neck")
    other = Task("a", text, letter("a").record, letter("a").meta | {"text_sha256": text_sha256(text)})
    assert import_corrections([other], gold, replace=True).replaced == ["a"]
    (gold / "letters" / "a.txt").write_text("mine")
    report = import_corrections([letter("a")], gold, replace=True)
    assert [problem.code for problem in report.problems] == ["present"]
    assert (gold / "letters" / "a.txt").read_text() == "mine"


def test_links_are_not_followed_and_nothing_is_left_half_written(tmp_path: Path) -> None:
    gold, victim = tmp_path / "gold", tmp_path / "victim.txt"
    victim.write_text("mine")
    (gold / "letters").mkdir(parents=True)
    (gold / "letters" / "a.txt").symlink_to(victim)
    (gold / ".gold.jsonl.new").symlink_to(victim)
    long = Task("é" * 128, TEXT, letter("a").record, letter("a").meta)
    report = import_corrections([letter("a"), long, letter("b")], gold, replace=True)
    assert report.added == ["b"]
    assert [problem.code for problem in report.problems] == ["file", "name"]
    assert victim.read_text() == "mine"
    assert sorted(path.name for path in (gold / "letters").iterdir()) == ["a.txt", "b.txt"]
    (gold / "gold.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(ReviewImportError, match=r"gold\.jsonl:1"):
        import_corrections([letter("c")], gold)
    assert not (gold / "letters" / "c.txt").exists()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    sheets.write([letter("a")], tmp_path)
    (tmp_path / "texts" / "a.txt").unlink()
    os.mkfifo(tmp_path / "texts" / "a.txt")
    (problem,) = sheets.read([tmp_path])
    assert isinstance(problem, Problem) and "not a regular file" in problem.message
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(FormatError, match="not a regular file"):
        list(doccano.read([tmp_path / "pipe.jsonl"]))


def test_what_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.spacy").write_bytes(zlib.compress(bytes(1 << 27)))
    (problem,) = format_named("docbin").read([tmp_path / "a.spacy"])
    assert isinstance(problem, Problem) and "MiB when unpacked" in problem.message


def test_very_many_spans_of_one_id_end_soon() -> None:
    from imr_nlp.review.formats import label_studio

    entities = [
        {"id": f"E{n % 2}", "label": "PROCEDURE", "start": 0, "end": 3, "text": "MRI", "status": "general"}
        for n in range(20_000)
    ]
    item = label_studio.imported(Task("a", TEXT, letter("a").record | {"entities": entities}, letter("a").meta))
    assert len({result["id"] for result in item["predictions"][0]["result"] if "id" in result}) > 20_000


@pytest.mark.parametrize(("separator", "point"), [(";", ","), ("\t", "."), ("|", ",")])
def test_sheets_of_other_spreadsheets_are_read(tmp_path: Path, separator: str, point: str) -> None:
    task = letter("a")
    task.record["entities"][0]["score"] = 0.75
    sheets.write([task], tmp_path)
    file = tmp_path / "annotations.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["score"] = row["score"].replace(".", point)
        row["start"] += f"{point}0" * bool(row["start"])  # as programs write a column of numbers with gaps
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        sheet = csv.DictWriter(stream, sheets.COLUMNS, delimiter=separator)
        sheet.writeheader()
        sheet.writerows(rows)
    (back,) = sheets.read([tmp_path])
    assert back == task and isinstance(back, Task) and back.answer == "untouched"
    file.write_text(file.read_text("utf-8-sig").replace(separator, "^"))
    with pytest.raises(FormatError, match=r"separated by '\^'"):
        list(sheets.read([tmp_path]))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_reader_of_a_sheet_finds_a_formula(tmp_path: Path, separator: str) -> None:
    task = letter("a")
    words = ["knee;=1+1", "a\t@x", 'b;"=1', "c\n-1", "d|+1", "=1", "e;\t=1", "f; '=1"]
    task.record["services"][0] |= {"body_parts": words, "procedure": ";".join(words), "strength": "x;=cmd|'/C calc'!A0"}
    task = Task("a", TEXT, task.record, task.meta | {"annotator": "jo;=1"})
    task.record["relations"] = []
    sheets.write([task], tmp_path)
    with (tmp_path / "annotations.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream, delimiter=separator):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    (back,) = sheets.read([tmp_path])
    assert isinstance(back, Task)
    assert back.record["services"][0] == task.record["services"][0] and back.meta == task.meta


@pytest.mark.parametrize("missing", ["assertion", "status", "unit"])
def test_a_span_without_a_required_attribute_is_refused_by_name(missing: str) -> None:
    task = letter("a")
    task.record["entities"].append({"id": "E9", "label": "DIAGNOSIS", "text": "red", "start": 58, "end": 61})
    task.record["entities"][2]["assertion"] = "affirmed"
    entity = next(one for one in task.record["entities"] if missing in one)
    del entity[missing]
    (problem,) = check(task)
    assert problem.code == "attribute" and entity["id"] in problem.message and missing in problem.message


def test_items_of_a_list_are_found_whatever_the_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = [{"a": '"[{\\'}, [1, [2]], "x,]", 5, {}, [], None]
    (tmp_path / "x.json").write_text(json.dumps(given, indent=1))
    for size in (1, 2, 3, 1000):
        monkeypatch.setattr("imr_nlp.review.formats.reading._CHUNK", size)
        assert [json.loads(item or b"") for _, item in json_items(tmp_path / "x.json")] == given
    assert next(item for _, item in json_items(tmp_path / "x.json", most=9)) is None


def test_nothing_from_outside_steers_the_terminal(tmp_path: Path) -> None:
    made = tmp_path / "made.jsonl"
    format_named("prodigy").write([letter("a")], made)
    line = json.loads(made.read_text())
    line["imr_nlp"]["name"], line["answer"] = "\x1b]0;owned\x07\u202e", "accept"
    line["imr_nlp"]["record"]["\x1b[2J"] = 1
    made.write_text(json.dumps(line) + "\n")
    refused = review("import", made, "-f", "prodigy", "-o", tmp_path / "gold")
    assert refused.exit_code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(refused.output)


@pytest.mark.parametrize(("name", "side"), [("doccano", "x.labels.json"), ("prodigy", "x.labels.txt")])
def test_export_overwrites_nothing_beside_its_output(tmp_path: Path, name: str, side: str) -> None:
    source = ROOT / "annotations" / "letters" / "retrospective.txt"
    (tmp_path / side).write_text("mine")
    refused = review("export", source, "-f", name, "-o", tmp_path / "x.jsonl")
    assert isinstance(refused.exception, CommandError) and refused.exception.code == 2
    assert (tmp_path / side).read_text() == "mine"
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    refused = review("export", source, "-f", name, "-o", tmp_path / "dangling.jsonl")
    assert isinstance(refused.exception, CommandError) and not (tmp_path / "elsewhere.jsonl").exists()


def test_a_name_of_252_bytes_and_a_bad_record_do_not_end_an_export(tmp_path: Path) -> None:
    data = (ROOT / "annotations" / "letters" / "retrospective.txt").read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{'n' * 251}.txt").write_bytes(data)
    (tmp_path / "in" / "short.txt").write_bytes(data + b" ")
    made = review("export", tmp_path / "in", "-f", "csv", "-o", tmp_path / "out")
    assert made.exit_code == 0, made.output
    assert len(list((tmp_path / "out" / "texts").iterdir())) == 2
    (tmp_path / "letters.jsonl").write_bytes(b'{"source": {}, "entities": [{}]}\n' + b"[" * 100_000 + b"\n\xff\n")
    refused = review("export", tmp_path / "letters.jsonl", "-f", "brat", "-o", tmp_path / "brat")
    assert refused.exit_code == 1 and refused.output.count("no record") == 3
    assert not (tmp_path / "brat").exists()
