"""The formats of labelling tools.

Each is a module with:

- ``SUFFIX``: of the file it writes; "" where it writes a folder;
- ``SIDE``: the suffix of the file that it writes beside it; "" where it writes none;
- ``UNSUPPORTED``: what the format can't hold, in words;
- ``write(tasks, out)``: writes tasks one by one, so that memory doesn't grow with their number;
- ``read(paths, texts=None)``: yields the tasks again, as corrected, each with its ``answer``. ``texts`` gives a
  letter's text by its name, where the format doesn't hold it. What a reader can't place goes into ``meta["problems"]``,
  which `check` reports. A task that can't be read is a `Problem`; what a file as a whole isn't, is a `FormatError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from imr_nlp.reading.problems import Problem
from imr_nlp.review.task import Task

FORMATS = ("label-studio", "prodigy", "doccano", "brat", "docbin", "csv")


#: Tasks at the beginning of a file that are tried before the file as a whole is refused.
_TRIED = 20


class FormatError(ValueError):
    """A file that isn't of the format that it is read as; the message names the file, the line and the reason."""


class Format(Protocol):
    """What the module of a format offers."""

    SUFFIX: str
    SIDE: str
    UNSUPPORTED: tuple[str, ...]

    def write(self, tasks: Iterable[Task], out: Path) -> None:
        """Write tasks.

        Args:
            tasks: The letters, taken one at a time.
            out: The file or folder that is written.
        """

    def read(self, paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
        """Yield the tasks of files, and a Problem for each that can't be read.

        Args:
            paths: Files or folders, as the tool gives them back.
            texts: Gives a letter's text by its name, for formats that don't hold the text.

        Raises:
            FormatError: A file isn't of the format.
        """


def format_named(name: str) -> Format:
    """Return the module of a format.

    >>> format_named("csv").SUFFIX
    ''
    """
    return cast(Format, import_module(f"imr_nlp.review.formats.{name.replace('-', '_')}"))


def read_files(tool: Format, paths: Iterable[Path]) -> Iterator[Task | Problem]:
    """Yield the tasks of files, one file after the other. A file that is not of the format is a `Problem`.

    A file whose first `_TRIED` tasks are none is read no further.

    Args:
        tool: The format (`format_named`).
        paths: Files or folders.
    """
    for path in paths:
        first: list[Problem] = []  # what is wrong before the first task
        begun = False
        try:
            for one in tool.read([path]):
                if not begun and isinstance(one, Problem) and one.code == "format":
                    first.append(one)
                    if len(first) == _TRIED:
                        break
                    continue
                if not begun:
                    yield from first
                    begun = True
                yield one
            if not begun and (first or not path.is_file()):
                yield from _told(tool, path, first)
        except FormatError as error:
            if not begun:
                yield from first
            yield Problem(str(path), "file", f"{error}{_other_format(tool, path)}")
        except OSError as error:
            yield Problem(str(path), "file", f"{error.filename or path}: {error.strerror}")


def _told(tool: Format, path: Path, first: list[Problem]) -> Iterator[Problem]:
    """Yield why a file without any task has none: it is another tool's, or no such file at all, or damaged."""
    other = _other_format(tool, path)
    if other or len(first) == _TRIED:
        reason = f"its first {_TRIED} tasks can't be read" if len(first) == _TRIED else "no task of it can be read"
        yield Problem(str(path), "file", f"{path}: no {_name(tool)} file: {reason}{other}")
    else:
        yield from first


def _name(tool: Format) -> str:
    return str(getattr(tool, "__name__", "")).rpartition(".")[2].replace("_", "-")


def _other_format(tool: Format, path: Path) -> str:
    """Return what to do with a file that seems to be another tool's, for the end of a message."""
    from imr_nlp.review.formats.seeming import seeming_format

    seeming = seeming_format(path)
    return f"; it seems to be of {seeming}: --format {seeming}" if seeming not in (None, _name(tool)) else ""
