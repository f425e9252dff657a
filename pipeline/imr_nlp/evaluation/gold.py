"""Gold records with the letters they are about, and records to hold against them.

A gold file is JSON lines (``annotations/README.md``). Its letters are found by the field ``file``, which is relative
to the gold file's folder, and else as ``letters/NAME.txt`` beside the gold file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from imr_nlp.evaluation.gold_form import fault_of
from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.source import SourceText, read

if TYPE_CHECKING:
    from spacy.language import Language

Split = Literal["dev", "heldout"]


class GoldError(ValueError):
    """A gold or records file that can't be used; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Gold records in the order of their names, and the letters by name."""

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


def read_gold(path: Path, letters: Path | None = None) -> Gold:
    """Read a gold file and its letters.

    Args:
        path: The gold file, or a folder with gold.jsonl.
        letters: The folder of the letters, where they are not beside the gold file.

    Raises:
        GoldError: A line is no gold record, a letter is missing, or a letter is not the one annotated (the ``sha256``
            of its text differs, so that offsets would point anywhere).
    """
    if path.is_dir():
        path = path / "gold.jsonl"
    records = []
    for number, record in _objects(path):
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

    A record belongs to the letter of the same text; else to the letter named as its file, or as its case number.

    Args:
        path: The file of records, or the folder of a run.
        gold: The gold whose letters are looked for.
        any_version: Accept records of other versions of this package. They are not validated.

    Raises:
        GoldError: A line is no record of this package, or no line is about a letter of the gold.
    """
    if path.is_dir():
        path = path / "letters.jsonl"
    if any_version:
        return _unchecked(path, gold)
    from pydantic import ValidationError

    from imr_nlp.records.schema import Letter

    texts = {source.text_sha256: name for name, source in gold.letters.items()}
    by_text: dict[str, dict[str, Any]] = {}
    by_name: dict[str, dict[str, Any]] = {}
    for line, values in _objects(path):
        try:
            record = Letter.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise GoldError(f"{path}:{line}: no record of this version: {where}: {first['type']}") from None
        name = PurePath(record.source.path or record.case.case_number or "").stem
        if record.source.text_sha256 in texts:
            by_text[texts[record.source.text_sha256]] = record.model_dump()
        elif name in gold.letters:
            by_name[name] = record.model_dump()
    if not by_name and not by_text:
        raise GoldError(f"{path}: no record of any of the {len(gold.letters)} letters of the gold")
    return by_name | by_text


def _unchecked(path: Path, gold: Gold) -> dict[str, dict[str, Any]]:
    texts = {source.text_sha256: name for name, source in gold.letters.items()}
    found = {}
    for _, record in _objects(path):
        name = texts.get(str(_source(record).get("text_sha256")))
        if name is not None:
            found[name] = record
    if not found:
        raise GoldError(f"{path}: no record of any of the {len(gold.letters)} letters of the gold")
    return found


def _source(record: dict[str, Any]) -> dict[str, Any]:
    source = record.get("source")
    return source if isinstance(source, dict) else {}


def _letter(path: Path, record: dict[str, Any], letters: Path | None) -> SourceText:
    named = PurePath(record.get("file") or f"letters/{record['name']}.txt")
    file = letters / named.name if letters else path.parent / named
    try:
        source = read(file)
    except ReadError as error:
        hint = (
            "; name the folder of the letters with --letters" if letters is None and error.code == "not_found" else ""
        )
        raise GoldError(f"{error.message}{hint}") from error
    except (OSError, ValueError) as error:
        raise GoldError(f"{path}: {record['name'][:80]}: its letter can't be read") from error
    if record.get("sha256", source.text_sha256) != source.text_sha256:
        raise GoldError(f"{file}: not the text that was annotated (its sha256 differs from that in {path})")
    return source


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON lines file with their line numbers."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(line, f"{path}:{number}")
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
