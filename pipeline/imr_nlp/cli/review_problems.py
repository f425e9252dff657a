"""What ``review export`` and ``review import`` say: lines in which nothing from outside steers the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from imr_nlp.cli.console import say
from imr_nlp.cli.errors import CommandError
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from imr_nlp.reading.problems import Problem


def tell(message: str) -> None:
    """Write one line to standard output."""
    typer.echo(one_line(message))


def say_unsupported(format: str, unsupported: Sequence[str]) -> None:
    """Say what a format can't hold."""
    for thing in unsupported:
        tell(f"{format} can't hold: {thing}")


def say_problems(problems: Sequence[Problem], what: str) -> None:
    """List what went wrong, each letter with all its reasons.

    Args:
        problems: What could not be taken.
        what: "not taken" or "not exported".

    Raises:
        CommandError: There are any; exit code 1.
    """
    if not problems:
        return
    for problem in problems:
        named = "" if problem.code == "file" or problem.message.startswith(problem.subject) else f"{problem.subject}: "
        say(f"{what}: {named}{problem.code}: {problem.message}")
    letters = len({problem.subject for problem in problems})
    raise CommandError(f"{letters:,} {'letter' if letters == 1 else 'letters'} {what}; the reasons stand above", 1)
