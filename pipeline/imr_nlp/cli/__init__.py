"""The command line: ``imr-nlp`` with its verbs, and ``nlp-run``, which is ``imr-nlp run``.

Each verb is a module beside this one. Those modules import nothing heavy (spaCy, Arrow) before their command runs, so
that ``--help`` is there immediately.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from contextlib import suppress

import typer
from typer.exceptions import Abort, TyperException

from imr_nlp.cli.audit import audit
from imr_nlp.cli.benchmark import benchmark
from imr_nlp.cli.commands import STYLE, Command, Group, Version
from imr_nlp.cli.config import config
from imr_nlp.cli.console import discard_lost_messages, discard_output, prepare_streams, say
from imr_nlp.cli.errors import CommandError, frames, plain_words, unforeseen
from imr_nlp.cli.evaluate import evaluate
from imr_nlp.cli.report import report
from imr_nlp.cli.review import add_review
from imr_nlp.cli.run import run
from imr_nlp.cli.schema import schema
from imr_nlp.cli.serve import serve
from imr_nlp.cli.show import show
from imr_nlp.cli.train import add_train
from imr_nlp.text.visible import visible

VERBS: dict[str, Callable[..., None]] = {
    "run": run,
    "show": show,
    "report": report,
    "audit": audit,
    "serve": serve,
    "schema": schema,
    "config": config,
    "evaluate": evaluate,
    "benchmark": benchmark,
}


def main() -> None:
    """Entry point of ``imr-nlp``."""
    app = typer.Typer(
        help="California Independent Medical Review determinations as structured, checkable records.",
        cls=Group,
        **STYLE,
    )
    app.callback()(_options)
    for name, verb in VERBS.items():
        app.command(name, cls=Command)(verb)
    add_train(app)
    add_review(app)
    _launch(app, "imr-nlp")


def main_run() -> None:
    """Entry point of ``nlp-run``."""
    app = typer.Typer(**STYLE)
    app.command("nlp-run", cls=Command)(run)
    _launch(app, "nlp-run")


def _options(version: Version = False) -> None:
    """Take the options that stand before a verb."""


def _launch(app: typer.Typer, name: str) -> None:
    """Run a command; whatever goes wrong is one line on standard error, and a stack trace only with --debug."""
    prepare_streams()
    debug = "--debug" in sys.argv
    try:
        code = app(prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, Abort):
        _stop(name, "interrupted", 130)
    except TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", name)
        told = plain_words(error.format_message()).rstrip(".")
        _stop(name, f"{told}{'' if told.endswith('?') else '.'} Try '{command} --help'.", 2)
    except CommandError as error:
        if debug and error.__cause__:
            sys.stderr.write(f"{visible(frames(error.__cause__))}\n")
        _stop(name, str(error), error.code)
    except BrokenPipeError:  # the reader of a pipe (head, less) has seen enough
        discard_output()
        sys.exit(0)
    except Exception as error:
        if debug:
            sys.stderr.write(f"{visible(frames(error))}\n")
        from imr_nlp.config import ConfigError  # heavy to import, and rarely needed

        if isinstance(error, ConfigError):
            _stop(name, str(error), 2)
        _stop(name, _foreseen(error) or unforeseen(error, name), 1)
    if code == 130:  # how typer returns from Ctrl-C
        _stop(name, "interrupted", 130)
    discard_lost_messages()
    sys.exit(code if isinstance(code, int) else 0)


def _foreseen(error: Exception) -> str | None:
    """Return the message for what the system may refuse at any moment; None for other errors."""
    if isinstance(error, MemoryError):
        return "not enough memory; free some, or use fewer --workers"
    if not isinstance(error, OSError) or not error.strerror:
        return None
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many open files; raise the limit (ulimit -n) and run again"
    about = str(error.filename or "standard output")
    return f"{about}: {error.strerror}"


def _stop(name: str, message: str, code: int) -> None:
    say(f"{name}: {message}")
    discard_lost_messages()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.exit(code)
    discard_output()
    sys.exit(code)
