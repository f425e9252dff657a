"""CSV for spreadsheets: a folder with ``annotations.csv`` and, as the text that offsets point into, ``texts/NAME.txt``.

A letter is a row of kind ``letter`` (facts of case, patient and reviewer), followed by a row for each fact's place,
service, citation, rationale sentence, entity and relation. The file is UTF-8 with a byte-order mark, as spreadsheets
expect. A cell that one would take for a formula has an apostrophe before it, which goes again on the way back.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from imr_nlp.records import schema as records
from imr_nlp.review.formats import FormatError
from imr_nlp.review.task import Task, settle

SUFFIX = ""
LOST: tuple[str, ...] = ()
SHEET, TEXTS = "annotations.csv", "texts"

_LISTS = ("body_parts", "body_regions", "procedures", "diagnoses", "sections", "pages", "states", "specialties",
          "warnings")  # fmt: skip
_NESTED = ("frequency", "duration", "requested", "authorized_before", "granted")
#: Columns that hold JSON: lists of parts.
_JSON = ("concepts", "limits", "compound", "decision_evidence")
_NUMBERS = ("start", "end", "decision_start", "decision_end", "cue_start", "cue_end", "score", "category_score", "min",
            "max", "sessions", "implied_sessions", "count", "refills", "days_supply", "theme_score",
            "year", "age")  # fmt: skip
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
_FIRST = ("letter", "kind", "service", "id", "label", "start", "end", "text", "decision", "category", "role",
          "assertion", "status", "authority", "party")  # fmt: skip
_LAST = ("rule", "score", "context_rule", "category_rule", "category_score", "section", *_META)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def _columns() -> list[str]:
    fields: list[str] = []
    for model in (*_MODELS.values(), *_HEAD.values()):
        for name in model.model_fields:
            fields += [f"{name}_min", f"{name}_max", f"{name}_per", f"{name}_unit"] if name in _NESTED else [name]
    middle = [name for name in dict.fromkeys(fields) if name not in (*_FIRST, *_LAST, "citations", "rationale")]
    return [*_FIRST, *middle, *_LAST]


COLUMNS = _columns()


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks into the folder ``out``."""
    (out / TEXTS).mkdir(parents=True, exist_ok=True)
    with (out / SHEET).open("w", encoding="utf-8-sig", newline="") as stream:
        sheet = csv.DictWriter(stream, COLUMNS, restval="")
        sheet.writeheader()
        for task in tasks:
            (out / TEXTS / f"{task.name}.txt").write_bytes(task.text.encode("utf-8", "surrogatepass"))
            sheet.writerows(_cells(row | {"letter": task.name}) for row in _rows(task))


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task]:
    """Read folders or sheets. Raises FormatError where one is no such sheet or a cell holds no number.

    The rows of a letter stand together; a letter's text is looked for beside the sheet, unless ``texts`` is given.
    """
    csv.field_size_limit(2**31 - 1)
    for path in paths:
        file = path / SHEET if path.is_dir() else path
        try:
            yield from _tasks(file, texts)
        except OSError as error:
            raise FormatError(f"{error.filename}: {error.strerror}") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError(f"{file}: no CSV in UTF-8; save it as 'CSV UTF-8'") from error


def _tasks(file: Path, texts: Callable[[str], str] | None) -> Iterator[Task]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        sheet = csv.DictReader(stream)
        if missing := {"letter", "kind", "id", "start", "end", "text_sha256"} - set(sheet.fieldnames or ()):
            raise FormatError(f"{file}: no column {', '.join(sorted(missing))}; is this an exported sheet?")
        rows = (_values(row, f"{file}:{sheet.line_num}") for row in sheet)
        for name, group in groupby(rows, lambda row: row.pop("letter", "")):
            text = texts(name) if texts else _text(file.parent / TEXTS / f"{name}.txt")
            yield _task(name, text, list(group))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: can't be read; the letter's text belongs beside the sheet") from error


# --- out -------------------------------------------------------------------------------------------------------------


def _rows(task: Task) -> Iterator[dict[str, Any]]:
    record = task.record
    head = {name: value for part in _HEAD for name, value in record[part].items()}
    yield {"kind": "letter", **head, **{key: task.meta[key] for key in _META if key in task.meta}}
    yield from ({"kind": "fact", **fact} for fact in record["facts"])
    for service in record["services"]:
        yield {"kind": "service", **service}
        yield from ({"kind": "citation", "service": service["id"], **item} for item in service.get("citations", ()))
        yield from ({"kind": "rationale", "service": service["id"], **item} for item in service.get("rationale", ()))
    yield from ({"kind": "entity", **entity} for entity in record["entities"])
    yield from ({"kind": "relation", **relation} for relation in record["relations"])


