"""``imr-nlp show``: one letter in the terminal, to be checked at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imr_nlp.cli.errors import CommandError


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A letter, or - for standard input.", show_default=False)],
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, added to the shipped ones."),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="List every finding with the rule that made it.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Show one letter: its facts, each service with decision, quantities, citations and coloured rationale.

    [bold]Examples[/bold]

      imr-nlp show letter.pdf

      imr-nlp show letter.pdf --why | less -R
    """
    from imr_nlp.reading.source import ReadError, read

    try:
        source = read(file)
    except ReadError as error:
        raise CommandError(error.message, 2 if error.code == "not_found" else 1) from error
    if rules is not None and not rules.is_file():
        raise CommandError(f"--rules {rules}: no such file", 2)
    from rich.console import Console

    from imr_nlp import load, read_letter
    from imr_nlp.cli.render import findings, letter
    from imr_nlp.config import ConfigError

    try:
        nlp = load(rules=str(rules) if rules else None)
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    record = read_letter(nlp, source)
    console = Console(highlight=False)
    console.print(letter(record, source.text))
    if why:
        console.print(findings(record, source.text))
