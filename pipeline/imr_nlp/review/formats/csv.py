"""CSV for spreadsheets: a folder with ``annotations.csv`` and, as the text that offsets point into, ``texts/NAME.txt``.

A letter is a row of kind ``letter`` (facts of case, patient and reviewer), followed by a row for each fact's place,
service, citation, rationale sentence, entity and relation. The file is UTF-8 with a byte-order mark, as spreadsheets
expect, and separated by commas. Semicolons, tabs and bars are read too, and then decimal commas. So is UTF-16 with a
mark.

A cell that a spreadsheet would take for a formula has an apostrophe before it. So has a formula after a separator of
another kind within a cell, because a spreadsheet may split there. Both go again on the way back. Fields that have no
column of their own (lists of objects) stand as JSON in the column ``more``.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from imr_nlp.reading.csv_rows import OpenQuoteError, Rows
from imr_nlp.reading.problems import Problem
from imr_nlp.records import schema as records
from imr_nlp.review.checks import DATES
from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.csv_cells import (
    cell_of,
    change_of,
    list_cell,
    plain,
    to_answer,
    to_date,
    to_list,
    to_number,
    to_truth,
)
from imr_nlp.review.formats.reading import MAX_BYTES, answer_of, guarded, read_text, regular_file
from imr_nlp.review.formats.regions import relabelled, said_before
from imr_nlp.review.task import Task, derive_fields, record_digest

SUFFIX = SIDE = ""
UNSUPPORTED: tuple[str, ...] = ()
SHEET, TEXTS = "annotations.csv", "texts"

_NESTED = ("frequency", "duration", "requested", "authorized_before", "granted")
_META = ("text_sha256", "path", "letter_id", "layout", "pipeline_version", "warnings", "annotator", "updated_at")
_MODELS: dict[str, type[records.Part]] = {
    "fact": records.Fact,
    "service": records.Service,
    "citation": records.Citation,
    "rationale": records.RationaleSentence,
    "entity": records.Entity,
    "relation": records.Relation,
}
_HEAD: dict[str, type[records.Part]] = {"case": records.Case, "patient": records.Patient, "reviewer": records.Reviewer}
#: What a person reads and corrects stands to the left; whose it is and what found it, to the right.
_FIRST = ("letter", "kind", "answer", "service", "id", "label", "start", "end", "text", "decision", "category", "role",
          "assertion", "status", "authority", "party")  # fmt: skip
_LAST = ("rule", "score", "context_rule", "context_score", "category_rule", "category_score", "section", "more",
         "exported", *_META)  # fmt: skip
#: Where a spreadsheet may split a cell, before what it would then take for a formula.
_SPLIT = re.compile(r"([;\t|\r\n])(?=[\"' ]*[=+\-@\t\r])")
_GUARDED = re.compile(r"([;\t|\r\n])'(?=[\"' ]*[=+\-@\t\r])")
_QUOTED = frozenset(',;\t|"\r\n')
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_NEEDED = frozenset({"letter", "kind", "service", "id", "label", "start", "end", "head", "tail", "text_sha256"})
#: By these columns the separator of a sheet is told.
_TELLING = frozenset({"letter", "kind"})
_LONGEST = 40  # characters of a column's name that a message shows
_NOT_UTF8, _SAVE_AS = re.compile("[\ud800-\udfff]"), "no CSV in UTF-8; save it as 'CSV UTF-8'"
_MAX_ROWS = 300_000  # of one letter
#: The letter, the number of the row's last line, the separator of the sheet, and the cells by column.
_SheetRow = tuple[str, int, str, dict[str, Any]]
_APART = "its rows stand apart (lines {} and {}); sort the sheet by the column letter"
_SHOWN = 5  # line numbers that a message shows


def _fields() -> tuple[list[str], set[str], set[str], set[str], set[str]]:
    """Return the fields with a column: all, and which are numbers, of those never integers, lists and truth values."""
    columns, numbers, floats, lists, truths = [], set(), set(), set(), set()
    for model in (*_MODELS.values(), *_HEAD.values()):
        for name, about in model.model_fields.items():
            kinds = _kinds(about.annotation)
            if name in _NESTED:
                columns += [f"{name}_min", f"{name}_max", f"{name}_per", f"{name}_unit"]
            elif kinds <= {int, float, str, bool, list}:
                columns.append(name)
                numbers |= {name} if kinds & {int, float} else set()
                floats |= {name} if kinds == {float} else set()
                truths |= {name} if bool in kinds else set()
                lists |= {name} if list in kinds else set()
    return columns, numbers, floats, lists | {"warnings"}, truths


def _kinds(annotation: Any) -> set[Any]:
    """Return the types that a field takes, None aside. A list of words is a list; anything else nested is itself."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return {kind for part in get_args(annotation) for kind in _kinds(part)}
    if origin is list:
        return {list} if get_args(annotation) == (str,) else {annotation}
    if origin is not None and hasattr(annotation, "__metadata__"):
        return _kinds(get_args(annotation)[0])
    if origin is not None and all(isinstance(value, str) for value in get_args(annotation)):
        return {str}  # a closed set of words
    return set() if annotation is type(None) else {annotation}


