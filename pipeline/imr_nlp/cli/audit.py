"""``imr-nlp audit``: the warnings of a run, by kind and by letter."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imr_nlp.cli.errors import CommandError

if TYPE_CHECKING:
    from imr_nlp.records.schema import Warning

#: Places that the table by letter shows of one warning.
_SHOWN = 3


class Severity(StrEnum):
    """How serious a warning is, the most severe first."""

    error = "error"
    warning = "warning"
    info = "info"


def audit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that imr-nlp run wrote.", show_default=False)],
    severity: Annotated[
        Severity, typer.Option("--severity", help="List warnings of this severity and above.")
    ] = Severity.warning,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Audit again, with rules of your own (docs/audit.md)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a warning.")] = False,
    fail_on: Annotated[
        Severity | None, typer.Option("--fail-on", help="Exit with 1 where a warning is this severe, or more.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """List what a person should look at: letters that contradict themselves, and what is missing.

    The first table counts by kind, the second lists letter by letter. Offsets are characters of the letter's text.

    [bold]Examples[/bold]

      imr-nlp audit out

      imr-nlp audit out --severity info --json > warnings.jsonl

      imr-nlp audit out --rules my-audit.yml --fail-on error
    """
    found = list(_warnings(run, rules))
    levels = list(Severity)
    listed = [row for row in found if levels.index(Severity(row["severity"])) <= levels.index(severity)]
    if as_json:
        for row in listed:
            sys.stdout.write(json.dumps(row) + "\n")
    else:
        _print(found, listed, severity)
    if fail_on and any(levels.index(Severity(row["severity"])) <= levels.index(fail_on) for row in found):
        raise typer.Exit(1)


def _warnings(run: Path, rules: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the warnings of a run as plain values, with the letter that each is about."""
    from imr_nlp.records.files import record_files

    checked = _audited(run, rules) if rules is not None else None
    for path in record_files(run):
        for number, record in _records(path):
            source, case = record.get("source") or {}, record.get("case") or {}
            about = {"path": source.get("path"), "case_number": case.get("case_number")}
            warnings = record.get("warnings") or []
            if checked is not None:
                warnings = [w.model_dump(exclude_none=True) for w in checked(path, number, record)]
            for warning in warnings:
                yield {**about, "severity": "warning", **warning}


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the records of a file with the numbers of their lines. Raises CommandError."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield number, _record(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise CommandError(f"{path}: {reason}; name a folder that imr-nlp run wrote", 2) from error


def _record(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}:{number}: not JSON; run again", 2) from error
    if not isinstance(record, dict):
        raise CommandError(f"{path}:{number}: no record of a run", 2)
    return record


def _audited(run: Path, rules: Path) -> Any:
    """Return a function that audits a record anew with the user's rules."""
    from pydantic import ValidationError

    from imr_nlp.audit.audit import warnings_of
    from imr_nlp.audit.rules import load_audit_rules
    from imr_nlp.config import ConfigError
    from imr_nlp.records.schema import Letter
    from imr_nlp.report.letter import Texts

    try:
        loaded = load_audit_rules(str(rules))
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    texts = Texts(run if run.is_dir() else run.parent)

    def check(path: Path, number: int, record: dict[str, Any]) -> list[Warning]:
        try:
            letter = Letter.model_validate(record)
        except ValidationError as error:
            raise CommandError(f"{path}:{number}: a record of another version; run again", 2) from error
        text = texts.of(record)
        if text is None:
            name = letter.source.path or "-"
            raise CommandError(f"{name}: its text is not at hand; run again with --store-text", 1)
        return warnings_of(letter, text, loaded)

    return check


def _print(found: list[dict[str, Any]], listed: list[dict[str, Any]], severity: Severity) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not found:
        console.print("No warnings.")
        return
    kinds = Counter((row["severity"], row["code"]) for row in found)
    letters = {kind: len({row["path"] for row in found if (row["severity"], row["code"]) == kind}) for kind in kinds}
    levels = [level.value for level in Severity]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("kind", "severity"):
        table.add_column(name, no_wrap=True)
    for name in ("warnings", "letters"):
        table.add_column(name, justify="right")
    for kind in sorted(kinds, key=lambda kind: (levels.index(kind[0]), -kinds[kind], kind[1])):
        table.add_row(Text(_plain(kind[1])), kind[0], f"{kinds[kind]:,}", f"{letters[kind]:,}")
    console.print(table)
    letter = None
    for row in listed:
        if row["path"] != letter:
            letter = row["path"]
            console.print(Text(_plain(letter or "-"), style="bold"), soft_wrap=True)
        places = row.get("places") or []
        where = ", ".join(f"{_plain(place['what'])} {place['start']}-{place['end']}" for place in places[:_SHOWN])
        line = f"  {row['severity']}: {_plain(row['message'])}" + (f" ({where})" if where else "")
        console.print(Text(line), soft_wrap=True)
    hidden = len(found) - len(listed)
    if hidden:
        console.print(f"{hidden:,} below {severity.value} not listed; add --severity info")


def _plain(text: str) -> str:
    """Return text on one line, without what could steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
