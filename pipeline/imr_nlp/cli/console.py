"""What the commands write to a terminal or a log: lines, progress bars; and the standard streams themselves."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from imr_nlp.cli.errors import CommandError
from imr_nlp.text.visible import one_line

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def say(message: object) -> None:
    """Write one line to standard error.

    Characters that steer a terminal are shown, not obeyed. A stream that is closed or full loses the line, and the
    command continues: its results are worth more than its messages.
    """
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{one_line(message)}\n")
        sys.stderr.flush()


def prepare_streams() -> None:
    """Make the standard streams safe to use, whatever the caller has left of them.

    A descriptor that was closed is opened on the null device. Otherwise the next file that a run opens would get its
    number, and messages would be written into that file. Characters that a stream's encoding lacks become escapes.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        else:
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="backslashreplace")


def is_url(name: str) -> bool:
    """Tell a URL from a path. A single letter before "://" is no scheme.

    >>> is_url("https://example.org/a.pdf"), is_url("x://a.txt"), is_url("a/b.txt")
    (True, False, False)
    """
    return _URL.match(name) is not None


def discard_output() -> None:
    """Drop what standard output still holds, after writing it failed: Python would try again at its exit."""
    _discard(sys.stdout)


def discard_lost_messages() -> None:
    """Drop messages that standard error could not take. Python would try again at its exit, and fail."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def check_rules(rules: Path | None) -> None:
    """Refuse a rules file that isn't there, or whose name can't stand in a pipeline's configuration.

    Raises:
        CommandError: Wrong usage.
    """
    if rules is None:
        return
    if rules.exists() and not rules.is_file():
        kind = "a folder" if rules.is_dir() else "no file but a device or pipe"
        raise CommandError(f"--rules {rules}: {kind}; name a file of rules", 2)
    if not rules.exists():
        raise CommandError(f"--rules {rules}: no such file", 2)
    try:
        str(rules).encode()
    except UnicodeEncodeError as error:
        raise CommandError(f"--rules {rules}: its name is not UTF-8, which rules files need; rename it", 2) from error


def cores() -> int:
    """Return how many cores this process may use. Not every system tells; then it is how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def bar(total: int | None) -> Iterator[Callable[..., None]]:
    """Show a progress bar of letters on standard error.

    Args:
        total: Letters to do; None while that is not known.

    Yields:
        A function of the letters done, the letters failed and (where it has become known) the total.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[bold]letters"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TextColumn("[red]{task.fields[failed]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as shown:
        task = shown.add_task("letters", total=total, rate="", failed="")

        def move(done: int, failed: int = 0, total: int | None = total) -> None:
            speed = shown.tasks[0].speed
            shown.update(
                task,
                completed=done,
                total=total,
                rate=f"{speed:.0f}/s" if speed else "",
                failed=f"{failed} failed" if failed else "",
            )

        yield move


@contextmanager
def no_bar() -> Iterator[Callable[..., None]]:
    """Yield a function that shows nothing."""
    yield lambda *done, **more: None
