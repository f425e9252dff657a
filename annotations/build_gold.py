"""Make gold.jsonl from the marked letters in sources/.

    python annotations/build_gold.py            # write annotations/gold.jsonl
    python annotations/build_gold.py --check    # only say whether gold.jsonl is up to date

A file ``sources/NAME.marked`` is a YAML head between two ``---`` lines (the letter's file, its encoding, the facts
that no words of the letter show by themselves) and then the whole letter with marks in it: ``{D negated|fracture}``
is a DIAGNOSIS with assertion ``negated``. README.md lists the marks, labels.yml the values that they may take.
Without its marks the text must be the letter, character by character, so that every offset is sure.

Anything that doesn't fit stops the run with the file and line: a letter that differs from its source, a mark that is
not closed, a value that labels.yml doesn't know, a service without a heading, a sentence without a service.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
GOLD = HERE / "gold.jsonl"

_OPEN = re.compile(r"\{(?P<code>[A-Z]{1,10})(?P<services>\d(?:,\d)*)?(?: (?P<value>[^|{}]{1,60}))?\|")
_RANGE = re.compile(r"(?P<min>\d{1,4})(?:-(?P<max>\d{1,4}))? (?P<unit>[a-z]{1,12})")


class SourceError(ValueError):
    """A marked letter that can't be made into gold; the message names the file and, where known, the line."""


@dataclass(frozen=True)
class Mark:
    """One mark: its code and value as written, and the ``start:end`` of what it covers in the unmarked text."""

    code: str
    value: str
    services: tuple[int, ...]
    start: int
    end: int
    line: int


def unmark(marked: str) -> tuple[str, list[Mark]]:
    """Take the marks out of a text.

    In: the text with marks. Out: the text without them, and the marks by position, outer before inner.
    Raises SourceError for a mark that is not opened, closed or readable.

    >>> unmark("No {D negated|fracture}.")[0]
    'No fracture.'
    >>> unmark("No {D negated|fracture}.")[1][0].value
    'negated'
    """
    plain: list[str] = []
    at, length = 0, 0
    waiting: list[tuple[re.Match[str], int]] = []
    marks: list[Mark] = []
    while at < len(marked):
        if marked[at] == "{":
            opened = _OPEN.match(marked, at)
            if not opened:
                raise SourceError(f"line {_line(marked, at)}: not a mark")
            waiting.append((opened, length))
            at = opened.end()
        elif marked[at] == "}":
            if not waiting:
                raise SourceError(f"line {_line(marked, at)}: a mark is closed that was not opened")
            opened, start = waiting.pop()
            numbers = tuple(int(n) for n in (opened["services"] or "").split(",") if n)
            line = _line(marked, opened.start())
            marks.append(Mark(opened["code"], opened["value"] or "", numbers, start, length, line))
            at += 1
        else:
            plain.append(marked[at])
            at, length = at + 1, length + 1
    if waiting:
        raise SourceError(f"line {_line(marked, waiting[-1][0].start())}: a mark is not closed")
    return "".join(plain), sorted(marks, key=lambda m: (m.start, -m.end))


def letter_gold(source: Path, scheme: dict[str, Any]) -> dict[str, Any]:
    """Make the gold record of one marked letter.

    In: the path of a .marked file and the label scheme (labels.yml). Out: the record as a dict, offsets in characters
    of the decoded letter. Raises SourceError.
    """
    _, head, marked = source.read_bytes().decode("utf-8").split("---\n", 2)
    facts = yaml.safe_load(head)
    if facts.get("newline") == "crlf":
        marked = marked.replace("\n", "\r\n")
    text, marks = unmark(marked)
    _same_as_letter(text, (HERE / facts["file"]).read_bytes().decode(facts["encoding"]))
    codes = {spec["mark"]: label for label, spec in scheme["entities"].items()}
    unknown = [m for m in marks if m.code not in codes and m.code not in ("SERVICE", "R")]
    if unknown:
        raise SourceError(f"line {unknown[0].line}: no label has the mark {unknown[0].code}")
    return {
        "name": source.stem,
        "file": facts["file"],
        "layout": facts["layout"],
        "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "case": {key: _iso(value) for key, value in facts["case"].items()},
        "patient": facts["patient"],
        "reviewer": facts["reviewer"],
        "entities": [_entity(m, codes[m.code], text, scheme) for m in marks if m.code in codes],
        "services": _services(facts["services"], marks, text, scheme),
    }


