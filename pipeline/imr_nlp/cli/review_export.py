"""``imr-nlp review export``: the annotations of letters in the format of a labelling tool."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from imr_nlp.cli.console import check_rules, say
from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.review_problems import say_problems, say_unsupported, tell

if TYPE_CHECKING:
    from imr_nlp.reading.problems import Problem
    from imr_nlp.review.task import Task


#: How the name begins under which an export is made.
_WORK = ".export-"


def export_command(
    what: Sequence[str],
    out: Path,
    format: str,
    order: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    rules: Path | None = None,
    timeout: float | None = None,
    *,
    debug: bool = False,
) -> None:
    """Export letters. ``OUT`` is written under another name first, so that a failure leaves nothing of it.

    Args:
        what: The folders of runs, or letters to read now.
        out: The file or folder to make. Nothing that is there is overwritten.
        format: A name of `imr_nlp.review.formats.FORMATS`.
        order: A name of `imr_nlp.review.order.ORDERS`, or None for the order in which they come.
        limit: How many letters, or None for all.
        seed: For orders that draw.
        rules: The user's rules file, for letters that are read now.
        timeout: Seconds that a letter may take; None for the limit of a run.
        debug: Whether stack traces are shown.

    Raises:
        CommandError: Nothing could be exported, or some letters could not.
    """
    from imr_nlp.config import ConfigError
    from imr_nlp.review.formats import format_named
    from imr_nlp.review.sources import runs_in, tasks_of
    from imr_nlp.review.spool import in_order
    from imr_nlp.run.isolated import read_each
    from imr_nlp.run.pool import WorkerError
    from imr_nlp.run.protocol import TIMEOUT

    tool = format_named(format)
    refuse_present(out, tool.SIDE)
    check_rules(rules)
    missing = [
        name for name in what if len(what) == 1 and not any(c in name for c in "*?[") and not os.path.lexists(name)
    ]
    if missing:
        raise CommandError(f"{missing[0]}: no such file or folder", 2)
    runs = runs_in(what)
    if 0 < len(runs) < len(what):
        raise CommandError(f"{runs[0]} is a run, and others of them are none; name runs or letters, not both", 2)
    problems: list[Problem] = []
    written = 0
    reader = partial(read_each, rules=rules, timeout=timeout or TIMEOUT, debug=debug)

    def counted() -> Iterator[Task]:
        nonlocal written
        tasks: Iterable[Task] = tasks_of(what, problems, reader=reader)
        for task in in_order(tasks, order, limit, seed) if order else islice(tasks, limit):
            written += 1
            yield task

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=out.parent) as work:
            made = Path(work) / out.name
            tool.write(counted(), made)
            if written:
                _put_in_place(made, out, tool.SIDE)
    except (ConfigError, WorkerError) as error:
        raise CommandError(str(error), 2) from error
    except OSError as error:
        at = out if error.filename is None or _WORK in str(error.filename) else error.filename
        raise CommandError(f"{at}: {error.strerror}", 1) from error
    if not written:
        for problem in problems:
            say(f"not exported: {problem.subject}: {problem.code}: {problem.message}")
        raise CommandError(f"no letters in {', '.join(what[:3])}; nothing was exported", 1 if problems else 2)
    tell(f"{written:,} {'letter' if written == 1 else 'letters'} -> {out}")
    say_unsupported(format, tool.UNSUPPORTED)
    say_problems(problems, "not exported")


def refuse_present(out: Path, side: str) -> None:
    """Raise CommandError where ``out``, or the file beside it, is there already. A link is there, wherever it leads.

    An empty folder may be there.
    """
    paths = [out, *([out.with_suffix(side)] if side else [])]
    for path in paths:
        empty = path is out and path.is_dir() and not path.is_symlink() and not any(path.iterdir())
        if os.path.lexists(path) and not empty:
            raise CommandError(f"{path} is there already; name another", 2)


def _put_in_place(made: Path, out: Path, side: str) -> None:
    """Move what was written to its place. What has come to be there meanwhile stays."""
    refuse_present(out, side)
    if out.is_dir():
        out.rmdir()
    if side:
        shutil.move(made.with_suffix(side), out.with_suffix(side))
    made.rename(out)
