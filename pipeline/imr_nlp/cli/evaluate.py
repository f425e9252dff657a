"""``imr-nlp evaluate``: how well the pipeline, or the records of a run, agree with gold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imr_nlp.cli.console import check_rules
from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import require_own, write_output

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from imr_nlp.evaluation.gold import Gold
    from imr_nlp.evaluation.metrics import Error, Report

#: Characters of the letter shown before and after an error.
BEFORE, AFTER = 40, 30
#: Characters shown of an error itself: enough to find a sentence again.
SHOWN = 150
_SIGNS = {"missed": ("-", "red"), "invented": ("+", "yellow"), "wrong": ("~", "magenta")}


class Half(StrEnum):
    """Half of the letters, sorted by name."""

    develop = "develop"
    held = "held"


def evaluate(
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD", help="Gold records, one a line, or their folder.", show_default=False)
    ],
    letters: Annotated[
        Path | None,
        typer.Option("--letters", metavar="DIR", help="The letters, where they aren't beside GOLD."),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option("--records", metavar="FILE", help="Score this letters.jsonl of a run; read no letters anew."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, added to the shipped ones."),
    ] = None,
    half: Annotated[
        Half | None, typer.Option("--half", help="Only every other letter by name: 1st, 3rd, ... or 2nd, 4th, ...")
    ] = None,
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors",
            metavar="NAME",
            help="List what was missed (-), invented (+) or wrong (~) instead; with --negex negation or temporality.",
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON.")
    ] = None,
    negex: Annotated[
        bool, typer.Option("--negex", help="GOLD is the kit.tsv of the public NegEx test kit: score the context rules.")
    ] = False,
    knock_out: Annotated[
        bool,
        typer.Option("--knock-out", help="Read each letter without the entries that no other letter of the gold uses."),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="RUN", help="List what changed against the records of an earlier run."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Read the letters of a gold file and print how well the records agree with it.

    --errors takes a label (DIAGNOSIS, ...) or one of case, value, assertion, status, authority, service, decision,
    category, procedure, body_parts, quantities, citation, rationale, role. It prints passages of the letters.

    [bold]Examples[/bold]

      imr-nlp evaluate annotations

      imr-nlp evaluate annotations/gold.jsonl --errors DIAGNOSIS

      imr-nlp evaluate gold.jsonl --letters letters/ --records out/letters.jsonl --json scores.json

      imr-nlp evaluate gold.jsonl --against out/before

      imr-nlp evaluate kit.tsv --negex

      imr-nlp evaluate gold.jsonl --knock-out

      imr-nlp evaluate annotations/dwc --letters letters/
    """
    if rules is not None and records is not None:
        raise CommandError("--rules changes how letters are read; with --records none are", 2)
    check_rules(rules)
    if knock_out and records is not None:
        raise CommandError("--knock-out reads the letters anew; leave --records out", 2)
    require_own("--json", write)
    if negex:
        _negex(gold, rules, errors)
        return
    from imr_nlp.evaluation.gold import GoldError, read_gold, read_records
    from imr_nlp.evaluation.metrics import ERRORS
    from imr_nlp.evaluation.public_gold import is_public
    from imr_nlp.evaluation.scoring import score

    if errors is not None and errors not in ERRORS:
        raise CommandError(f"--errors {errors}: unknown; known are {', '.join(ERRORS)}", 2)
    try:
        public = is_public(gold)
        wanted = _public_gold(gold, letters) if public else read_gold(gold, letters)
        if half is not None:
            wanted = wanted.split("dev" if half is Half.develop else "heldout")
        earlier = read_records(against, wanted, any_version=True) if against is not None else None
        found = read_records(records, wanted) if records is not None else _read_anew(wanted, rules, knock_out)
    except GoldError as error:
        raise CommandError(str(error), 2) from error
    report = score(wanted.records, found, wanted.texts)
    if public:
        report.counts.pop("citation strict", None)  # titles and sections are words of the letters
        report.errors.pop("citation", None)
    if write is not None:
        write_output("--json", write, json.dumps(report.figures(), indent=1) + "\n")
    if earlier is not None:
        _print_changes(score(wanted.records, earlier, wanted.texts), report, wanted)
        return
    _print(report, wanted, errors)
    if errors is None and knock_out:
        _print_distinct(found, wanted)
    if errors is None:
        _print_unresolved(found.values())


def _negex(kit: Path, rules: Path | None, errors: str | None) -> None:
    """Score the context component on the NegEx kit, beside stock medspaCy ConText."""
    from rich.console import Console

    from imr_nlp.evaluation.negex import JUDGEMENTS, assertions, read_kit, score, stock_assertions, wrong
    from imr_nlp.pipeline import load

    if errors is not None and errors not in JUDGEMENTS:
        raise CommandError(f"--errors {errors}: unknown; with --negex known are {', '.join(JUDGEMENTS)}", 2)
    try:
        rows = read_kit(kit)
    except (OSError, ValueError) as error:
        raise CommandError(f"{kit}: {getattr(error, 'strerror', None) or error}", 2) from error
    found = list(assertions(load(rules=str(rules) if rules else None), rows))
    console = Console(highlight=False)
    if errors is not None:
        for row, assertion in wrong(rows, found, errors):
            console.print(f"{row.number} {assertion}: {_plain(row.concept)} | {_plain(row.sentence)}", soft_wrap=True)
        return
    console.print(f"{len(rows):,} rows")
    table = _table("system", "judgement", "P", "R", "F1", "gold")
    for name, answers in (("imr-nlp", found), ("stock medspaCy ConText", list(stock_assertions(rows)))):
        for judgement, counts in score(rows, answers).items():
            numbers = (f"{value:.3f}" for value in (counts.precision, counts.recall, counts.f1))
            table.add_row(name, judgement, *numbers, f"{counts.gold:,}")
    console.print(table)


