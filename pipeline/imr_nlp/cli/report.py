"""``imr-nlp report``: a run as pages that people open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imr_nlp.cli.console import say
from imr_nlp.cli.errors import CommandError


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that imr-nlp run wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="SITE", help="Folder to write.", show_default=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a former report in SITE.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Write a report of a run: an overview, its services and letters, and each letter with its evidence.

    The pages open from the disk and ask nothing of any network. Open SITE/index.html.

    [bold]Examples[/bold]

      imr-nlp run letters/ -o out --store-text

      imr-nlp report out -o site
    """
    from imr_nlp.records.summary import counted
    from imr_nlp.report.dataset import ReportError
    from imr_nlp.report.site import write

    try:
        account = write(run, out, overwrite=overwrite)
    except ReportError as error:
        raise CommandError(str(error), 2) from error
    hint = "" if account["lists"] else f"; aggregates only, imr-nlp serve {run} shows the letters"
    said = f"{counted(account['letters'], 'letter')}, {counted(account['services'], 'service')}"
    if missing := account["without_text"]:
        said_of = (
            f"{counted(missing, 'letter')} without text: the run did not store it, and the file has gone or changed"
        )
        say(f"{said_of}; run imr-nlp run again with --store-text")
    say(f"{said} -> {out}/index.html{hint}")
