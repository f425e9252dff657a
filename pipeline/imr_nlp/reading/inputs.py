"""Files, folders, globs and "-" become one ordered list of letters to read.

Nothing that was asked for goes missing silently: what can't be reached (a broken link, a loop of links, a folder
without permission) stands in the list as a `Problem`, in its place, and becomes a line of ``errors.jsonl``.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imr_nlp.reading.problems import Problem, recorded_name
from imr_nlp.reading.source import STDIN, media_type

#: What tells the output folder of a run: its list of files, or (by Spark and earlier versions) these together.
MANIFEST = ".manifest.json"
OUTPUT = frozenset({"letters.jsonl", "errors.jsonl", "run.json"})


@dataclass(slots=True)
class Inputs:
    """What a run reads: paths (and problems) in order, and how many files of other kinds folders held.

    ``outputs`` are folders below the arguments that are not read because a run wrote them.
    """

    items: list[str | Problem] = field(default_factory=list)
    skipped: int = 0
    outputs: list[str] = field(default_factory=list)


def expand(arguments: Sequence[str], exclude: Path | None = None) -> Inputs:
    """Return every letter that ``arguments`` name, each once, in the order of the arguments and then of names.

    A folder is read recursively, links included; hidden files and kinds of file that letters don't come in are
    skipped and counted. ``exclude`` is the run's own output folder, which may lie inside an input folder. Neither it
    nor an earlier run's output folder is read: the texts that are kept there are letters that were read before.

    >>> expand(["no-such-letter.txt"]).items
    [Problem(subject='no-such-letter.txt', code='not_found', message='no-such-letter.txt: no such file or folder')]
    """
    walker = _Walker(exclude)
    for argument in arguments:
        walker.add(argument)
    return walker.inputs


class _Walker:
    def __init__(self, exclude: Path | None) -> None:
        self.inputs = Inputs()
        self.seen: set[str] = set()
        self.exclude = os.path.realpath(exclude) if exclude else None

    def add(self, argument: str) -> None:
        """Add what one argument of the command line names."""
        if argument == STDIN:
            self._once(STDIN, STDIN)
        elif not os.path.lexists(argument) and glob.has_magic(argument):
            matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute ones)
            if not matches:
                self._problem(argument, "not_found", "no file matches this pattern")
            for match in matches:
                self._walk(match, named=False)
        else:
            self._walk(argument, named=True)

    def _walk(self, top: str, *, named: bool) -> None:
        """Add a file, or a folder with all below it in the order of names.

        A file that was ``named`` is taken whatever it is called, so that reading it can say what is wrong with it.
        """
        top = os.fspath(Path(top))
        stack: list[tuple[str, str, tuple[str, ...]]] = [(top, os.path.realpath(top), ())]
        while stack:
            path, real, above = stack.pop()
            try:
                if not stat.S_ISDIR(Path(path).stat().st_mode):
                    if named or media_type(path):
                        self._once(path, real)
                    else:
                        self.inputs.skipped += 1
                elif real in above:
                    self._problem(path, "link_loop", "a link to a folder above it, not followed")
                elif real == self.exclude:
                    self.inputs.outputs.append(path)
                else:
                    stack.extend(self._below(path, real, above))
            except OSError as error:
                self._unreachable(path, error)
            named = False

    def _below(self, folder: str, real: str, above: tuple[str, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return what a folder holds, last name first: (path, where its links lead, the folders above)."""
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name, reverse=True)
        names = {entry.name for entry in found}
        if MANIFEST in names or names >= OUTPUT:
            self.inputs.outputs.append(folder)
            return []
        seen = [entry for entry in found if not entry.name.startswith(".")]
        self.inputs.skipped += len(found) - len(seen)
        return [
            (
                entry.path,
                os.path.realpath(entry.path) if entry.is_symlink() else f"{real}/{entry.name}",
                (*above, real),
            )
            for entry in seen
        ]

    def _once(self, path: str, real: str) -> None:
        if real not in self.seen:
            self.seen.add(real)
            self.inputs.items.append(path)

    def _problem(self, path: str, code: str, reason: str) -> None:
        name = recorded_name(path)
        self.inputs.items.append(Problem(name, code, f"{name}: {reason}"))

    def _unreachable(self, path: str, error: OSError) -> None:
        if error.errno == errno.ELOOP:
            self._problem(path, "link_loop", "a link that leads back to itself")
        elif isinstance(error, FileNotFoundError) and Path(path).is_symlink():
            self._problem(path, "broken_link", "a link to a file that doesn't exist")
        elif isinstance(error, FileNotFoundError):
            self._problem(path, "not_found", "no such file or folder")
        elif isinstance(error, PermissionError):
            self._problem(path, "permission", "no permission to open it")
        else:
            self._problem(path, "unreadable", error.strerror or type(error).__name__)
