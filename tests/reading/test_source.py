"""Bytes become text without loss, or a refusal that says why."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.source import SourceText, read, read_bytes
from support.letters import LETTER, pdf

MIXED = "Señor Núñez’s MRI — 7½ weeks “later”\r\n\tUpheld\fpage 2\r"


def text_of(data: bytes, name: str = "a.txt") -> tuple[str, str | None]:
    source = read_bytes(data, name, "text/plain")
    return source.text, source.encoding


def refusal(data: bytes, name: str, kind: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_bytes(data, name, kind)
    assert caught.value.message.startswith(name)
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("codec", "mark", "shown"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", b"\xff\xfe\0\0", "utf-32-le"),
        ("cp1252", b"", "windows-1252"),
    ],
)
def test_every_encoding_gives_the_same_text(codec: str, mark: bytes, shown: str) -> None:
    assert text_of(mark + MIXED.encode(codec)) == (MIXED, shown)


def test_bytes_that_windows_1252_leaves_undefined_are_kept() -> None:
    text, encoding = text_of(b"caf\xe9 \x81 neck \x93brace\x94")
    assert (text, encoding) == ("café \x81 neck “brace”", "windows-1252")


def test_one_damaged_byte_does_not_mangle_a_utf8_letter() -> None:
    data = "“Neck” – “brace” – “splint”".encode() + b" \xff end"
    assert text_of(data) == ("“Neck” – “brace” – “splint” \ufffd end", "utf-8")


def test_a_letter_that_ends_inside_a_character_keeps_the_rest() -> None:
    text, _ = text_of(("“Neck” “brace” " * 3 + "é").encode()[:-1])
    assert text.startswith("“Neck” “brace” ")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
@settings(max_examples=150, deadline=None)
def test_any_utf8_text_comes_back_as_it_was(text: str) -> None:
    if text.startswith(("\ufeff", "{\\rtf")) or "%PDF-" in text:
        return
    assert text_of(text.encode())[0] == text


@given(st.binary(min_size=1, max_size=400), st.sampled_from(["text/plain", "text/html", "application/pdf", None]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_source_or_a_refusal(data: bytes, kind: str | None) -> None:
    try:
        source = read_bytes(data, "any", kind)
    except ReadError as error:
        assert error.code in {"empty", "no_text", "encrypted", "damaged", "binary", "unsupported"}
    else:
        assert source.text.strip()
        assert source.sha256 == hashlib.sha256(data).hexdigest()
        assert source.text_sha256 == hashlib.sha256(source.text.encode()).hexdigest()


def test_a_pdf_is_the_text_file_made_from_it(tmp_path: Path) -> None:
    lines = LETTER.replace("\n\n", "\n").splitlines()
    pages = ["\n".join(lines[:20]), "\n".join(lines[20:])]
    (tmp_path / "a.pdf").write_bytes(pdf(pages))
    source = read(tmp_path / "a.pdf")
    assert [page.split() for page in source.text.split("\f")] == [page.split() for page in pages]
    assert "\r" not in source.text
    assert (source.media_type, source.encoding) == ("application/pdf", None)


def test_real_pdfs_equal_their_text_files(corpus: Path) -> None:
    for path in sorted((corpus / "pdf").glob("*.pdf"))[::8]:
        assert read(path).text == (corpus / "letters" / f"{path.stem}.txt").read_bytes().decode(), path.name


@pytest.mark.parametrize(
    ("data", "name", "kind", "code", "says"),
    [
        (b"", "a.txt", "text/plain", "empty", "empty"),
        (b" \r\n\t", "a.txt", "text/plain", "empty", "white space"),
        (bytes(range(256)) * 8, "a.txt", "text/plain", "binary", "binary"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 5, "a.txt", "text/plain", "binary", "binary"),
        (pdf(["Knee brace: Upheld"]), "a.txt", "text/plain", "binary", "rename"),
        (b"\xff\xfeN\0e\0c", "a.txt", "text/plain", "damaged", "utf-16"),
        (pdf([""]), "a.pdf", "application/pdf", "no_text", "OCR"),
        (pdf(["Knee brace"], encrypt=True), "a.pdf", "application/pdf", "encrypted", "password"),
        (pdf(["Knee brace"])[:-200], "a.pdf", "application/pdf", "damaged", "cut off"),
        (b"%PDF-1.4\nnothing\n%%EOF", "a.pdf", "application/pdf", "damaged", "damaged"),
        (b"just words", "a.pdf", "application/pdf", "damaged", "not a PDF"),
        (b"x" * 1_000_001, "a.txt", "text/plain", "too_large", "1,000,000 characters"),
        (b"x " * 50_001, "a.txt", "text/plain", "too_large", "50,000 words"),
        (pdf(["x"] * 1_001), "a.pdf", "application/pdf", "too_large", "1,000 pages"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    data: bytes, name: str, kind: str, code: str, says: str
) -> None:
    error = refusal(data, name, kind)
    assert error.code == code
    assert says in error.message


def test_a_text_file_of_50_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    path.chmod(0)  # whoever isn't root could not even open it
    with pytest.raises(ReadError, match="50,000,000 bytes is more than a letter has"):
        read(path)


def test_a_pipe_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name, code in (("pipe.txt", "not_a_file"), ("folder.txt", "not_a_file"), ("gone.txt", "not_found"),
                       ("a.doc", "unsupported")):  # fmt: skip
        with pytest.raises(ReadError) as caught:
            read(tmp_path / name)
        assert caught.value.code == code


def test_bytes_without_a_name_tell_what_they_are() -> None:
    kinds = {b"<!DOCTYPE html><p>x": "text/html", b"Neck": "text/plain", pdf(["Neck"]): "application/pdf"}
    for data, kind in kinds.items():
        source = read_bytes(data, "-")
        assert isinstance(source, SourceText)
        assert (source.media_type, source.path) == (kind, "-")


def test_rich_text_under_another_name_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.txt: it holds RTF, whatever its name says; save it as \.docx or \.pdf"):
        read_bytes(rb"{\rtf1\ansi Knee brace: Upheld\par}", "a.txt", "text/plain")
    assert read_bytes(rb"The format {\rtf1 is named here.", "a.txt", "text/plain").text.startswith("The format")


def test_a_refusal_travels_between_processes() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(ReadError("empty", "a.txt: the file is empty")))
    assert (error.code, str(error)) == ("empty", "a.txt: the file is empty")


@pytest.mark.parametrize(
    ("data", "name", "kind", "says"),
    [
        (bytes(range(128, 256)) * 40, "a.txt", "text/plain", "binary data, no text; export the letter as"),
        (bytes(range(128, 256)), "a.txt", "text/plain", "binary data, no text"),
        (b"\0\1\2", "a.eml", "message/rfc822", "binary data, no text"),
        (b"Subject: x\r\n\r\n" + bytes(range(9)) * 9, "a.eml", "message/rfc822", "binary data, no text"),
        (b"PK\x03\x04 [Content_Types].xml word/document.xml", "a.txt", "text/plain", "rename it to end in .docx"),
        (b"PK\x03\x04 letters/a.txt", "a.txt", "text/plain", "rename it to end in .zip"),
        (b"\xd0\xcf\x11\xe0 Word.Document.8", "a.txt", "text/plain", "save it as .docx or .pdf"),
        (b"Knee brace: Upheld", "a.pdf", "application/pdf", "not a PDF, whatever its name says; rename it"),
        (b"this file is no %PDF-1.4", "a.pdf", "application/pdf", "not a PDF, whatever its name says; rename it"),
        (b"%PDF-1.4 and no more", "a.pdf", "application/pdf", "cut off before its end; fetch it again"),
        (b"", "a.txt", "text/plain", "the file is empty; fetch it again, or remove it"),
        (b" \n", "a.txt", "text/plain", "nothing but white space; fetch it again, or remove it"),
    ],
)
def test_a_refusal_says_what_to_do(data: bytes, name: str, kind: str, says: str) -> None:
    with pytest.raises(ReadError) as refused:
        read_bytes(data, name, kind)
    assert str(refused.value).startswith(f"{name}: ") and says in str(refused.value)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "“Señora Muñoz” – 20 € for a 5 mm lift…: Upheld. " * 3),
        ("cp1252", "–é" * 300),
        ("latin-1", "Señora Muñoz wore a brace at 38 °C, ±2, for ½ hour: Upheld. " * 3),
        ("utf-16-le", "Señora Muñoz “brace” – Upheld. " * 3),
        ("utf-16", "Łódź, naïve – Upheld. " * 3),
    ],
)
def test_letters_in_usual_encodings_are_text(encoding: str, text: str) -> None:
    assert read_bytes(text.encode(encoding), "a.txt", "text/plain").text == text


def test_some_damaged_bytes_cost_no_letter() -> None:
    text = ("The brace is medically necessary. " * 20).encode("cp1252")
    assert "brace" in read_bytes(text[:100] + b"\x81\x8d\x90" + text[100:], "a.txt", "text/plain").text
