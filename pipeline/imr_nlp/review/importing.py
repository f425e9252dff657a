"""Import corrected letters: a folder with a gold file and its letters (annotations/README.md).

A letter that can't be gold is left out as a whole, with the reason. Missing annotations would become false negatives.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from imr_nlp.reading.limits import media_type
from imr_nlp.reading.problems import Problem, ReadError
from imr_nlp.reading.source import read_bytes
from imr_nlp.review.checks import check
from imr_nlp.review.formats.reading import MAX_BYTES
from imr_nlp.review.task import Task, gold_line

GOLD = "gold.jsonl"
_MAX_LENGTH = 255  # bytes of a file's name


@dataclass(slots=True)
class ImportReport:
    """What an import did, by the names of letters.

    Attributes:
        added: Letters that are new in the gold.
        replaced: Letters that took another's place.
        rejected: Letters that a reviewer rejected or skipped; not taken.
        untouched: Letters that nobody corrected or accepted; not taken.
        changes: Which rows the letters that were taken lost and gained, in words, by name.
        problems: What could not be taken, and why.
    """

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class ReviewImportError(Exception):
    """A gold file that can't be read or written. The message names the file and the reason."""


def import_corrections(
    tasks: Iterable[Task | Problem], out: Path, replace: bool = False, accept_untouched: bool = False
) -> ImportReport:
    """Add corrected letters to a gold file.

    Nothing is changed before all tasks were read. Then the letters' texts are put into place, and last the gold file.
    Files outside the gold's folder and links are never written. Memory holds one letter at a time.

    Args:
        tasks: What a tool gave back (`imr_nlp.review.formats`).
        out: A folder for gold.jsonl and letters/, or a gold file with letters/ beside it.
        replace: Whether a letter that is there already is replaced. Else it stays as it is.
        accept_untouched: Whether letters that nobody corrected or accepted are taken too.

    Raises:
        ReviewImportError: The gold file can't be read or written.
    """
    file = out if out.suffix == ".jsonl" else out / GOLD
    report = ImportReport()
    if (there := next(one for one in (file.parent, *file.parent.parents) if one.exists())) and not there.is_dir():
        raise ReviewImportError(f"{there}: a file; name a folder with -o")
    try:
        with tempfile.TemporaryFile() as spool, _staging(file.parent) as staging:
            importing = _Importing(file, replace, accept_untouched, report, spool, staging)
            for task in tasks:
                importing.take(task)
            if report.added or report.replaced:
                importing.finish()
    except OSError as error:
        raise ReviewImportError(f"{error.filename or file}: {error.strerror}") from error
    return report