def _public_gold(folder: Path, letters: Path | None) -> Gold:
    """Read a public gold standard; say which letters are missing or differ."""
    from rich.console import Console

    from imr_nlp.evaluation.public_gold import read_public_gold

    if letters is None:
        raise CommandError(f"{folder} holds no letters: name their folder with --letters", 2)
    gold, missing, different = read_public_gold(folder, letters)
    console = Console(stderr=True, highlight=False)
    for names, what in ((missing, "missing"), (different, "not the text that was annotated")):
        if names:
            console.print(f"{len(names)} letters {what}: {', '.join(names)}", soft_wrap=True)
    return gold


def _read_anew(gold: Gold, rules: Path | None, knock_out: bool = False) -> dict[str, dict[str, Any]]:
    from imr_nlp.config import ConfigError
    from imr_nlp.evaluation.gold import read_letters
    from imr_nlp.pipeline import load

    try:
        nlp = load(rules=str(rules) if rules else None)
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    if knock_out:
        from imr_nlp.evaluation.knock_out import knocked_out, public_words

        return knocked_out(nlp, gold, public_words())
    return read_letters(nlp, gold)


def _print(report: Report, gold: Gold, errors: str | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if errors is None:
        console.print(f"{report.letters} letters, {report.with_record} with a record")
        console.print(_counts(report))
        console.print(_agreements(report))
        return
    for error in report.errors[errors]:
        console.print(_line(error, gold.letters[error.letter].text), soft_wrap=True)


def _print_unresolved(records: Iterable[Mapping[str, Any]]) -> None:
    """List the citations and mentions of guidelines that the catalogue does not know, the most frequent first."""
    from rich.console import Console

    from imr_nlp.evaluation.unresolved import resolved

    found = resolved(records)
    console = Console(highlight=False)
    console.print(
        f"citations: {found.citations:,}, in the catalogue {found.entries:,}, of another source {found.sources:,}, "
        f"unresolved {found.citations - found.entries - found.sources:,}; "
        f"mentions of guidelines: {found.mentions:,}, in the catalogue {found.named:,}"
    )
    for (kind, authority, written), number in sorted(found.open.items(), key=lambda item: (-item[1], item[0])):
        console.print(f"  {number:>4} {kind} {authority} {_plain(written)}".rstrip(), soft_wrap=True)


def _print_distinct(records: dict[str, dict[str, Any]], gold: Gold) -> None:
    """Print each form of a letter counted once, and the bounds of F1 over letters drawn anew."""
    from rich.console import Console

    from imr_nlp.evaluation.knock_out import bootstrap, distinct

    table = _table("distinct forms", "F1", "gold", "rows, 95 % of F1")
    for name, counts in distinct(records, gold).items():
        low, high = bootstrap(records, gold, f"{name} exact")
        table.add_row(name, f"{counts.f1:.3f}", f"{counts.gold:,}", f"{low:.3f}-{high:.3f}")
    Console(highlight=False).print(table)


def _print_changes(before: Report, after: Report, gold: Gold) -> None:
    """Print what was gained and lost, letter by letter, and the totals."""
    from itertools import groupby

    from rich.console import Console

    from imr_nlp.evaluation.gains import changes

    console = Console(highlight=False)
    found = list(changes(before, after))
    for letter, group in groupby(found, key=lambda change: change.letter):
        console.print(letter, style="bold")
        for change in group:
            word, colour = ("gained", "green") if change.gained else ("lost", "red")
            console.print(f"  {word:6} {change.kind:12} ", style=colour, end="")
            console.print(_line(change.error, gold.letters[letter].text), soft_wrap=True)
    gained = sum(change.gained for change in found)
    console.print(f"{gained} gained, {len(found) - gained} lost in {after.letters} letters")


def _counts(report: Report) -> Table:
    table = _table("what", "P", "R", "F1", "gold")
    for name, counts in report.counts.items():
        numbers = (f"{value:.3f}" for value in (counts.precision, counts.recall, counts.f1))
        table.add_row(name, *numbers, f"{counts.gold:,}")
    return table


def _agreements(report: Report) -> Table:
    table = _table("what", "accuracy", "macro-F1", "gold")
    table.add_column("F1 by class")
    for name, agreement in report.agreements.items():
        classes = ", ".join(f"{of} {f1:.3f}" for of, f1 in agreement.by_class().items())
        table.add_row(
            name, f"{agreement.accuracy:.3f}", f"{agreement.macro_f1:.3f}", f"{len(agreement.pairs):,}", classes
        )
    return table


def _table(first: str, *numbers: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(error: Error, text: str) -> Text:
    """Return one error: its sign, its letter, its passage and, for a wrong value, what was wanted and what was got."""
    from rich.text import Text

    sign, colour = _SIGNS[error.kind]
    line = Text.assemble((f"{sign} {error.letter}: ", colour))
    if error.start is not None and error.end is not None:
        line.append(_plain(text[max(0, error.start - BEFORE) : error.start]), "dim")
        line.append(f"[[{_plain(text[error.start : error.end][:SHOWN])}]]", "bold")
        line.append(_plain(text[error.end : error.end + AFTER]), "dim")
    if error.gold or error.got:
        line.append(f"  {_plain(error.gold or 'nothing')} -> {_plain(error.got or 'nothing')}", colour)
    return line


def _plain(text: str) -> str:
    """Return text on one line, without what could steer the terminal.

    >>> _plain("left\\nknee\\x1b[31m")
    'left knee [31m'
    """
    return "".join(character if character.isprintable() else " " for character in text)
