"""Word documents, e-mails, archives and tables: what is read, and how damage is told."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from imr_nlp.reading import table_files
from imr_nlp.reading.archives import split
from imr_nlp.reading.inputs import Inputs, Skipped, expand, sources
from imr_nlp.reading.limits import DOCX, unsupported
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.reading.source import Blob, SourceText, read, read_bytes
from imr_nlp.reading.table_files import Columns
from support.forked import imr_nlp_forked
from support.letters import LETTER, pdf


def word(lines: list[str]) -> bytes:
    docx = pytest.importorskip("docx")
    document, stream = docx.Document(), io.BytesIO()
    document.sections[0].header.paragraphs[0].text = "Running head"
    for line in lines:
        document.add_paragraph(line)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "MRI", "Upheld"
    document.add_paragraph("After the table")
    document.save(stream)
    return stream.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return stream.getvalue()


def test_a_word_document_in_reading_order() -> None:
    text = read_bytes(word(["Knee brace", "Rationale"]), "a.docx", DOCX).text
    assert text == "Running head\nKnee brace\nRationale\nMRI\tUpheld\nAfter the table\n"


def test_an_e_mail_gives_its_body() -> None:
    head = b"From: a@example.org\r\nSubject: letter\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    data = head + b"Knee brace: Upheld\r\n"
    assert read_bytes(data, "a.eml", "message/rfc822").text.strip() == "Knee brace: Upheld"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_one_is_read_and_the_other_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as target:
        for name, data in (("a.txt", LETTER), ("b.txt", LETTER), ("a.txt", LETTER.replace("0999001", "0999777"))):
            target.writestr(name, data)
    done = imr_nlp_forked("run", "two.zip", "-o", "out", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 1 and "1 of 3 inputs failed" in done.stderr
    records = [json.loads(line) for line in (tmp_path / "out" / "letters.jsonl").read_text().splitlines()]
    assert [(one["source"]["path"], one["case"]["case_number"]) for one in records] == [
        ("two.zip/a.txt", "CM16-0999777"), ("two.zip/b.txt", "CM16-0999001"),
    ]  # fmt: skip
    assert [json.loads(line) for line in (tmp_path / "out" / "errors.jsonl").read_text().splitlines()] == [
        {
            "path": "two.zip/a.txt",
            "code": "twice",
            "message": "two.zip/a.txt: the archive holds two files of this name; rename one of them",
        }
    ]
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.jsonl")}
    assert imr_nlp_forked("run", "two.zip", "-o", "out", "--workers", "2", cwd=tmp_path).returncode == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.jsonl")} == first


def test_letters_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(
        archive({"in/b.txt": b"Brace", "../../up.txt": b"Sling", "n.zip": b"PK", "a.pdf": pdf(["Knee"]), "c.rtf": b"x"})
    )
    inputs = expand([str(path)])
    found = list(sources(inputs))
    assert [(one.path.removeprefix(str(tmp_path)), one.text) for one in found if isinstance(one, SourceText)] == [
        ("/all.zip/up.txt", "Sling"), ("/all.zip/a.pdf", "Knee"), ("/all.zip/in/b.txt", "Brace"),
    ]  # fmt: skip
    assert sorted(inputs.others.kinds) == [".rtf", ".zip"]
    assert any("an archive in an archive is not read" in line for line in inputs.others.lines())
    assert read(f"{path}/in/b.txt").text == "Brace"
    with pytest.raises(ReadError, match="no such file in the archive"):
        read(f"{path}/in/gone.txt")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["all.zip"]


def test_an_archive_in_a_folder_whose_lower_case_is_longer(tmp_path: Path) -> None:
    path = tmp_path / "İÇ" / "Two.ZIP"
    path.parent.mkdir()
    path.write_bytes(archive({"a.txt": b"Brace"}))
    assert split(path / "a.txt") == (str(path), "a.txt")


def test_an_archive_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(archive({"a.txt": b"0" * 30_000_000, "b.txt": b"Brace"}))
    first, second = sources(expand([str(path)]))
    assert isinstance(first, Problem)
    assert first.code == "too_large"
    assert isinstance(second, SourceText)


def table(folder: Path, kind: str) -> Path:
    path = folder / f"letters{kind}"
    rows = [
        {"case": "C 1", "text": "Brace"},
        {"case": "C 2", "text": ""},
        {"case": "C 3", "text": 'Sling, "new"\nline'},
    ]
    if kind == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, ["case", "text"], delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
    elif kind == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_each_row_of_a_table_is_a_letter(tmp_path: Path, kind: str) -> None:
    path = table(tmp_path, kind)
    blobs = list(expand([str(path)], columns=Columns("text", "case")).letters())
    assert [
        (one.path, one.data.decode()) if isinstance(one, Blob) else (one.subject, one.code)
        for one in blobs
        if not isinstance(one, str)
    ] == [(f"{path}#C 1", "Brace"), (f"{path}#C 2", "empty"), (f"{path}#C 3", 'Sling, "new"\nline')]
    (missing,) = expand([str(path)], columns=Columns("letter")).letters()
    assert isinstance(missing, Problem)
    assert missing.message == f"{path}: no column letter; columns: case, text"
    (unnamed,) = expand([str(path)]).items
    assert isinstance(unnamed, Problem)
    assert unnamed.message.startswith(f"{path}: a table (columns: case, text); name the column")
    assert "text_column=" in unnamed.message
    assert expand([str(tmp_path)]).others.kinds == {kind: 1}


def rows_of(folder: Path, content: str) -> tuple[list[str], list[str]]:
    """Return the texts that a CSV table gives, and its problems."""
    path = folder / "letters.csv"
    path.write_text(content, encoding="utf-8", newline="")
    found = list(table_files.rows(path, Columns("text", "case")))
    problems = [f"{one.code}: {one.message}" for one in found if isinstance(one, Problem)]
    return [one.text for one in found if not isinstance(one, Problem)], problems


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize(
    ("rows", "texts", "line"),
    [
        (["A,Elbow strap", 'B,"Foot orthosis', "C,Cane", "D,Crutch"], ["Elbow strap"], 3),
        (['A,"Elbow strap', "B,Foot orthosis"], [], 2),
        (["A,Elbow strap", 'B,"'], ["Elbow strap"], 3),
        (["A,Elbow strap", 'B,"Foot ""orthosis""'], ["Elbow strap"], 3),
        (["A,Elbow strap", '"B,Foot orthosis'], ["Elbow strap"], 3),
        # The mark that opens the next cell closes this one: two letters would become one.
        (['A,"Elbow\nstrap"', 'B,"Foot', 'C,"Cane\nlong"', 'D,"Crutch"'], ["Elbow\nstrap"], 4),
    ],
)
def test_a_quote_that_is_not_closed_is_an_error(
    rows: list[str], texts: list[str], line: int, end: str, tmp_path: Path
) -> None:
    found, problems = rows_of(tmp_path, (end or "\n").join(["case,text", *rows]) + end)
    assert found == texts
    assert len(problems) == 1
    assert f"letters.csv: a quotation mark opens in the row at line {line} and is not closed" in problems[0]
    assert "Foot" not in problems[0]


def test_an_open_quote_in_the_names_of_columns_is_an_error(tmp_path: Path) -> None:
    assert "line 1 and is not closed" in rows_of(tmp_path, 'case,text,"note\nA,Cane,x\nB,Crutch,y\n')[1][0]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('A,"Elbow ""strap"""', 'Elbow "strap"'), ('A,""', None), ('A,12" strap', '12" strap'),
        ('A,"Elbow\n\nstrap"', "Elbow\n\nstrap"), ('A,"Elbow strap" of leather', "Elbow strap of leather"),
    ],
)  # fmt: skip
def test_quotes_that_are_closed_or_open_no_cell_are_read(row: str, text: str | None, tmp_path: Path) -> None:
    found, problems = rows_of(tmp_path, f"case,text\n\n{row}\nB,Cane\n\n")
    assert found == [*([text] if text else []), "Cane"]
    assert len(problems) == (text is None)


