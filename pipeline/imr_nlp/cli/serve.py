"""``imr-nlp serve``: the pages of a run of any length, from this machine to this machine."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from imr_nlp.cli.console import say
from imr_nlp.cli.errors import CommandError


def serve(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that imr-nlp run wrote.", show_default=False)],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at (0: a free one).")] = 0,
    browse: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Serve the report of a run, with its search, at an address that only this machine reaches.

    The address holds a secret of this start: whoever knows it on this machine sees the letters. The run is only
    read. Ctrl-C stops the server. It needs the extra: pip install 'imr-nlp\\[serve]'.

    [bold]Examples[/bold]

      imr-nlp serve out

      imr-nlp serve out --port 8765 --open
    """
    from imr_nlp.reading.problems import ReadError
    from imr_nlp.report.dataset import ReportError, Run

    try:
        from imr_nlp.report import server
    except ImportError as error:
        raise CommandError("imr-nlp serve needs its extra: pip install 'imr-nlp[serve]'", 2) from error

    def ready(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        say("Ctrl-C stops the server.")
        if browse:
            import webbrowser

            webbrowser.open(address)

    try:
        opened = Run(run)
    except ReportError as error:
        raise CommandError(str(error), 2) from error
    try:
        server.serve(opened, secrets.token_urlsafe(24), port, ready)
    except ReadError as error:
        raise CommandError(str(error), 2) from error
    except OSError as error:
        raise CommandError(f"port {port} can't be used ({error.strerror}); name another with --port", 2) from error
    finally:
        opened.close()