def build() -> str:
    """Make the whole of gold.jsonl: one line a marked letter, by name. Raises SourceError naming the file."""
    scheme = yaml.safe_load((HERE / "labels.yml").read_text(encoding="utf-8"))
    lines = []
    for source in sorted((HERE / "sources").glob("*.marked")):
        try:
            lines.append(json.dumps(letter_gold(source, scheme), ensure_ascii=False) + "\n")
        except SourceError as error:
            raise SourceError(f"{source.name}: {error}") from error
    return "".join(lines)


def _entity(mark: Mark, label: str, text: str, scheme: dict[str, Any]) -> dict[str, Any]:
    spec = scheme["entities"][label]
    entity: dict[str, Any] = {"label": label, "start": mark.start, "end": mark.end}
    entity["text"] = text[mark.start : mark.end]
    if "range" in spec:
        read = _RANGE.fullmatch(mark.value)
        if not read:
            raise SourceError(f"line {mark.line}: {label} needs a number and {spec['range']}")
        entity["min"], entity["max"] = int(read["min"]), int(read["max"] or read["min"])
        key, value = spec["range"], read["unit"]
    else:
        key, value = spec["attribute"], mark.value
    if value not in spec["values"] and not (spec.get("open") and value):
        raise SourceError(f"line {mark.line}: {label} has no {key} {value!r}")
    entity[key] = value
    return entity


def _services(
    facts: list[dict[str, Any]], marks: list[Mark], text: str, scheme: dict[str, Any]
) -> list[dict[str, Any]]:
    headings = {int(m.value): m for m in marks if m.code == "SERVICE"}
    if sorted(headings) != list(range(1, len(facts) + 1)):
        raise SourceError(f"{len(facts)} services in the head, headings marked for {sorted(headings)}")
    services = []
    for number, given in enumerate(facts, 1):
        heading = headings[number]
        _known(given, scheme)
        service: dict[str, Any] = {"start": heading.start, "end": heading.end}
        service["text"] = text[heading.start : heading.end]
        services.append(service | given | {"rationale": []})
    latest: tuple[int, ...] = ()
    for mark in marks:
        if mark.code == "SERVICE":
            latest = (int(mark.value),)
        elif mark.code == "R":
            if mark.value not in scheme["rationale"]["roles"]:
                raise SourceError(f"line {mark.line}: no rationale role {mark.value!r}")
            owners = mark.services or latest
            if not owners or max(owners) > len(services):
                raise SourceError(f"line {mark.line}: a rationale sentence without a service")
            for owner in owners:
                sentence = {"start": mark.start, "end": mark.end, "role": mark.value}
                services[owner - 1]["rationale"].append(sentence)
    return services


def _known(given: dict[str, Any], scheme: dict[str, Any]) -> None:
    """Check a service's closed values against the scheme."""
    pairs = [("decision", given["decision"]), ("category", given["category"])]
    for citation in given["citations"]:
        pairs += [("party", citation["party"]), ("authority", citation["authority"])]
    for key, value in pairs:
        if value not in scheme["services"][key]:
            raise SourceError(f"no {key} {value!r} in labels.yml")


def _same_as_letter(text: str, letter: str) -> None:
    if text == letter:
        return
    at = next((i for i, (a, b) in enumerate(zip(text, letter, strict=False)) if a != b), min(len(text), len(letter)))
    raise SourceError(f"differs from the letter at character {at} (line {_line(letter, at)} of the letter)")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _iso(value: Any) -> Any:
    """YAML reads 2016-03-02 as a date; the record holds it as a string."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def main() -> int:
    """Write or check gold.jsonl; exit status 1 where it is not up to date or can't be made."""
    arguments = argparse.ArgumentParser(description="Make gold.jsonl from the marked letters.")
    arguments.add_argument("--check", action="store_true", help="write nothing, fail if gold.jsonl would change")
    check = arguments.parse_args().check
    try:
        made = build()
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    if check and made != GOLD.read_text(encoding="utf-8"):
        print("gold.jsonl is not what sources/ make: run annotations/build_gold.py", file=sys.stderr)
        return 1
    if not check:
        GOLD.write_bytes(made.encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
