"""One letter for its page: the record, its text, and the line that sums it up."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.run_files import TEXTS
from imr_nlp.reading.source import read
from imr_nlp.records import schema as records
from imr_nlp.records.files import record_files
from imr_nlp.records.ids import letter_id, text_id
from imr_nlp.records.summary import said
from imr_nlp.report.html import packed, page

#: Scripts of the letter page, in order.
SCRIPTS = ("common.js", "letter.js")


def payload(record: dict[str, Any], text: str | None) -> dict[str, Any]:
    """Return what the letter page shows.

    Args:
        record: A letter's record as JSON gives it. Fields that this version does not know are shown too.
        text: What the record's offsets point into, or None where it is not at hand.
    """
    part = record["source"].get("part")
    if part and text is not None:  # of a file that holds several letters
        text = text[part["start"] : part["end"]]
    decisions = Counter(service.get("decision") for service in record.get("services", ()))
    return {
        "id": id_of(record),
        "summary": said(decisions, len(record.get("warnings", ()))),
        "text": text,
        "offset": part["start"] if part else 0,
        "record": {name: value for name, value in record.items() if name != "relations"},
    }


def id_of(record: dict[str, Any]) -> str:
    """Return the id that a record has in the tables of its run.

    A record of version 1.0 has none of its own; its tables have a digest of its path and bytes.

    >>> id_of({"source": {"id": "60e05bd1b195af2f-2"}})
    '60e05bd1b195af2f-2'
    """
    source = record["source"]
    if source.get("id"):
        return str(source["id"])
    if record.get("schema_version", "1.0") == "1.0":
        named = f"{source.get('path') or ''}\0{source.get('sha256') or source['text_sha256']}"
        return hashlib.sha256(named.encode()).hexdigest()[:16]
    return letter_id(records.Source.model_validate(source))


def document(letters: Sequence[tuple[records.Letter, str]], title: str) -> str:
    """Return one page that holds letters with their texts and needs no other file.

    Args:
        letters: Records, each with what its offsets point into.
        title: Name of the page.
    """
    shown = [payload(record.model_dump(mode="json", exclude_none=True), text) for record, text in letters]
    return page("letter.html.j2", scripts=SCRIPTS, title=title, here="letter", lists=False, single=packed(shown))


class Texts:
    """Finds the texts of a run's letters: those that the run stored, else the files that it read.

    Args:
        folder: The run's folder.

    Attributes:
        missing: How often a text that was asked for was not at hand.
    """

    def __init__(self, folder: Path) -> None:
        self._stored = folder / TEXTS
        self.missing = 0

    def of(self, record: dict[str, Any]) -> str | None:
        """Return a letter's text, or None where it is gone or is no longer what was read."""
        text = self._find(record)
        self.missing += text is None
        return text

    def _find(self, record: dict[str, Any]) -> str | None:
        source = record["source"]
        try:
            return (self._stored / f"{text_id(records.Source.model_construct(**source))}.txt").read_bytes().decode()
        except (OSError, ValueError):
            pass
        try:
            text = read(source["path"]).text
        except (ReadError, OSError, ValueError, KeyError, TypeError):
            return None
        part = source.get("part") or {}
        for candidate in (text, text[part.get("start", 0) : part.get("end")]):
            if hashlib.sha256(candidate.encode("utf-8", "surrogatepass")).hexdigest() == source.get("text_sha256"):
                return candidate
        return None


class Records:
    """The records of a run, in its order, each found by its id.

    Only the places of the lines are kept. So a run of any length can be served.

    Args:
        folder: The run's folder.

    Raises:
        ReadError: A line holds no record.
    """

    def __init__(self, folder: Path) -> None:
        self._files = record_files(folder)
        self._first: list[int] = []
        self._starts: list[int] = []
        self.ids: list[str] = []
        for file in self._files:
            self._first.append(len(self.ids))
            with file.open("rb") as lines:
                at = 0
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        self._starts.append(at)
                        with _told(file, number):
                            self.ids.append(_id_in(line))
                    at += len(line)
        self._number = {one: number for number, one in enumerate(self.ids)}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for file in self._files:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        with _told(file, number):
                            record = json.loads(line)
                        yield record

    def get(self, letter: str) -> dict[str, Any] | None:
        """Return the record of a letter, or None where the run has no such letter."""
        number = self._number.get(letter)
        if number is None:
            return None
        with self._files[bisect_right(self._first, number) - 1].open("rb") as lines:
            lines.seek(self._starts[number])
            record: dict[str, Any] = json.loads(lines.readline())
        return record

    def beside(self, letter: str) -> tuple[str | None, str | None]:
        """Return the ids of the letters before and after one."""
        number = self._number[letter]
        before = self.ids[number - 1] if number else None
        return before, self.ids[number + 1] if number + 1 < len(self.ids) else None


@contextmanager
def _told(file: Path, number: int) -> Iterator[None]:
    """Raise ReadError with the place of a line where it holds no record."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = "not JSON" if isinstance(error, ValueError) else "no record of a run"
        raise ReadError("damaged", f"{file}:{number}: {reason}; run again") from error


_DECODER = json.JSONDecoder()


def _id_in(line: bytes) -> str:
    """Return the id of the record in a line, of which only the source is parsed where it stands first."""
    text = line.decode("utf-8", "surrogatepass")
    head = text.find('"source":')
    if 0 <= head < 64:
        source, _ = _DECODER.raw_decode(text, head + len('"source":'))
        if source.get("id"):
            return str(source["id"])
    return id_of(json.loads(text))
