"""doccano's JSONL for sequence labelling with relations.

A line has ``text``, ``entities`` (``id``, ``label``, ``start_offset``, ``end_offset``) and ``relations`` (``id``,
``from_id``, ``to_id``, ``type``), as doccano's importer and exporter have them. doccano drops what it doesn't know of
an entity and gives entities new ids, but it keeps other keys of the line as the document's metadata and gives them
back: ``imr_nlp`` holds the letter's record as it was exported. It is packed into a string, because doccano rounds
numbers in metadata, and holds a copy of the metadata for each span while it exports. What comes back is matched with
it by place and label.

Offsets count UTF-16 units, as doccano's page does while grapheme mode is off (its server takes any number): a character
beyond U+FFFF, such as an emoji, counts twice there. Lines are written in ASCII (other characters escaped), because
doccano guesses the encoding of a file.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.reading import (
    MAX_BYTES,
    MAX_CHARACTERS,
    answer_of,
    bounded_lines,
    guarded,
    known_record,
    regular_file,
    within,
)
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import ReturnedRegion, all_labels, flatten
from imr_nlp.review.task import PARTS, Task, record_digest

SUFFIX, SIDE = ".jsonl", ".labels.json"
UNSUPPORTED = (
    "doccano refuses a letter without text",
    "spans that cover no character and citations without a place aren't shown; they come back as they went out",
    "decisions and body parts whose place isn't known aren't shown; they come back as they went out",
    "attributes that no label carries (numbers, units, names) and the values of facts are neither shown nor edited",
    "two spans of one label at one place can't be told apart: after a review either may have the other's id",
    "when a letter was reviewed; who did it is the name of the exported file, except in a collaborative project",
)
#: What doccano names the export of a project in which everybody works on the same annotations.
_OF_EVERYBODY = "all"
_LAST_OF_ONE_UNIT = "\uffff"
_KEYS = "123456789abcdefghijklmnopqrstuvwxyz"
_COLOURS = (
    "#c62828", "#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a", "#00838f",
    "#ad1457", "#455a64", "#4e342e", "#283593", "#9e9d24", "#37474f",
)  # fmt: skip
_Offset = Annotated[int, Field(ge=0, le=MAX_CHARACTERS)]


class _Entity(TypedDict):
    id: int
    label: str
    start_offset: _Offset
    end_offset: _Offset


class _Relation(TypedDict):
    from_id: int
    to_id: int
    type: str


class _Line(TypedDict):
    """What is read of a document. Other keys may be there."""

    text: str
    entities: NotRequired[list[_Entity]]
    label: NotRequired[list[tuple[_Offset, _Offset, str]]]
    relations: NotRequired[list[_Relation] | None]
    Comments: NotRequired[list[Any] | None]
    imr_nlp: NotRequired[str | None]
    letter: NotRequired[str | None]


class _Kept(TypedDict):
    name: NotRequired[str | None]
    record: NotRequired[dict[str, Any] | None]
    meta: NotRequired[dict[str, Any] | None]


_LINE, _KEPT = TypeAdapter(_Line), TypeAdapter(_Kept)


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks to a file, one at a time, and beside it ``NAME.labels.json``, for doccano's import of labels."""
    out.with_suffix(SIDE).write_text(json.dumps(_labels(), indent=1) + "\n", encoding="utf-8")
    with out.open("w", encoding="ascii", newline="\n") as file:
        for number, task in enumerate(tasks, 1):
            file.write(json.dumps(_line(number, task)) + "\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Yield the tasks of files that `write` or doccano's export made (unpacked: one file an annotator).

    ``texts`` isn't needed: doccano keeps the text. Comments of the reviewers stand in ``meta["comments"]``, what can't
    be taken in ``meta["problems"]``. doccano doesn't export who approved what, so a document that is as it went out is
    untouched, unless a reviewer's comment on it is "accepted" or "rejected".
    """
    for path in paths:
        for number, line in bounded_lines(regular_file(path)):
            where = f"{path}:{number}"
            yield from guarded(where, partial(_task, line, path, where))


def _line(number: int, task: Task) -> dict[str, Any]:
    flat = flatten(task.record, task.text)
    numbers = {region.key: n for n, region in enumerate(flat.shown(len(task.text)), 1)}
    links = (link for link in flat.links if link[0] in numbers and link[2] in numbers)
    units = _units(task.text)
    return {
        "id": number,
        "text": task.text,
        "entities": [
            {"id": n, "label": region.label, "start_offset": units[region.start], "end_offset": units[region.end]}
            for n, region in ((n, flat.regions[key]) for key, n in numbers.items())
        ],
        "relations": [
            {"id": n, "from_id": numbers[head], "to_id": numbers[tail], "type": label}
            for n, (head, label, tail) in enumerate(links, 1)
        ],
        "letter": task.name,
        "imr_nlp": _packed({"name": task.name, "record": task.record, "meta": task.meta}),
    }


def _units(text: str) -> Sequence[int]:
    """Return the offset in UTF-16 units of each character of a text, and of its end.

    >>> list(_units("a\N{PILL}b"))
    [0, 1, 3, 4]
    """
    if text.isascii() or max(text) <= _LAST_OF_ONE_UNIT:
        return range(len(text) + 1)
    return list(accumulate((2 if character > _LAST_OF_ONE_UNIT else 1 for character in text), initial=0))


def _labels() -> list[dict[str, Any]]:
    """Return the labels as doccano imports them, with a hot key and a colour each; one name has one colour."""
    colours: dict[str, str] = {}
    return [
        {
            "text": label,
            "suffix_key": key,
            "background_color": colours.setdefault(label.split(":")[0], _COLOURS[len(colours) % len(_COLOURS)]),
        }
        for label, key in zip(all_labels(), _KEYS, strict=False)
    ]


def _packed(values: dict[str, Any]) -> str:
    return b64encode(zlib.compress(json.dumps(values).encode("ascii"))).decode("ascii")


def _unpacked(packed: str | None) -> _Kept:
    if not packed:
        return {}
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(b64decode(packed), MAX_BYTES)
    if unpacking.unconsumed_tail:
        raise FormatError(f"imr_nlp: more than {MAX_BYTES >> 20} MiB when unpacked")
    return _KEPT.validate_python(json.loads(plain))


def _task(line: bytes | None, path: Path, where: str) -> Task:
    """Return the task of a line. Raises ValidationError where it isn't of the form that doccano exports."""
    values = _LINE.validate_python(json.loads(within(line)))
    if "entities" not in values and "label" not in values:
        raise FormatError("neither entities nor label; is this doccano's JSONL for sequence labelling?")
    kept = _unpacked(values.get("imr_nlp"))
    name = kept.get("name") or values.get("letter") or where
    text = values["text"]
    known = known_record(kept.get("record") or {part: {} if part in PARTS[:3] else [] for part in PARTS})
    relations = values.get("relations")
    links = None if relations is None else [(link["from_id"], link["type"], link["to_id"]) for link in relations]
    record, lost = reviewed(known, text, list(_found(values, text)), links)
    given_comments = values.get("Comments") or ()
    comments = [str(one["comment"]) for one in given_comments if isinstance(one, dict) and "comment" in one]
    meta = dict(kept.get("meta") or {})
    if "Comments" in values and path.stem != _OF_EVERYBODY:  # only doccano's own export has this key
        meta["annotator"] = path.stem
    if comments:
        meta["comments"] = comments
    if lost:
        meta["problems"] = [["unlinked", message] for message in lost]
    exported = "" if lost else record_digest(known, text)
    words = {comment.strip().lower() for comment in comments}
    said = next((word for word in ("rejected", "accepted") if word in words), None)
    return Task(name, text, record, meta, answer_of(said, record, text, exported))


def _found(values: _Line, text: str) -> Iterator[ReturnedRegion]:
    """Yield the regions of a line; without relations, doccano exports them as triples under ``label``."""
    units = _units(text)
    if "entities" in values:
        given = [(e["id"], e["start_offset"], e["end_offset"], e["label"]) for e in values["entities"]]
    else:
        given = [(number, *triple) for number, triple in enumerate(values.get("label", ()))]
    for name, start, end, label in given:
        yield ReturnedRegion(name, label, bisect_left(units, start), _end(units, end))


def _end(units: Sequence[int], end: int) -> int:
    """Return the character that an offset stands before; one behind the text stays behind it, so that it is noticed."""
    return bisect_left(units, end) if end <= units[-1] else len(units) + end - units[-1] - 1
