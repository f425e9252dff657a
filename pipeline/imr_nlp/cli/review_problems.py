"""What ``review export`` and ``review import`` say: lines in which nothing from outside steers the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import typer

from imr_nlp.cli.console import say
from imr_nlp.cli.errors import CommandError
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from imr_nlp.reading.problems import Problem


#: Letters that are listed, and reasons of each.
_LETTERS = 50
_REASONS = 5


def tell(message: str) -> None:
    """Write one line to standard output."""
    typer.echo(one_line(message))


def say_unsupported(format: str, unsupported: Sequence[str]) -> None:
    """Say what a format can't hold."""
    for thing in unsupported:
        tell(f"{format} can't hold: {thing}")


def say_problems(problems: Sequence[Problem], what: str) -> None:
    """List what went wrong: of each letter the first reasons, and how many more there are.

    Args:
        problems: What could not be taken.
        what: "not taken" or "not exported".

    Raises:
        CommandError: There are any; exit code 1.
    """
    if not problems:
        return
    of_letters: dict[str, list[Problem]] = {}
    for problem in problems:
        of_letters.setdefault(problem.subject, []).append(problem)
    for subject, reasons in islice(of_letters.items(), _LETTERS):
        for problem in reasons[:_REASONS]:
            named = "" if problem.code == "file" or problem.message.startswith(subject) else f"{subject}: "
            say(f"{what}: {named}{problem.code}: {problem.message}")
        if len(reasons) > _REASONS:
            say(f"{what}: {subject}: and {len(reasons) - _REASONS:,} faults more")
    letters = len(of_letters)
    if letters > _LETTERS:
        say(f"{what}: and {letters - _LETTERS:,} more")
    raise CommandError(f"{letters:,} {'letter' if letters == 1 else 'letters'} {what}; the reasons stand above", 1)