_COLUMNS, _NUMBERS, _FLOATS, _LISTS, _TRUTHS = _fields()
COLUMNS = [
    *_FIRST,
    *(name for name in dict.fromkeys(_COLUMNS) if name not in (*_FIRST, *_LAST, "citations", "rationale")),
    *_LAST,
]


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks into the folder ``out``."""
    (out / TEXTS).mkdir(parents=True, exist_ok=True)
    with (out / SHEET).open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write(",".join(COLUMNS) + "\r\n")
        for task in tasks:
            (out / TEXTS / f"{task.name}.txt").write_bytes(task.text.encode("utf-8", "surrogatepass"))
            for row in _rows(task):
                cells = _cells(row | {"letter": task.name})
                stream.write(",".join(_quoted(cells.get(name, "")) for name in COLUMNS) + "\r\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Yield the tasks of sheets, or of folders that hold one. The rows of a letter stand together.

    A letter's text is looked for beside the sheet, unless ``texts`` is given.

    Raises:
        FormatError: One is no such sheet.
    """
    csv.field_size_limit(MAX_BYTES)
    for path in paths:
        file = regular_file(path / SHEET if path.is_dir() else path)
        try:
            yield from _tasks(file, texts)
        except csv.Error as error:
            raise FormatError(f"{file}: no CSV: {error}") from error
        except OpenQuoteError as error:
            raise FormatError(f"{file}: {error}") from error


def _tasks(file: Path, texts: Callable[[str], str] | None) -> Iterator[Task | Problem]:
    apart = _apart(file)
    told: set[str] = set()
    for name, group in groupby(_rows_of(file), itemgetter(0)):
        if name in apart:
            if name not in told:
                yield Problem(name, "row", _APART.format(*apart[name]))
            told.add(name)
        else:
            first = next(group)
            make = partial(_letter, name, chain([first], group), file, texts)  # noqa: B031  (the rows after the first)
            yield from guarded(name or f"{file}:{first[1]}", make)


def _rows_of(file: Path) -> Iterator[_SheetRow]:
    """Yield the rows of a sheet that hold something. Raises FormatError where it is none."""
    with file.open("rb") as start:
        encoding = "utf-16" if start.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    with file.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
        separator = _separator(stream, file)
        sheet = Rows(stream, separator)
        _require_columns(sheet.names, file)
        for row in sheet:
            if not _is_empty(row):
                yield plain(_GUARDED.sub(r"\1", row.get("letter") or "")), sheet.line_num, separator, row


def _require_columns(names: list[str], file: Path) -> None:
    """Raise FormatError where a column is missing that a sheet needs, or has another name."""
    unknown = [name for name in names if name and name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in names]
    for name in missing:
        if near := get_close_matches(name, unknown, 1):
            raise FormatError(f"{file}: no column {name} (there is a column {near[0][:_LONGEST]}); rename it")
    if lacking := sorted(_NEEDED.intersection(missing)):
        raise FormatError(f"{file}: no column {', '.join(lacking)}; is this an exported sheet?")


def _apart(file: Path) -> dict[str, tuple[int, int]]:
    """Return the letters whose rows do not stand together, with the first lines of their first two blocks.

    Half of a letter would be read as a letter, so this is known before any letter is taken.
    """
    first: dict[str, int] = {}
    apart: dict[str, tuple[int, int]] = {}
    for name, group in groupby(_rows_of(file), itemgetter(0)):
        line = next(group)[1]
        if name and first.setdefault(name, line) != line:
            apart.setdefault(name, (first[name], line))
    return apart


