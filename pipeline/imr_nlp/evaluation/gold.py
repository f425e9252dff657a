"""Gold records with the letters they are about, and records to hold against them.

A gold file is JSON lines (``annotations/README.md``). Its letters are found by the field ``file``, which is relative
to the gold file's folder, and else as ``letters/NAME.txt`` beside the gold file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from imr_nlp.evaluation.gold_form import fault_of
from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.source import SourceText, letters_in, read
from imr_nlp.records.files import record_files
from imr_nlp.records.ids import content_id

if TYPE_CHECKING:
    from spacy.language import Language

Split = Literal["dev", "heldout"]


class GoldError(ValueError):
    """A gold or records file that can't be used; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Gold records in the order of their names, and the letters by name.

    A letter of a file of several has the text of the whole file, and its place there (`SourceText.part`).
    """

    records: list[dict[str, Any]]
    letters: dict[str, SourceText]

    @property
    def texts(self) -> dict[str, str]:
        """The letters' texts as decoded, by name."""
        return {name: source.text for name, source in self.letters.items()}

    def split(self, which: Split) -> Gold:
        """Return every other letter by name: the first, third, ... to develop on, the others held back.

        >>> both = Gold([{"name": "a"}, {"name": "b"}, {"name": "c"}], {})
        >>> [record["name"] for record in both.split("dev").records]
        ['a', 'c']
        """
        records = self.records[which == "heldout" :: 2]
        names = {record["name"] for record in records}
        return Gold(records, {name: source for name, source in self.letters.items() if name in names})

    def alone(self) -> Gold:
        """Return the same gold with the text of each letter alone, and offsets that count its characters."""
        parts = {name: source.part for name, source in self.letters.items()}
        return Gold(
            [_moved(record, -part.start) if (part := parts[record["name"]]) else record for record in self.records],
            {name: replace(source, text=source.letter, part=None) for name, source in self.letters.items()},
        )


def read_gold(path: Path, letters: Path | None = None, *, entities_alone: bool = False) -> Gold:
    """Read a gold file and its letters.

    Args:
        path: The gold file, or a folder with gold.jsonl.
        letters: The folder of the letters, where they are not beside the gold file.
        entities_alone: Accept letters of which only the entities are marked, without services.

    Raises:
        GoldError: A line is no gold record, a letter is missing, or a letter is not the one annotated (the ``sha256``
            of its text differs, so that offsets would point anywhere).
    """
    if path.is_dir():
        path = path / "gold.jsonl"
    records = []
    for number, record in _objects(path, "a gold file, or a folder with gold.jsonl"):
        if entities_alone:
            record.setdefault("services", [])
        if missing := [key for key in ("name", "entities", "services") if key not in record]:
            raise GoldError(f"{path}: record {number} has no {', '.join(missing)}; is this a gold file?")
        if fault := fault_of(record):
            raise GoldError(f"{path}:{number}: no gold record: {fault}; is this a gold file?")
        records.append(record)
    names = Counter(record["name"] for record in records)
    if again := [name for name, times in names.items() if times > 1]:
        raise GoldError(f"{path}: {again[0]} is there twice")
    if not records:
        raise GoldError(f"{path}: no gold records in it")
    records.sort(key=lambda record: record["name"])
    return Gold(records, {record["name"]: _letter(path, record, letters) for record in records})


def read_letters(nlp: Language, gold: Gold) -> dict[str, dict[str, Any]]:
    """Run the pipeline over the gold's letters and return their records, as plain values, by name."""
    from imr_nlp.letter import read_letter

    return {name: read_letter(nlp, source).model_dump() for name, source in gold.letters.items()}


def read_records(path: Path, gold: Gold, *, any_version: bool = False) -> dict[str, dict[str, Any]]:
    """Read what a run wrote (``letters.jsonl``) and return the records of the gold's letters by name.

    A record belongs to every letter of the same text, and of several in a file to the one of the same place; else to
    the letter named as its file, or as its case number.

    Args:
        path: The file of records, or the folder of a run.
        gold: The gold whose letters are looked for.
        any_version: Accept records of other versions of this package. They are not validated.

    Raises:
        GoldError: A line is no record of this package, or no line is about a letter of the gold.
    """
    if any_version:
        return _unchecked(path, gold)
    from pydantic import ValidationError

    from imr_nlp.records.schema import Letter

    by_text = _ByText(gold)
    by_name: dict[str, dict[str, Any]] = {}
    for where, values in _lines(path):
        try:
            record = Letter.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            field = ".".join(map(str, first["loc"]))
            raise GoldError(f"{where}: no record of this version: {field}: {first['type']}") from None
        name = PurePath(record.source.path or record.case.case_number or "").stem
        if record.source.text_sha256 in by_text.letters:
            by_text.take(record.model_dump())
        elif name in gold.letters:
            by_name[name] = record.model_dump()
    if not by_name and not by_text.found:
        raise GoldError(f"{path}: no record of any of the {len(gold.letters)} letters of the gold")
    return by_name | by_text.found


