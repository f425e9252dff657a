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


class FormatError(ValueError):
    """A file that isn't of the format that it is read as; the message names the file, the line and the reason."""


class Format(Protocol):
    """What the module of a format offers."""

    SUFFIX: str
    SIDE: str
    UNSUPPORTED: tuple[str, ...]

    def write(self, tasks: Iterable[Task], out: Path) -> None:
        """Write tasks."""

    def read(self, paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
        """Read tasks."""


def format_named(name: str) -> Format:
    """Return the module of a format.

    >>> format_named("csv").SUFFIX
    ''
    """
    return cast(Format, import_module(f"imr_nlp.review.formats.{name.replace('-', '_')}"))


def read_files(tool: Format, paths: Iterable[Path]) -> Iterator[Task | Problem]:
    """Yield the tasks of files, one file after the other. A file that is not of the format is a `Problem`."""
    for path in paths:
        try:
            yield from tool.read([path])
        except FormatError as error:
            yield Problem(str(path), "file", str(error))
        except OSError as error:
            yield Problem(str(path), "file", f"{error.filename or path}: {error.strerror}")