def test_a_run_says_which_row_of_a_table_is_not_closed(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text('case,text\nA,Elbow strap: Upheld\nB,"Cane: Upheld\nC,Crutch: Upheld\n')
    done = imr_nlp_forked("run", "q.csv", "--text-column", "text", "-o", "out", "--workers", "1", cwd=tmp_path)
    assert (done.returncode, "1 letter" in done.stderr) == (1, True), done.stderr
    (error,) = (tmp_path / "out" / "errors.jsonl").read_text().splitlines()
    assert "in the row at line 3 and is not closed" in json.loads(error)["message"]


@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_no_text_of_a_letter_is_in_a_message_about_columns(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"headless{kind}"
    row = ["A-1", "Jo Doe", "Case Number: CM16-0999001. The worker is a nurse with a sprained wrist."]
    made = ",".join(f'"{value}"' for value in row) if kind == ".csv" else json.dumps(dict.fromkeys(row, "x"))
    path.write_text(made + "\n", encoding="utf-8")
    (missing,) = expand([str(path)], columns=Columns("text")).letters()
    (unnamed,) = expand([str(path)]).items
    for problem in (missing, unnamed):
        assert isinstance(problem, Problem)
        assert "3 columns; their names are not shown" in problem.message
        assert not any(word in problem.message for word in ("A-1", "Jo", "CM16", "nurse"))


def test_many_kinds_of_files_that_are_not_read_take_few_lines(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"a.k{number}").touch()
    lines = expand([str(tmp_path)]).others.lines()
    assert len(lines) == 6
    assert lines[-1] == "25 files of 25 further kinds not read"


def test_spark_has_its_own_advice_on_archives_and_tables() -> None:
    skipped = Skipped(local=False)
    for name in ("a.zip", "b.csv"):
        skipped.add(name)
    archive_line, table_line = skipped.lines()
    assert archive_line.endswith("unpack it; Spark reads no archives")
    assert "imr_nlp.spark.extract" in table_line
    for name in ("a.zip", "b.csv"):
        assert "--text-column" not in unsupported(name, local=False).message


WHOLE = {
    ".zip": archive({"a.txt": LETTER.encode(), "b.pdf": pdf(["Knee"])}),
    ".csv": f'text\n"{LETTER}"\nBrace\n'.encode(),
}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([".zip", ".docx", ".csv", ".jsonl", ".parquet"]), st.data())
def test_damage_ends_in_letters_or_refusals(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    if kind not in WHOLE:
        made = word(["Knee brace"]) if kind == ".docx" else table(tmp_path, kind).read_bytes()
        WHOLE[kind] = made
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path / f"damaged{kind}"
    path.write_bytes(bytes(content[:cut]))
    for one in sources(Inputs(items=[str(path)], columns=Columns("text"))):
        assert isinstance(one, SourceText) or (one.code != "failed" and "\n" not in one.message)


# --- encodings of tables ---------------------------------------------------------------------------------------------

WORDS = "Knee brace naïve “quoted” – \N{PILL}\N{MUSICAL SYMBOL G CLEF}: Upheld"


def read_csv(path: Path, content: bytes) -> list[tuple[str, str]]:
    path.write_bytes(content)
    return [(row.path.partition("#")[2], getattr(row, "text", "")) for row in table_files.rows(path, Columns("text"))]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-le", b""),
        ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-be", b""), ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [1, 3, 2000])
def test_tables_of_each_encoding(encoding: str, mark: bytes, count: int, tmp_path: Path) -> None:
    texts = [f"{number} {WORDS}" for number in range(count)]
    for end in ("\n", ""):
        content = "text\r\n" + "\r\n".join(f'"{text}"' for text in texts) + end
        read = read_csv(tmp_path / "a.csv", mark + content.encode(encoding))
        assert read == [(str(number), text) for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("shift", range(5))
def test_a_character_at_the_end_of_the_sample(encoding: str, shift: int, tmp_path: Path) -> None:
    # One row as long as the sample, of characters of four bytes: some stand across its end.
    text = "x" * shift + "\N{PILL}" * 40_000 + " Upheld"
    mark = b"" if encoding == "utf-8" else codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
    assert read_csv(tmp_path / "a.csv", mark + f"text\n{text}\n".encode(encoding)) == [("1", text)]


def test_windows_1252_in_tables(tmp_path: Path) -> None:
    text = "Knee brace naïve “quoted” – Upheld"
    content = f"text\n{text}\n".encode("cp1252")
    assert read_csv(tmp_path / "a.csv", content) == [("1", text)]
    assert read_csv(tmp_path / "a.csv", f"text\n{text}".encode("cp1252")) == [("1", text)]
    for shift in range(4):  # a row that is longer than the sample
        long = "x" * shift + "–é" * 70_000
        assert read_csv(tmp_path / "a.csv", f"text\n{long}\n".encode("cp1252")) == [("1", long)]