def _is_empty(row: dict[str, Any]) -> bool:
    """Tell a row of nothing but separators, as spreadsheets leave them behind."""
    return not any(isinstance(cell, str) and cell.strip() for cell in row.values())


def _letter(name: str, rows: Iterable[_SheetRow], file: Path, texts: Callable[[str], str] | None) -> Task:
    """Return the task of a letter's rows."""
    problems: list[list[str]] = []
    found: list[dict[str, Any]] = []
    for _, line, separator, row in rows:
        if len(found) == _MAX_ROWS:
            raise FormatError(f"more than {_MAX_ROWS:,} rows")
        if any(isinstance(cell, str) and _NOT_UTF8.search(cell) for cell in row.values()):
            raise FormatError(f"line {line} of {file.name}: {_SAVE_AS}")
        found.append({**_values(row, f"line {line} of {file.name}", separator, problems), "line": line})
    text = texts(name) if texts else read_text(_beside(file, name))
    return _task(name, text, found, problems)


def _beside(file: Path, name: str) -> Path:
    """Return the file of a letter's text. Raises FormatError where the name leads elsewhere."""
    if not name:
        raise FormatError("a row with an empty cell in the column letter; fill it in, or delete the row")
    if name in (".", "..") or any(character in "/\\\0" for character in name):
        raise FormatError("a name that no file can have")
    path = file.parent / TEXTS / f"{name}.txt"
    if not path.exists():
        raise FormatError(f"{path}: can't be read; the letter's text belongs beside the sheet")
    return path


def _separator(stream: io.TextIOBase, file: Path) -> str:
    """Return what separates the cells, and leave the stream at the head of the columns.

    Raises:
        FormatError: The head is separated by something else.
    """
    head = stream.readline(1 << 16)
    if _NOT_UTF8.search(head) or "\0" in head:
        raise FormatError(f"{file}: {_SAVE_AS}")
    if head.startswith("sep=") and len(head.strip("\r\n")) == 5:  # Excel's own way of saying it
        head = stream.readline(1 << 16)
        stream.seek(0)
        stream.readline(1 << 16)
    else:
        stream.seek(0)
    for separator in _SEPARATORS:
        if set(next(csv.reader([head], delimiter=separator), ())) >= _TELLING:
            return separator
    between = re.search(r"\bletter\b\W*?([^\w\"'])\W*?kind\b", head)
    if between and between[1] not in _SEPARATORS:
        known = ", ".join(_SEPARATORS.values())
        raise FormatError(f"{file}: its columns are separated by {between[1]!r}; save it with one of: {known}")
    return ","


# --- out -------------------------------------------------------------------------------------------------------------


def _rows(task: Task) -> Iterator[dict[str, Any]]:
    record = task.record
    head = {name: value for part in _HEAD for name, value in record[part].items()}
    about = {key: task.meta[key] for key in _META if key in task.meta}
    more = {key: value for key, value in task.meta.items() if key not in _META}
    parts = list(_parts(record))
    counts = Counter(part["kind"] for part in parts)
    exported = " ".join([record_digest(record, task.text), *(f"{kind}:{counts[kind]}" for kind in _MODELS)])
    yield {"kind": "letter", **head, **about, "exported": exported, **({"meta": more} if more else {})}
    yield from parts