class _Importing:
    """One import: an index of the gold lines that are there, and the new lines in a temporary file."""

    def __init__(
        self, file: Path, replace: bool, accept_untouched: bool, report: ImportReport, spool: BinaryIO, staging: Path
    ) -> None:
        self.file, self.folder = file, file.parent
        self.replace, self.accept_untouched, self.report = replace, accept_untouched, report
        self.spool, self.staging = spool, staging
        self.present = _index(file)
        self.lines: dict[str, tuple[int, int, str]] = {}  # place and size in the spool, and the text's file
        self.texts: dict[Path, Path] = {}  # where a text goes, and where it waits
        self.seen: set[str] = set()

    def take(self, task: Task | Problem) -> None:
        """Keep a task for the gold, or say why not."""
        if isinstance(task, Problem):
            self.report.problems.append(task)
        elif task.answer == "rejected":
            self.report.rejected.append(task.name)
        elif task.answer == "untouched" and not self.accept_untouched:
            self.report.untouched.append(task.name)
        else:
            try:
                self.report.problems += self._taken(task)
            except (RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
                reason = f"it holds a value that gold can't hold ({type(error).__name__})"
                self.report.problems.append(_problem(task, "value", reason))

    def _taken(self, task: Task) -> list[Problem]:
        """Return why a task can't be gold. Without a reason, its text and line wait to be put into place."""
        problems = check(task)
        there = self.present.get(task.name)
        if task.name in self.seen:
            self._withdraw(task.name)
            problems.append(_problem(task, "twice", "is in this import twice; import one reviewer at a time"))
        elif there and not self.replace:
            reason = f"is in {self.file} already; --replace puts this in its place"
            problems.append(_problem(task, "present", reason))
        self.seen.add(task.name)
        if problems:
            return problems
        line = gold_line(task)
        if there and there.sha256 == line["sha256"] and there.file is not None:
            line["file"] = there.file  # the same letter stays in its file
        data = _encoded(line)
        problems = self._keep_text(task, line["file"])
        if not problems:
            self.lines[task.name] = self.spool.tell(), len(data), line["file"]
            self.spool.write(data)
            (self.report.replaced if there else self.report.added).append(task.name)
            if task.change:
                self.report.changes[task.name] = task.change
        return problems

    def _withdraw(self, name: str) -> None:
        """Take nothing of a letter that comes twice: nobody knows which of the two is right."""
        if line := self.lines.pop(name, None):
            self.texts.pop(self.folder / line[2], None)
            names = self.report.replaced if name in self.report.replaced else self.report.added
            names.remove(name)
            self.report.changes.pop(name, None)

    def _keep_text(self, task: Task, named: str) -> list[Problem]:
        """Stage the letter's text, such that reading its file gives the same characters."""
        path = _inside(self.folder, named)
        if path is None:
            reason = f"{named[:80]!r} leads outside {self.folder}, or over a link; nothing is written there"
            return [_problem(task, "file", reason)]
        if path in self.texts:
            return [_problem(task, "file", f"{path} is another letter of this import")]
        if path.is_file():
            if path.stat().st_size <= MAX_BYTES and _reads_as(path.read_bytes(), path, task.text):
                return []
            there = self.present.get(task.name)
            if there is None or not self.replace:
                return [_problem(task, "present", f"{path} is another letter; move it away, or rename this one")]
            if not _is_letter(path, there.sha256):
                reason = f"{path} is not the letter that the gold was made of; move it away"
                return [_problem(task, "present", reason)]
        elif os.path.lexists(path):
            return [_problem(task, "file", f"{path} is there and is no file")]
        for codec in ("utf-8", "utf-8-sig"):  # the mark, where the text begins with one, or looks like another encoding
            data = task.text.encode(codec, "replace")
            if _reads_as(data, path, task.text):
                waiting = self.staging / str(self.spool.tell())
                waiting.write_bytes(data)
                self.texts[path] = waiting
                return []
        return [_problem(task, "text", "its text is none that a file of a letter can hold")]

    def finish(self) -> None:
        """Put texts and gold into place."""
        for path, waiting in self.texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting.replace(path)
        waiting = self.staging / GOLD
        with waiting.open("wb") as stream:
            for line in self._merged():
                stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        waiting.replace(self.file)

    def _merged(self) -> Iterator[bytes]:
        """Yield all lines by name: those that stay, and those that are new."""
        with self.file.open("rb") if self.present else open(os.devnull, "rb") as old:  # noqa: PTH123
            for name in sorted({*self.present, *self.lines}):
                if name in self.lines:
                    place, size, _ = self.lines[name]
                    self.spool.seek(place)
                    yield self.spool.read(size)
                else:
                    old.seek(self.present[name].place)
                    yield old.readline().rstrip(b"\r\n") + b"\n"


@dataclass(frozen=True, slots=True)
class _Present:
    """A line of the gold that is there: where it begins, and which letter it is about."""

    place: int
    sha256: str | None
    file: str | None


def _index(file: Path) -> dict[str, _Present]:
    """Return the lines of a gold file by name; none where there is no file yet."""
    if not file.exists():
        return {}
    if not file.is_file():
        raise ReviewImportError(f"{file}: not a file")
    found, place = {}, 0
    with file.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(MAX_BYTES + 1), b""), 1):
            if line.strip():
                try:
                    if len(line) > MAX_BYTES:
                        raise ValueError
                    record = json.loads(line.decode("utf-8-sig"))
                    name, sha256, named = record["name"], record.get("sha256"), record.get("file")
                    if not isinstance(name, str) or not all(isinstance(x, str | None) for x in (sha256, named)):
                        raise TypeError
                except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                    raise ReviewImportError(f"{file}:{number}: no gold record; nothing was imported") from error
                found[name] = _Present(place, sha256, named)
            place += len(line)
    return found


def _inside(folder: Path, named: str) -> Path | None:
    """Return the path of a letter's file in the gold's folder, or None where it leads outside or over a link."""
    parts = PurePosixPath(named).parts
    if not parts or named.startswith(("/", "\\")) or ".." in parts or "\0" in named:
        return None
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink() or len(os.fsencode(part)) > _MAX_LENGTH:
            return None
    return path


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside the gold, from which files can be moved into place; a folder made for it goes."""
    made = []
    at = folder
    while not at.exists():
        made.append(at)
        at = at.parent
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as staging:
            yield Path(staging)
    finally:
        for each in made:
            try:
                each.rmdir()  # only an empty one goes
            except OSError:
                break


def _encoded(line: dict[str, Any]) -> bytes:
    """Return a gold line. Raises ValueError where JSON or UTF-8 can't hold a value."""
    text = json.dumps(line, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(line, allow_nan=False).encode() + b"\n"


def _reads_as(data: bytes, path: Path, text: str) -> bool:
    try:
        return read_bytes(data, path, media_type(path)).text == text
    except ReadError:
        return False


def _is_letter(path: Path, sha256: str | None) -> bool:
    """Tell whether a file holds the text of this digest: an import wrote it, and nobody has changed it since."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        return read_bytes(path.read_bytes(), path, media_type(path)).text_sha256 == sha256
    except ReadError:
        return False


def _problem(task: Task, code: str, message: str) -> Problem:
    return Problem(task.name, code, message)
