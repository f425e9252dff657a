"""Kinds of file that letters come in, and how large each may be. The numbers are in ``configs/reading.yml``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import PurePath

from imr_nlp.config import shipped
from imr_nlp.reading.problems import ReadError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EMAIL = "message/rfc822"
#: Files that hold one text, which may be that of several letters.
MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": PDF,
    ".docx": DOCX,
    ".eml": EMAIL,
}
#: Kinds whose bytes are packed, so that their size says little about their text.
_PACKED = frozenset({PDF, DOCX, EMAIL})
#: Files that hold other files.
ARCHIVES = frozenset({".zip"})
#: Files that hold a table, one letter a row.
TABLES = frozenset({".csv", ".jsonl", ".parquet"})
#: A word or sign, as far as the limit on their number goes.
WORD = re.compile(r"[^\W_]+|\S")


def media_type(path: str | os.PathLike[str]) -> str | None:
    """Return the media type that a file's name promises, or None for other names.

    >>> media_type("letters/CM01.PDF"), media_type("notes.rtf")
    ('application/pdf', None)
    """
    return MEDIA_TYPES.get(PurePath(path).suffix.lower())


def suffix(path: str | os.PathLike[str]) -> str:
    """Return the ending of a file's name in lower case, with its dot.

    >>> suffix("letters/ALL.ZIP")
    '.zip'
    """
    return PurePath(path).suffix.lower()


#: What to do with a table on the command line, and in Python.
NAME_COLUMN = "name the column of its letters with --text-column (in Python: read_all(…, text_column=…))"


def limit(name: str) -> int:
    """Return a number of ``configs/reading.yml``."""
    return int(shipped("reading.yml")[name])


def size_limit(promised: str) -> int:
    """Return the bytes that a file of a media type may have, known before it is read.

    >>> size_limit("application/pdf") > size_limit("text/plain")
    True
    """
    most = limit("max_bytes")
    return most if promised in _PACKED else min(most, 4 * limit("max_file_characters") + 4)


def remedy(path: str | os.PathLike[str], *, local: bool = True) -> str | None:
    """Return what to do with a kind of file that is not read, or None where nothing better is known.

    Args:
        path: The file.
        local: Whether processes of this machine read the letters. They alone read archives and tables.

    >>> remedy("letters/scan.TIF")
    'run OCR on it and save it as .pdf or .txt'
    """
    if not local and suffix(path) in ARCHIVES:
        return "unpack it; Spark reads no archives"
    if not local and suffix(path) in TABLES:
        return "read the table with Spark and call imr_nlp.spark.extract (docs/spark.md)"
    known: dict[str, str] = shipped("reading.yml")["remedies"]
    return known.get(suffix(path))


def unsupported(name: str, *, local: bool = True) -> ReadError:
    """Return the refusal of a file whose name promises no kind of letter.

    Args:
        name: The file's name as recorded.
        local: Whether processes of this machine read the letters. They alone read archives and tables.
    """
    if local and suffix(name) in TABLES:
        return ReadError("table", f"{name}: a table; {NAME_COLUMN}")
    fix = remedy(name, local=local)
    if fix:
        return ReadError("unsupported", f"{name}: {suffix(name)} files are not read; {fix}")
    kinds = ", ".join([*MEDIA_TYPES, *sorted(ARCHIVES)])
    return ReadError("unsupported", f"{name}: not a kind of file that letters come in ({kinds})")


def too_large(name: str, size: str, most: str | None = None) -> ReadError:
    """Return the refusal of a letter of ``size``; ``most`` is the limit, by default that of characters."""
    most = most or f"{limit('max_characters'):,} characters"
    return ReadError("too_large", f"{name}: {size} is more than a letter has (limit: {most}); split the file")


def check_letter(text: str, name: str) -> None:
    """Raise ReadError where the text of one letter is beyond the limits of a letter."""
    if len(text) > limit("max_characters"):
        raise too_large(name, f"{len(text):,} characters")
    words = limit("max_words")
    if _has_more_words(text, words):
        raise too_large(name, f"over {words:,} words and signs", f"{words:,} words and signs")


def within(data: bytes, name: str, most: int) -> bytes:
    """Return ``data``, or raise ReadError where it is longer than ``most`` bytes."""
    if len(data) > most:
        raise too_large(name, f"over {most:,} bytes", f"{most:,} bytes")
    return data


def _has_more_words(text: str, number: int) -> bool:
    found: Iterable[re.Match[str]] = islice(WORD.finditer(text), number, None)
    return len(text) > number and next(iter(found), None) is not None