def _parts(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from ({"kind": "fact", **fact} for fact in record["facts"])
    for service in record["services"]:
        yield {"kind": "service", **service}
        yield from ({"kind": "citation", "service": service["id"], **item} for item in service.get("citations", ()))
        yield from ({"kind": "rationale", "service": service["id"], **item} for item in service.get("rationale", ()))
    yield from ({"kind": "entity", **entity, "was": said_before(entity)} for entity in record["entities"])
    yield from ({"kind": "relation", **relation} for relation in record["relations"])


def _cells(row: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    more: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("citations", "rationale"):
            continue
        if name in _NESTED and isinstance(value, dict) and value.keys() <= {"min", "max", "per", "unit"}:
            cells |= {f"{name}_{key}": cell_of(part) for key, part in value.items()}
        elif name in _LISTS:
            cells[name] = list_cell(value)
        elif name in COLUMNS:
            cells[name] = cell_of(value)
        else:
            more[name] = value
    if more:
        cells["more"] = json.dumps(more)
    return {name: _SPLIT.sub(r"\1'", cell) for name, cell in cells.items()}


def _quoted(cell: str) -> str:
    """Return a cell as it stands in the file, in quotes where it holds a separator of any kind.

    >>> _quoted("left; right"), _quoted("MRI")
    ('"left; right"', 'MRI')
    """
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.intersection(cell) else cell


# --- back ------------------------------------------------------------------------------------------------------------


def _values(row: dict[str, Any], where: str, separator: str, problems: list[list[str]]) -> dict[str, Any]:
    """Return what the cells of a row hold; a cell that holds something else is told in ``problems``."""
    values: dict[str, Any] = {}
    for name, given in row.items():
        if not given or name is None or not isinstance(given, str):
            continue
        cell = _GUARDED.sub(r"\1", given)
        outer, _, inner = name.rpartition("_")
        try:
            if outer in _NESTED:
                part = to_number(cell, separator) if inner in ("min", "max") else plain(cell)
                values.setdefault(outer, {})[inner] = part
            elif name == "more":
                values |= dict(json.loads(cell))
            elif name in _LISTS:
                values[name] = to_list(cell)
            elif name in _NUMBERS:
                value = to_number(cell, separator)
                values[name] = float(value) if name in _FLOATS else value
            elif name in DATES:
                values[name] = to_date(cell)
            elif name == "answer":
                values[name] = to_answer(cell)
            elif name in _TRUTHS:
                values[name] = to_truth(cell)
            elif name not in COLUMNS:
                raise FormatError(f"{where}: the column {name[:_LONGEST]} is in no export; delete it")
            else:
                values[name] = plain(cell)
        except (ValueError, TypeError, RecursionError) as error:
            if isinstance(error, FormatError):
                raise
            reason = str(error) if type(error) is ValueError else "not a JSON object"
            problems.append(["cell", f"{where}: {name}: {reason}"])
    return values


def _task(name: str, text: str, rows: list[dict[str, Any]], problems: list[list[str]]) -> Task:
    record: dict[str, Any] = {part: {} for part in _HEAD}
    record |= {"facts": [], "entities": [], "services": [], "relations": []}
    meta: dict[str, Any] = {}
    said, exported, change = None, None, ""
    services: dict[str, dict[str, Any]] = {}
    letter_lines: list[int] = []
    counts = Counter(row.get("kind", "") for row in rows)
    for row in sorted(
        rows, key=lambda row: row.get("kind") != "service"
    ):  # what belongs to a service may stand above it
        kind, owner, line = row.pop("kind", ""), row.pop("service", ""), row.pop("line")
        row.pop("letter", None)
        if kind == "letter":
            letter_lines.append(line)
            more = row.get("meta")
            meta = {key: row[key] for key in _META if key in row} | (more if isinstance(more, dict) else {})
            said, exported = row.get("answer"), row.get("exported")
            change = change_of(exported, counts)
            exported = exported and exported.partition(" ")[0]
            for part, model in _HEAD.items():
                record[part] = {key: row[key] for key in model.model_fields if key in row}
        elif kind in ("citation", "rationale") and owner in services:
            services[owner]["citations" if kind == "citation" else "rationale"].append(row)
        elif kind == "service" and row.get("id", "") in services:
            problems.append(["id", f"line {line}: service {row.get('id', '')} stands above already; delete a copy"])
        elif kind == "service":
            services[row.get("id", "")] = row | {"citations": [], "rationale": []}
        elif kind == "entity":
            record["entities"].append(relabelled(row, row.pop("was", None)))
        elif kind in ("fact", "relation"):
            record[f"{kind}s"].append(row)
        else:
            reason = f"service {owner!r} is not there" if kind in ("citation", "rationale") else "no such kind"
            problems.append(["row", f"line {line}: {kind or 'row'} {row.get('id', '')}: {reason}"])
    if not letter_lines:
        problems.append(["row", "its row of kind letter is gone; take it from the exported sheet"])
    if len(letter_lines) > 1:
        again = ", ".join(map(str, letter_lines[1:_SHOWN]))
        problems.append(["row", f"line {again}: a row of kind letter again; delete the copies of its rows"])
    record["services"] = list(services.values())
    if problems:
        meta["problems"], exported = problems, ""  # what can't be read was changed
    record = derive_fields(record, text)
    return Task(name, text, record, meta, answer_of(said, record, text, exported), change)
