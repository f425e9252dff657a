"""Bytes in, text out: how a letter is read from a file, from an archive or from standard input.

`read` returns a `SourceText`: a file's text exactly as decoded, and where it came from. Offsets of a record point into
that text. A file may hold several letters: `letters_in` gives one `SourceText` for each, with its place in the text.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from imr_nlp.reading import archives
from imr_nlp.reading.decoding import decode_text, sniff
from imr_nlp.reading.limits import (
    DOCX,
    EMAIL,
    PDF,
    check_letter,
    limit,
    media_type,
    remedy,
    size_limit,
    suffix,
    too_large,
    unsupported,
    within,
)
from imr_nlp.reading.parts import Part, parts_of
from imr_nlp.reading.problems import EMPTY, ReadError, recorded_name

STDIN = "-"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text as decoded, and where it came from.

    Attributes:
        path: The path as recorded; "-" for standard input, "archive.zip/letter.txt" for a member of an archive.
        text: The text of the whole file.
        sha256: Digest of the bytes as they came.
        text_sha256: Digest of the text in UTF-8.
        media_type: What the file is.
        encoding: Of a text file.
        part: The place of one letter of several in the text; None where the file holds one letter.
    """

    path: str
    text: str
    sha256: str
    text_sha256: str
    media_type: str
    encoding: str | None
    part: Part | None = None

    @property
    def letter(self) -> str:
        """The text of this letter alone."""
        return self.text if self.part is None else self.text[self.part.start : self.part.end]


#: How a file of rich text begins. Its control words stand between the words of the letter.
_RTF = rb"{\rtf"


@dataclass(frozen=True, slots=True)
class Blob:
    """A letter's bytes, not decoded yet. ``media_type`` is what its name promises; None lets the bytes tell."""

    path: str
    data: bytes
    media_type: str | None = None


def read(path: str | os.PathLike[str]) -> SourceText:
    """Read one file, or standard input where ``path`` is "-".

    Args:
        path: A file, or a member of an archive ("archive.zip/letter.txt").

    Raises:
        ReadError: The file cannot be read.
    """
    return decode(fetch(path))


def letters_in(source: SourceText) -> list[SourceText]:
    """Return the letters that a file holds, each with its place in the file's text.

    >>> [letter.part for letter in letters_in(read_bytes(b"Knee brace: Upheld", "a.txt"))]
    [None]
    """
    parts = parts_of(source.text)
    return [source] if len(parts) < 2 else [replace(source, part=part) for part in parts]


def fetch(path: str | os.PathLike[str]) -> Blob:
    """Return the bytes of one file, not decoded yet.

    Args:
        path: As for `read`.

    Raises:
        ReadError: The file cannot be read.
    """
    if os.fspath(path) == STDIN:
        if sys.stdin is None:
            raise ReadError("unreadable", "standard input: it is closed; pipe a letter in, or name a file")
        most = limit("max_bytes")
        return Blob(STDIN, within(sys.stdin.buffer.read(most + 1), "standard input", most))
    name = recorded_name(path)
    inside = archives.split(path)
    if inside is not None:
        archive, member = inside
        return Blob(os.fspath(path), archives.member(archive, member), media_type(member))
    promised = media_type(path)
    if promised is None:
        if suffix(path) in archives.SUFFIXES:
            raise ReadError("archive", f"{name}: an archive; name a letter in it as {name}/LETTER")
        if Path(path).is_dir():
            raise ReadError("not_a_file", f"{name}: a folder; name the letters in it")
        raise unsupported(name)
    most = size_limit(promised)
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("not_a_file", f"{name}: a folder, pipe or device, not a file; for a pipe use '-'")
        if status.st_size > most:
            raise too_large(name, f"{status.st_size:,} bytes", f"{most:,} bytes")
        with Path(path).open("rb") as stream:
            return Blob(os.fspath(path), within(stream.read(most + 1), name, most), promised)
    except OSError as error:
        raise archives.refused(name, error) from error


def decode(blob: Blob) -> SourceText:
    """Return what some bytes hold. Raises ReadError."""
    return read_bytes(blob.data, blob.path, blob.media_type)


def read_bytes(data: bytes, path: str | os.PathLike[str], promised: str | None = None) -> SourceText:
    """Return the text that ``data`` holds.

    Args:
        data: The bytes of a file.
        path: Its name, for the record and for messages.
        promised: Its media type; without one, the bytes tell.

    Raises:
        ReadError: ``empty``, ``no_text``, ``encrypted``, ``damaged``, ``binary``, ``unsupported`` or ``too_large``.

    >>> source = read_bytes(b"\\xef\\xbb\\xbfKnee brace: Upheld\\r\\n", "a.txt", "text/plain")
    >>> source.text, source.encoding
    ('Knee brace: Upheld\\r\\n', 'utf-8')
    """
    name = "standard input" if os.fspath(path) == STDIN else recorded_name(path)
    if not data:
        raise ReadError("empty", f"{name}: {EMPTY}")
    kind = promised or sniff(data)
    text, encoding = _text_and_encoding(data, kind, name)
    if not text.strip():
        if kind == PDF:
            raise ReadError("no_text", f"{name}: a PDF without text, probably scanned; run OCR on it first")
        raise ReadError("empty", f"{name}: nothing but white space; fetch it again, or remove it")
    most = limit("max_file_characters")
    if len(text) > most:
        raise too_large(name, f"{len(text):,} characters", f"{most:,} characters")
    if len(text) > limit("max_words") and len(parts_of(text)) < 2:
        check_letter(text, name)
    return SourceText(
        path=recorded_name(path),
        text=text,
        sha256=hashlib.sha256(data).hexdigest(),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        media_type=kind,
        encoding=encoding,
    )


def _text_and_encoding(data: bytes, kind: str, name: str) -> tuple[str, str | None]:
    if kind == PDF:
        from imr_nlp.reading.pdf import pdf_text

        return pdf_text(data, name), None
    if kind == DOCX:
        from imr_nlp.reading.docx import docx_text

        return docx_text(data, name), None
    if kind == EMAIL:
        from imr_nlp.reading.email import email_text

        return email_text(data, name), None
    if data.lstrip().startswith(_RTF):
        raise ReadError("unsupported", f"{name}: it holds RTF, whatever its name says; {remedy('letter.rtf')}")
    return decode_text(data, name)