def _cells(row: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in row.items():
        if name in _NESTED:
            cells |= {f"{name}_{key}": _cell(part) for key, part in value.items()}
        elif name in _JSON:
            cells[name] = json.dumps(value, ensure_ascii=False)
        elif name not in ("citations", "rationale"):
            cells[name] = _list_cell(value) if name in _LISTS else _cell(value)
    return cells


def _cell(value: Any) -> str:
    """Return a value as the text of a cell; an empty cell is no value, a lone apostrophe an empty one.

    >>> _cell("=1+1"), _cell("MRI"), _cell(12), _cell(True)
    ("'=1+1", 'MRI', '12', 'true')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    return f"'{value}" if not value or value.startswith(_FORMULA) else value


def _list_cell(values: list[str]) -> str:
    """Return a list as people write one; as JSON where that would not come back the same.

    >>> _list_cell(["left knee", "neck"]), _list_cell(["a; b"]), _list_cell([])
    ('left knee; neck', '["a; b"]', '[]')
    """
    plain = all(value == value.strip() and value and ";" not in value for value in values)
    return _cell("; ".join(values)) if values and plain and values[0][0] != "[" else json.dumps(values)


# --- back ------------------------------------------------------------------------------------------------------------


def _values(row: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what the cells of a row hold. ``where`` names the row for a person."""
    values: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell or name is None:
            continue
        if name.rsplit("_", 1)[0] in _NESTED:
            outer, inner = name.rsplit("_", 1)
            values.setdefault(outer, {})[inner] = (
                _number(cell, where, name) if inner in ("min", "max") else _plain(cell)
            )
        elif name in _JSON:
            try:
                values[name] = json.loads(cell)
            except ValueError as error:
                raise FormatError(f"{where}: {name}: not JSON") from error
        elif name in _LISTS:
            values[name] = _list(cell)
        elif name in _NUMBERS:
            values[name] = _number(cell, where, name)
        elif name == "outside_mtus":
            values[name] = cell.strip().lower() == "true"  # spreadsheets make it TRUE
        else:
            values[name] = _plain(cell)
    return values


def _plain(cell: str) -> str:
    """Take away the apostrophe that `_cell` gave.

    >>> _plain("'=1+1"), _plain("'"), _plain("'tis")
    ('=1+1', '', "'tis")
    """
    return cell[1:] if cell == "'" or (cell.startswith("'") and cell[1:].startswith(_FORMULA)) else cell


def _list(cell: str) -> list[str]:
    if cell.startswith("["):
        try:
            return [str(value) for value in json.loads(cell)]
        except json.JSONDecodeError:
            pass  # words that a person put in brackets
    return [value.strip() for value in _plain(cell).split(";") if value.strip()]


def _number(cell: str, where: str, column: str) -> int | float:
    try:
        return int(cell)
    except ValueError:
        try:
            return float(cell)
        except ValueError:
            raise FormatError(f"{where}: {column}: not a number") from None


def _task(name: str, text: str, rows: list[dict[str, Any]]) -> Task:
    record: dict[str, Any] = {part: {} for part in _HEAD}
    record |= {"facts": [], "entities": [], "services": [], "relations": []}
    meta: dict[str, Any] = {}
    problems: list[list[str]] = []
    services: dict[str, dict[str, Any]] = {}
    for row in rows:
        kind, owner = row.pop("kind", ""), row.pop("service", "")
        if kind == "letter":
            meta = {key: row[key] for key in _META if key in row}
            for part, model in _HEAD.items():
                record[part] = {key: row[key] for key in model.model_fields if key in row}
        elif kind in ("citation", "rationale") and owner in services:
            services[owner]["citations" if kind == "citation" else "rationale"].append(row)
        elif kind == "service":
            services[row.get("id", "")] = row | {"citations": [], "rationale": []}
        elif kind in ("fact", "entity", "relation"):
            record["entities" if kind == "entity" else f"{kind}s"].append(row)
        else:
            reason = f"service {owner!r} is not above it" if kind in ("citation", "rationale") else "no such kind"
            problems.append(["row", f"{kind or 'row'} {row.get('id', '')}: {reason}"])
    record["services"] = list(services.values())
    if problems:
        meta["problems"] = problems
    return Task(name, text, settle(record, text), meta)
