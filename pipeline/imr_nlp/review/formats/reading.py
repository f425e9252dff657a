"""Reading what labelling tools give back: one task at a time, bounded, and a bad task costs only itself.

ijson would stop at the first damaged value of a file. `json_items` therefore only looks for the ends of the items, and
each item is parsed by itself.
"""

from __future__ import annotations

import json
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from imr_nlp.reading.problems import Problem
from imr_nlp.review.checks import invalid_fields
from imr_nlp.review.formats import FormatError
from imr_nlp.review.task import Answer, Task, record_digest

#: Bytes of one task, as a file holds it. The largest letters that a run reads need a quarter of this.
MAX_BYTES = 1 << 26
#: Spans of one letter in all. A letter of 50,000 words, the most that a run reads, has fewer.
MAX_SPANS = 200_000
#: Characters of a text that offsets may count.
MAX_CHARACTERS = 1 << 31
_CHUNK = 1 << 20
_MARK = re.compile(rb'["{}\[\],]')
_STRING_END = re.compile(rb'["\\]')
_SPACE = b" \t\r\n"
_OPEN, _CLOSE = b"{[", b"}]"
_ACCEPTED = frozenset({"accept", "accepted"})
_REJECTED = frozenset({"reject", "rejected", "ignore", "ignored"})
#: What a reviewer may write where a format asks for an answer, in any case of letters.
ANSWERS = _ACCEPTED | _REJECTED


class OverlongError(ValueError):
    """A task of more than `MAX_BYTES` bytes."""

    def __str__(self) -> str:
        return f"more than {MAX_BYTES >> 20} MiB"


def guarded(subject: str, make: Callable[[], Task | None]) -> Iterator[Task | Problem]:
    """Yield the task that ``make`` returns, or why there is none.

    Args:
        subject: What a person looks for: the file, and the line or number of the task in it.
        make: Makes the task from values of any kind. What it raises costs this task alone.

    >>> def make():
    ...     raise FormatError("it has no text")
    >>> list(guarded("tasks.json: task 2", make))
    [Problem(subject='tasks.json: task 2', code='format', message='it has no text')]
    """
    try:
        task = make()
    except ValidationError as error:
        yield Problem(subject, "format", _first_fault(error))
    except (FormatError, OverlongError) as error:
        yield Problem(subject, "format", str(error))
    except RecursionError:
        yield Problem(subject, "format", "it nests too deeply")
    except json.JSONDecodeError as error:
        yield Problem(subject, "format", f"not JSON: {error.msg}")
    except UnicodeDecodeError:
        yield Problem(subject, "format", "not UTF-8")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error) as error:
        yield Problem(subject, "format", f"not a task as this package exports it ({type(error).__name__})")
    else:
        if task is not None:
            yield task


def _first_fault(error: ValidationError) -> str:
    """Return the field and the reason of the first fault, without the value, which may be text of a letter."""
    fault = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, fault["loc"]))[:160]
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])


def regular_file(path: Path) -> Path:
    """Return the path if it is a file whose end comes, and no pipe or device.

    Raises:
        FormatError: It is none, or is not there.

    >>> regular_file(Path("no such file"))
    Traceback (most recent call last):
    imr_nlp.review.formats.FormatError: no such file: No such file or directory
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: {getattr(error, 'strerror', None) or 'no name of a file'}") from error
    if not stat.S_ISREG(mode):
        raise FormatError(f"{path}: not a regular file")
    return path


def read_bounded(path: Path, most: int = MAX_BYTES) -> bytes:
    """Return the bytes of a small file.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        FormatError: It is no file, can't be read, or has more than ``most`` bytes.
    """
    try:
        with regular_file(path).open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from error
    if len(data) > most:
        raise FormatError(f"{path}: more than {most >> 20} MiB")
    return data


def read_text(path: Path, most: int = MAX_BYTES) -> str:
    """Return the text of a small file, its line ends as they are.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        FormatError: It is no file, can't be read, has more bytes, or is not UTF-8.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> _ = path.write_bytes(b"MRI:\\r\\nUpheld")
    >>> read_text(path)
    'MRI:\\r\\nUpheld'
    """
    try:
        return read_bounded(path, most).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8") from error


def bounded_lines(path: Path, most: int = MAX_BYTES) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file that hold something, with their numbers; None for a line of more than ``most`` bytes.

    Args:
        path: The file.
        most: Bytes that a line may have.

    Raises:
        OSError: The file can't be read.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "tasks.jsonl")
    >>> _ = path.write_bytes(b'{}\\n\\n{"text": "MRI"}\\n')
    >>> list(bounded_lines(path, most=10))
    [(1, b'{}'), (3, None)]
    """
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            if len(line) > most:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_CHUNK)
                yield number, None
            elif line := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield number, line


