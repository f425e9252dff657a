"""What the arguments of a run name, on any file system of Hadoop's: files and folders to read letters from.

Spark finds the letters below a folder itself, on many machines; here is only what it is told to look through,
and how its full names ("file:/home/me/letters/a.txt") become the names that the user gave ("letters/a.txt").
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from imr_nlp.reading.inputs import Skipped
from imr_nlp.reading.limits import media_type, unsupported
from imr_nlp.reading.problems import Problem, recorded_name
from imr_nlp.spark.filesystem import Entry, Hadoop, has_scheme


class InputError(Exception):
    """Nothing that was named exists, or nothing in it is a letter; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Root:
    """A file, or a folder whose ``uri`` and ``name`` end in a slash: what begins with its URI begins with its name."""

    uri: str
    name: str


@dataclass(slots=True)
class Roots:
    """Where to look for letters, what was named and can't give any, and how many other files a pattern matched."""

    roots: list[Root] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    others: Skipped = field(default_factory=lambda: Skipped(local=False))


def expand(arguments: Sequence[str], files: Hadoop) -> Roots:
    """Return the files and folders that the arguments of a command line (paths, URIs, patterns) name."""
    found = Roots()
    for argument in arguments:
        entry = files.entry(argument)
        if entry is not None:
            _add(found, argument, entry, named=True)
        elif glob.has_magic(argument) or (has_scheme(argument) and "{" in argument):
            matches = list(_matches(argument, files))
            for name, match in matches:
                _add(found, name, match, named=False)
            if not matches:
                _problem(found, argument, "no file matches this pattern")
        else:
            _problem(found, argument, "no such file or folder")
    found.roots = _outermost(found.roots)
    return found


def _matches(pattern: str, files: Hadoop) -> Iterable[tuple[str, Entry]]:
    if files.is_local(pattern):
        for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  (Path.glob takes no absolute ones)
            entry = files.entry(name)
            if entry is not None:
                yield name, entry
    else:
        for entry in files.matches(pattern):
            yield entry.uri, entry


def _add(found: Roots, argument: str, entry: Entry, *, named: bool) -> None:
    """Add a file or folder. A file that was ``named`` and is of another kind is a problem, else it is skipped."""
    name = argument.rstrip("/") if has_scheme(argument) else recorded_name(argument)
    if entry.folder:
        beneath = "" if name == "." else f"{name.rstrip('/')}/"
        found.roots.append(Root(f"{entry.uri.rstrip('/')}/", beneath))
    elif media_type(name):
        found.roots.append(Root(entry.uri, name))
    elif named:
        refused = unsupported(name, local=False)
        found.problems.append(Problem(name, refused.code, refused.message))
    else:
        found.others.add(name)


def _problem(found: Roots, argument: str, reason: str) -> None:
    name = argument if has_scheme(argument) else recorded_name(argument)
    found.problems.append(Problem(name, "not_found", f"{name}: {reason}"))


def _outermost(roots: Iterable[Root]) -> list[Root]:
    """Drop what is named twice, or lies in a folder that is named as well.

    >>> [root.name for root in _outermost([Root("f:/a/b.txt", "b"), Root("f:/a/", "a/"), Root("f:/c.txt", "c")])]
    ['a/', 'c']
    """
    first = {root.uri: root for root in reversed(list(roots))}
    kept = [root for root in first.values() if not any(above in first for above in _above(root.uri))]
    return kept[::-1]


def _above(uri: str) -> Iterator[str]:
    end = len(uri.rstrip("/"))
    while (end := uri.rfind("/", 0, end)) >= 0:
        yield uri[: end + 1]
