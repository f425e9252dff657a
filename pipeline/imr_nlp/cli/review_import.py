"""``imr-nlp review import``: corrected annotations back as gold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.review_problems import say_problems, tell

#: Names of letters that a line shows.
_NAMED = 5
#: Letters whose changes are listed.
_CHANGES = 50


def import_command(
    files: Sequence[Path], out: Path, format: str, replace: bool = False, accept_untouched: bool = False
) -> None:
    """Import what a labelling tool gave back, and say what was taken and what was not.

    Args:
        files: Files or folders of the tool.
        out: The folder of the gold, or the gold file.
        format: A name of `imr_nlp.review.formats.FORMATS`.
        replace: Whether letters that are there already are replaced.
        accept_untouched: Whether letters that nobody corrected or accepted are taken too.

    Raises:
        CommandError: Nothing was taken, or some letters could not be.
    """
    from imr_nlp.review.formats import format_named, read_files
    from imr_nlp.review.importing import ReviewImportError, import_corrections

    missing = [file for file in files if not file.exists()]
    if missing:
        raise CommandError(f"{missing[0]}: no such file or folder", 2)
    tool = format_named(format)
    try:
        report = import_corrections(read_files(tool, files), out, replace, accept_untouched)
    except ReviewImportError as error:
        raise CommandError(str(error), 2) from error
    taken = len(report.added) + len(report.replaced)
    found = taken + len(report.rejected) + len(report.untouched)
    unread = [problem for problem in report.problems if problem.code == "file"]
    if not found and len(unread) == len(report.problems):
        raise CommandError(unread[0].message if unread else f"{files[0]}: no letters in it; nothing was imported", 2)
    tell(f"{_letters(len(report.added))} added, {len(report.replaced):,} replaced -> {out}")
    for name, change in islice(report.changes.items(), _CHANGES):
        tell(f"{name}: {change}")
    if len(report.changes) > _CHANGES:
        tell(f"and {_letters(len(report.changes) - _CHANGES)} more with other rows than were exported")
    if report.rejected:
        tell(f"{_letters(len(report.rejected))} rejected by the reviewer, not taken: {_some(report.rejected)}")
    if report.untouched:
        tell(
            f"{_letters(len(report.untouched))} that nobody corrected or accepted, not taken: "
            f"{_some(report.untouched)} (--accept-untouched takes them)"
        )
    say_problems(report.problems, "not taken")
    if not taken:
        raise CommandError("no letter was corrected or accepted; nothing was imported", 1)


def _letters(number: int) -> str:
    return f"{number:,} {'letter' if number == 1 else 'letters'}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