def within(item: bytes | None) -> bytes:
    """Return an item of `bounded_lines` or `json_items`.

    Raises:
        OverlongError: It was too long.

    >>> within(b"{}")
    b'{}'
    """
    if item is None:
        raise OverlongError
    return item


def json_items(path: Path, most: int = MAX_BYTES) -> Iterator[tuple[int, bytes | None]]:
    """Yield the items of a JSON list with their numbers; None for an item of more than ``most`` bytes.

    Items are not parsed, and memory holds one of them.

    Args:
        path: The file.
        most: Bytes that an item may have.

    Raises:
        FormatError: The file is not a JSON list, or ends within one.
        OSError: The file can't be read.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "tasks.json")
    >>> _ = path.write_bytes(b'[{"id": 1}, {"id": [2, 3]}]')
    >>> list(json_items(path))
    [(1, b'{"id": 1}'), (2, b'{"id": [2, 3]}')]
    """
    number, depth, in_string, escaped = 0, 0, False, False
    item, overlong, ended = bytearray(), False, False
    with path.open("rb") as stream:
        first = True
        while chunk := stream.read(_CHUNK):
            if first:
                chunk, first = chunk.removeprefix(b"\xef\xbb\xbf"), False
            at = 0
            while at < len(chunk):
                if ended:
                    if chunk[at:].strip(_SPACE):
                        raise FormatError(f"{path}: something follows the list of tasks")
                    break
                if escaped:
                    begin, at, escaped, mark = at, at + 1, False, b""
                else:
                    found = (_STRING_END if in_string else _MARK).search(chunk, at)
                    begin, at = at, found.end() if found else len(chunk)
                    mark = found[0] if found else b""
                if depth:
                    if not overlong:
                        item += chunk[begin:at]
                        overlong = len(item) > most
                elif chunk[begin : at - len(mark)].strip(_SPACE) or mark != b"[":
                    if mark or chunk[begin:at].strip(_SPACE):
                        raise FormatError(f"{path}: not a JSON list of tasks")
                    continue
                if mark == b"\\":
                    escaped = True
                elif mark == b'"':
                    in_string = not in_string
                elif mark and mark in _OPEN:
                    depth += 1
                elif mark and mark in _CLOSE:
                    depth -= 1
                    ended = depth == 0
                if depth == 0 or (depth == 1 and mark == b","):
                    if depth == 0 or mark == b",":
                        del item[len(item) - 1 :]
                    if overlong or item.strip(_SPACE):
                        number += 1
                        yield number, None if overlong else bytes(item.strip(_SPACE))
                    item, overlong = bytearray(), False
    if not ended:
        raise FormatError(f"{path}: not a JSON list of tasks, or cut off after task {number}")


def known_record(record: Any) -> dict[str, Any]:
    """Return an exported record as it came back.

    Raises:
        FormatError: It is no record any more, or has more than `MAX_SPANS` spans.
    """
    for code, message in invalid_fields(record):
        raise FormatError(f"the exported record was changed: {code}: {message}")
    parts = ("facts", "entities", "services")
    if sum(len(record.get(part, ())) for part in parts) > MAX_SPANS:
        raise FormatError(f"more than {MAX_SPANS:,} spans")
    return dict(record)


def answer_of(said: Any, record: dict[str, Any], text: str, exported: str | None) -> Answer:
    """Return what a reviewer made of a letter, in a tool that has no button for it.

    Args:
        said: What the reviewer wrote where the format asks for it, such as "accepted" or "rejected"; else None.
        record: The letter's record now.
        text: The letter's text.
        exported: The digest of the record as it was exported, or None where that is not known.

    >>> answer_of("Rejected", {}, "", None), answer_of(None, {}, "", None)
    ('rejected', 'untouched')
    """
    word = said.strip().lower() if isinstance(said, str) else ""
    if word in _ACCEPTED:
        return "accepted"
    if word in _REJECTED:
        return "rejected"
    return "untouched" if exported is None or record_digest(record, text) == exported else "accepted"