def _unchecked(path: Path, gold: Gold) -> dict[str, dict[str, Any]]:
    by_text = _ByText(gold)
    for _, record in _lines(path):
        by_text.take(record)
    if not by_text.found:
        raise GoldError(f"{path}: no record of any of the {len(gold.letters)} letters of the gold")
    return by_text.found


def _lines(run: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the records of a run, each with its file and line."""
    for file in record_files(run):
        yield from ((f"{file}:{number}", record) for number, record in _objects(file, "the folder of a run"))


class _ByText:
    """The records that belong to letters of a gold by their texts, and by their places in them."""

    def __init__(self, gold: Gold) -> None:
        self.letters: dict[str, list[tuple[str, SourceText]]] = {}  # by digest of the text
        for name, source in gold.letters.items():
            self.letters.setdefault(source.text_sha256, []).append((name, source))
        self.found: dict[str, dict[str, Any]] = {}
        self._shared: dict[str, float] = {}

    def take(self, record: dict[str, Any]) -> None:
        """Keep a record for each letter of its text whose place it fits best."""
        about = _source(record)
        for name, source in self.letters.get(str(about.get("text_sha256")), ()):
            shared = _shared(source, about.get("part") or {})
            if shared > self._shared.get(name, 0):
                self.found[name], self._shared[name] = record, shared


def _shared(source: SourceText, part: dict[str, int]) -> float:
    """Return the share of a letter's place and a record's that both have. Without a place it is the whole text."""
    size = len(source.text)
    start, end = (source.part.start, source.part.end) if source.part else (0, size)
    first, last = part.get("start", 0), part.get("end", size)
    return (min(end, last) - max(start, first)) / (max(end, last) - min(start, first))


def _source(record: dict[str, Any]) -> dict[str, Any]:
    source = record.get("source")
    return source if isinstance(source, dict) else {}


def _letter(path: Path, record: dict[str, Any], letters: Path | None) -> SourceText:
    named = PurePath(record.get("file") or f"letters/{record['name']}.txt")
    file = letters / named.name if letters else path.parent / named
    try:
        source = read(file)
    except ReadError as error:
        fix = "; name the folder of the letters with --letters" if error.code == "not_found" and not letters else ""
        raise GoldError(f"{error.message}{fix}") from error
    except (OSError, ValueError) as error:
        raise GoldError(f"{path}: {record['name'][:80]}: its letter can't be read") from error
    if record.get("sha256", source.text_sha256) != source.text_sha256:
        raise GoldError(f"{file}: not the text that was annotated (its sha256 differs from that in {path})")
    return _annotated(source, record)


def _annotated(source: SourceText, record: dict[str, Any]) -> SourceText:
    """Return the letter of a file that a gold record is about: the one of its id, else that of most of its spans."""
    review = record.get("review")
    identifier = str(review.get("letter_id")).partition("-")[0] if isinstance(review, dict) else ""
    spans = [*record["entities"], *record["services"]]

    def fit(letter: SourceText) -> tuple[bool, int]:
        if letter.part is None:
            return False, 0
        start, end = letter.part.start, letter.part.end
        inside = sum(start <= span["start"] < end for span in spans)
        return content_id(source.text_sha256, start, end) == identifier, inside

    return max(letters_in(source), key=fit)


def _moved(value: Any, by: int) -> Any:
    """Return a value of a gold record with its offsets moved.

    >>> _moved({"entities": [{"start": 120, "end": 123}], "age": 44}, -100)
    {'entities': [{'start': 20, 'end': 23}], 'age': 44}
    """
    if isinstance(value, list):
        return [_moved(item, by) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item + by if isinstance(item, int) and key.endswith(("start", "end")) else _moved(item, by)
        for key, item in value.items()
    }


def _objects(path: Path, wanted: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON lines file with their line numbers."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(line, f"{path}:{number}")
    except FileNotFoundError as error:
        raise GoldError(f"{path}: no such file; name {wanted}") from error
    except OSError as error:
        raise GoldError(f"{path}: {error.strerror}") from error


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise GoldError(f"{where}: not UTF-8") from error
    except json.JSONDecodeError as error:
        raise GoldError(f"{where}: not JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:
        raise GoldError(f"{where}: not JSON that can be read: it nests too deeply, or a number is too long") from error
    if not isinstance(value, dict):
        raise GoldError(f"{where}: not a JSON object")
    return value
