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
from itertools import accumulate
from pathlib import Path
from typing import Any

from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import Found, all_labels, flatten
from imr_nlp.review.task import PARTS, Task

SUFFIX = ".jsonl"
LOST = (
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
_MOST_UNPACKED = 1 << 28  # bytes of one record: a file that was tampered with can't fill the memory


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks to a file, one at a time, and beside it ``NAME.labels.json``, for doccano's import of labels."""
    out.with_suffix(".labels.json").write_text(json.dumps(_labels(), indent=1) + "\n", encoding="utf-8")
    with out.open("w", encoding="ascii", newline="\n") as file:
        for number, task in enumerate(tasks, 1):
            file.write(json.dumps(_line(number, task)) + "\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task]:
    """Yield the tasks of files that `write` or doccano's export made (unpacked: one file an annotator).

    ``texts`` isn't needed: doccano keeps the text. Comments of the reviewers stand in ``meta["comments"]``, what can't
    be taken in ``meta["problems"]``. Raises FormatError.
    """
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _task(line, path, f"{path}:{number}")


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


def _unpacked(packed: str | None) -> dict[str, Any]:
    if not packed:
        return {}
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(b64decode(packed), _MOST_UNPACKED)
    if unpacking.unconsumed_tail:
        raise ValueError("too large")
    values = json.loads(plain)
    return values if isinstance(values, dict) else {}


def _task(line: str, path: Path, where: str) -> Task:
    try:
        values = json.loads(line)
        kept = _unpacked(values.get("imr_nlp"))
        name = str(kept.get("name") or values.get("letter") or where)
        text = values["text"]
        known = kept.get("record") or {part: {} if part in PARTS[:3] else [] for part in PARTS}
        relations = values.get("relations")
        links = None if relations is None else [(link["from_id"], link["type"], link["to_id"]) for link in relations]
        record, lost = reviewed(known, text, list(_found(values, text)), links)
        comments = [str(comment["comment"]) for comment in values.get("Comments") or () if isinstance(comment, dict)]
    except (AttributeError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise FormatError(f"{where}: not a document of doccano ({type(error).__name__})") from error
    meta = dict(kept.get("meta") or {})
    if "Comments" in values and path.stem != _OF_EVERYBODY:  # only doccano's own export has this key
        meta["annotator"] = path.stem
    if comments:
        meta["comments"] = comments
    if lost:
        meta["problems"] = [["unlinked", message] for message in lost]
    return Task(name, text, record, meta)


def _found(values: dict[str, Any], text: str) -> Iterator[Found]:
    """Yield the regions of a line; without relations, doccano exports them as triples under ``label``."""
    units = _units(text)
    if "entities" in values:
        given = [(e["id"], e["start_offset"], e["end_offset"], e["label"]) for e in values["entities"]]
    else:
        given = [(number, *triple) for number, triple in enumerate(values["label"])]
    for name, start, end, label in given:
        yield Found(name, label, bisect_left(units, start), _end(units, end))


def _end(units: Sequence[int], end: int) -> int:
    """Return the character that an offset stands before; one behind the text stays behind it, so that it is noticed."""
    return bisect_left(units, end) if end <= units[-1] else len(units) + end - units[-1] - 1
