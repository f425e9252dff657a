"""The library as its users meet it: files to records, edits that stay, types, the page of documentation."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from spacy.language import Language
from spacy.tokens import DocBin

import imr_nlp
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.reading.source import read_bytes
from imr_nlp.records.kept import EditedLetterError
from support.letters import LETTER, pdf
from support.paths import ANNOTATIONS
from support.scoring import pipeline

TEXT = "CLINICAL CASE SUMMARY\nShe has gout.\nKnee brace: Upheld\nClaims Administrator guideline: None."


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def test_read_takes_any_file(nlp: Language, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "a.html").write_text(f"<pre>{LETTER}</pre>", encoding="utf-8")
    (tmp_path / "a.pdf").write_bytes(pdf([LETTER]))
    for name in ("a.txt", "a.html", "a.pdf"):
        letter = imr_nlp.read(tmp_path / name, nlp)
        assert [service.decision for service in letter.services] == ["overturned", "upheld"], name
        assert letter.source.path == str(tmp_path / name)


def test_read_without_a_pipeline_gives_the_same_record(nlp: Language) -> None:
    path = ANNOTATIONS / "letters" / "split-request.pdf"
    assert imr_nlp.read(path) == imr_nlp.read(str(path), nlp)


def test_read_refuses_what_is_not_one_letter(nlp: Language, tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text(LETTER + "\f" + LETTER.replace("0999001", "0999002"), encoding="utf-8")
    (tmp_path / "table.csv").write_text("text\nKnee brace: Upheld\n", encoding="utf-8")
    for name in ("two.txt", "table.csv", "."):
        with pytest.raises(ReadError, match=r"read_all|read_letters"):
            imr_nlp.read(tmp_path / name, nlp)
    with pytest.raises(ReadError, match=r"gone\.txt"):
        imr_nlp.read(tmp_path / "gone.txt", nlp)


def test_a_path_where_a_text_belongs_is_explained(nlp: Language) -> None:
    for read in (imr_nlp.read_letter, lambda *given: list(imr_nlp.read_letters(*given))):
        with pytest.raises(TypeError, match=r"for a path use imr_nlp\.read"):
            read(nlp, "letter.txt")


def test_read_all_gives_every_letter_and_tells_of_the_others(nlp: Language, tmp_path: Path) -> None:
    two = LETTER + "\f" + LETTER.replace("0999001", "0999002")
    (tmp_path / "two.txt").write_text(two, encoding="utf-8")
    (tmp_path / "scan.pdf").write_bytes(pdf([""]))
    problems: list[Problem] = []
    letters = list(imr_nlp.read_all(tmp_path, nlp=nlp, on_error=problems.append))
    assert [letter.case.case_number for letter in letters] == ["CM16-0999001", "CM16-0999002"]
    assert [two[letter.services[0].start : letter.services[0].end] for letter in letters] == [
        letter.services[0].text for letter in letters
    ]
    assert [Path(problem.subject).name for problem in problems] == ["scan.pdf"]
    with pytest.raises(ReadError, match="OCR"):
        list(imr_nlp.read_all(tmp_path, nlp=nlp))


def test_read_all_reads_tables(nlp: Language, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text('case,text\n7,"Knee brace: Upheld"\n', encoding="utf-8")
    (letter,) = imr_nlp.read_all(tmp_path / "table.csv", nlp=nlp, text_column="text", id_column="case")
    assert letter.source.path
    assert letter.source.path.endswith("7")


def test_edits_of_a_record_stay(nlp: Language) -> None:
    doc = nlp(TEXT)
    doc._.letter.services[0].text = "edited"
    del doc._.letter.entities[:]
    assert (doc._.letter.services[0].text, doc._.letter.entities) == ("edited", [])


def test_edits_travel_in_pickles_and_stores(nlp: Language) -> None:
    doc, untouched = nlp(TEXT), nlp(TEXT)
    doc._.letter.services[0].text = "edited"
    untouched._.letter  # noqa: B018
    stored = DocBin(docs=[doc, untouched], store_user_data=True).to_bytes()
    first, second = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    assert first._.letter == pickle.loads(pickle.dumps(doc))._.letter == doc._.letter
    assert second._.letter == pickle.loads(pickle.dumps(untouched))._.letter == nlp(TEXT)._.letter


def test_a_record_follows_the_annotations_until_it_is_edited(nlp: Language) -> None:
    doc = nlp(TEXT)
    count = len(doc._.letter.entities)
    start = doc.text.index("brace")
    span = doc.char_span(start, start + 5, label="PROCEDURE")
    doc.spans["imr"].append(span)
    assert len(doc._.letter.entities) == count + 1
    doc._.letter.services[0].text = "edited"
    doc.spans["imr"].append(doc.char_span(start, start + 5, label="DIAGNOSIS"))
    with pytest.raises(EditedLetterError, match="annotations"):
        doc._.letter  # noqa: B018
    doc._.letter = None
    assert len(doc._.letter.entities) == count + 2


def test_a_record_can_be_set(nlp: Language) -> None:
    doc, other = nlp(TEXT), nlp(LETTER)._.letter
    doc._.letter = other
    assert doc._.letter is other
    with pytest.raises(TypeError, match="Letter"):
        doc._.letter = {"services": []}


@pytest.mark.stress
def test_a_users_mypy_sees_the_types(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    (tmp_path / "user.py").write_text(
        "import imr_nlp\n"
        'letter = imr_nlp.read("letter.txt")\n'
        "reveal_type(letter)\n"
        "reveal_type(letter.services[0].decision)\n"
        "reveal_type(imr_nlp.load())\n"
        'for each in imr_nlp.read_all("letters"):\n'
        "    each.no_such_field\n",
        encoding="utf-8",
    )
    # What mypy knows of spaCy and NumPy is kept for the next time: without, it takes ten times as long.
    kept = pytestconfig.cache.mkdir("mypy-of-a-user")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(kept), "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith("user.py:")]
    assert [line.partition(": ")[2] for line in said] == [
        'note: Revealed type is "imr_nlp.records.schema.Letter"',
        "note: Revealed type is \"Literal['upheld'] | Literal['overturned'] | Literal['modified'] | None\"",
        'note: Revealed type is "spacy.language.Language"',
        'error: "Letter" has no attribute "no_such_field"  [attr-defined]',
    ], done.stdout + done.stderr


def test_each_letter_of_a_file_of_several_says_so(nlp: Language) -> None:
    """Every record of such a file has a warning that says which letter it is; a file of one has none."""
    second = LETTER.replace("0999001", "0999002")
    both = list(imr_nlp.read_letters(nlp, read_bytes((LETTER + second).encode(), "two.txt")))
    assert [[w.severity for w in record.warnings if w.code == "one_of_several"] for record in both] == [["info"]] * 2
    (one,) = imr_nlp.read_letters(nlp, read_bytes(LETTER.encode(), "one.txt"))
    assert "one_of_several" not in {warning.code for warning in one.warnings}


def test_an_archive_of_one_letter_is_that_letter(nlp: Language, tmp_path: Path) -> None:
    for count in (0, 1, 2):
        with ZipFile(tmp_path / f"{count}.zip", "w") as archive:
            for number in range(count):
                archive.writestr(f"{number}.txt", "Cane: Upheld\nClaims Administrator guideline: None.")
    assert [service.decision for service in imr_nlp.read(tmp_path / "1.zip", nlp).services] == ["upheld"]
    with pytest.raises(ReadError, match=r"holds several letters; use imr_nlp\.read_all"):
        imr_nlp.read(tmp_path / "2.zip", nlp)
    with pytest.raises(ReadError):
        imr_nlp.read(tmp_path / "0.zip", nlp)


@pytest.mark.parametrize("name", ["gone.zip", "gone.csv", "gone.parquet"])
def test_a_file_that_is_not_there_is_said_so_whatever_its_kind(nlp: Language, tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError, match="no such file or folder"):
        imr_nlp.read(tmp_path / name, nlp)


def test_a_folder_without_letters_is_an_error(nlp: Language, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError, match="holds no letters"):
        list(imr_nlp.read_all(tmp_path / "empty", nlp=nlp))
    (tmp_path / "letter.txt").write_text("Cane: Upheld\nClaims Administrator guideline: None.", encoding="utf-8")
    problems: list[Problem] = []
    read = imr_nlp.read_all(tmp_path / "letter.txt", tmp_path / "empty", nlp=nlp, on_error=problems.append)
    assert len(list(read)) == 1
    assert [problem.code for problem in problems] == ["empty_folder"]
