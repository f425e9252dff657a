"""Files, folders, globs and "-" become one ordered list of letters to read.

Nothing that was asked for goes missing silently: what can't be reached (a broken link, a loop of links, a folder
without permission) stands in the list as a `Problem`, in its place, and becomes a line of ``errors.jsonl``.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imr_nlp.reading import archives, table_files
from imr_nlp.reading.limits import ARCHIVES, MEDIA_TYPES, TABLES, media_type, remedy, suffix
from imr_nlp.reading.problems import Problem, ReadError, recorded_name
from imr_nlp.reading.run_files import ERRORS, MANIFEST, RECORDS, RUN
from imr_nlp.reading.source import STDIN, Blob, SourceText, decode, fetch, letters_in
from imr_nlp.reading.table_files import Columns

#: Names of skipped files that are kept to be shown.
_NAMED = 20
#: Kinds of skipped files that have a line of their own, and the line of the rest.
_KINDS = 6
HIDDEN = "hidden"


@dataclass(slots=True)
class Skipped:
    """Files that hold no letter that can be read: the first of them by name, and how many of each kind.

    Attributes:
        local: Whether processes of this machine read the letters, or Spark.
    """

    names: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    local: bool = True

    def __len__(self) -> int:
        return self.kinds.total()

    def add(self, path: str, *, hidden: bool = False) -> None:
        """Count a file that is not read."""
        self.kinds[HIDDEN if hidden else suffix(path) or "no ending"] += 1
        if len(self.names) < _NAMED and not hidden:
            self.names.append(recorded_name(path))

    def lines(self) -> list[str]:
        """Return a line for each kind of file that is not read, with what to do; hidden files are left out.

        >>> skipped = Skipped()
        >>> skipped.add("letters/a.doc"); skipped.add("letters/b.doc")
        >>> skipped.lines()
        ['2 .doc files not read (letters/a.doc, letters/b.doc); save it as .docx or .pdf']
        """
        found = []
        kinds = [(kind, count) for kind, count in self.kinds.most_common() if kind != HIDDEN]
        shown_kinds, others = (kinds, []) if len(kinds) <= _KINDS else (kinds[: _KINDS - 1], kinds[_KINDS - 1 :])
        for kind, count in shown_kinds:
            named = [name for name in self.names if (suffix(name) or "no ending") == kind][:3]
            shown = f" ({', '.join(named)}{', …' if count > len(named) else ''})" if named else ""
            plural = "s" if count > 1 else ""
            files = f"{kind} file{plural}" if kind.startswith(".") else f"file{plural} without ending"
            fix = remedy(f"a{kind}", local=self.local) or "letters come as " + ", ".join([*MEDIA_TYPES, *ARCHIVES])
            found.append(f"{count:,} {files} not read{shown}; {fix}")
        if others:
            total = sum(count for _, count in others)
            found.append(f"{total:,} files of {len(others):,} further kinds not read")
        return found


#: What tells the output folder of a run: its list of files, or (by Spark and earlier versions) these together.
OUTPUT = frozenset({RECORDS, ERRORS, RUN})


@dataclass(slots=True)
class Inputs:
    """What a run reads.

    Attributes:
        items: Paths and problems in order. A path may be an archive or a table, which hold many letters.
        columns: Where the letters of tables are.
        outputs: Folders below the arguments that are not read because a run wrote them.
        others: Files of other kinds that folders and archives hold. Those of archives are known when they are read.
    """

    items: list[str | Problem] = field(default_factory=list)
    columns: Columns | None = None
    outputs: list[str] = field(default_factory=list)
    others: Skipped = field(default_factory=Skipped)

    @property
    def skipped(self) -> int:
        """How many files are not read."""
        return len(self.others)

    def expected(self) -> int:
        """Return about how many letters there are. Tables are not read for it."""
        return sum(self._expected(item) for item in self.items)

    def letters(self) -> Iterator[str | Blob | Problem]:
        """Yield the letters: paths, the contents of archives and tables as bytes, and problems, in order."""
        for item in self.items:
            if isinstance(item, Problem):
                yield item
            elif archives.is_archive(item):
                yield from self._members(item)
            elif self.columns is not None and suffix(item) in TABLES:
                for row in table_files.rows(item, self.columns):
                    if isinstance(row, Problem):
                        yield row
                    else:
                        yield Blob(row.path, row.text.encode("utf-8", "replace"), "text/plain")
            else:
                yield item

    def _expected(self, item: str | Problem) -> int:
        if isinstance(item, str) and archives.is_archive(item):
            try:
                return len(archives.members(item))
            except ReadError:
                return 1
        return table_files.expected(item) if isinstance(item, str) and suffix(item) in TABLES else 1

    def _members(self, path: str) -> Iterator[Blob | Problem]:
        name = recorded_name(path)
        try:
            every = archives.members(path)
            wanted = [one for one in every if media_type(one.name)]
            for one in every:
                if media_type(one.name) is None:
                    self.others.add(one.path)
            if not wanted:
                yield Problem(name, "empty", f"{name}: an archive without letters ({', '.join(MEDIA_TYPES)})")
            for one, data in archives.contents(path, wanted):
                if isinstance(data, ReadError):
                    yield Problem(one.path, data.code, data.message)
                else:
                    yield Blob(one.path, data, media_type(one.name))
        except ReadError as error:
            yield Problem(name, error.code, error.message)


def expand(arguments: Sequence[str], exclude: Path | None = None, columns: Columns | None = None) -> Inputs:
    """Return every letter that ``arguments`` name, each once, in the order of the arguments and then of names.

    A folder is read recursively, links included. Hidden files and kinds of file that letters don't come in are
    skipped, counted and listed. An output folder of a run is not read: its texts are letters that were read before.

    Args:
        arguments: Files, folders, patterns, or "-" for standard input.
        exclude: The run's own output folder, which may be inside an input folder.
        columns: Where the letters of tables are. Without it, tables are not read.

    >>> expand(["no-such-letter.txt"]).items
    [Problem(subject='no-such-letter.txt', code='not_found', message='no-such-letter.txt: no such file or folder')]
    """
    walker = _Walker(exclude, columns)
    for argument in arguments:
        walker.add(argument)
    if walker.inputs.items:  # without any the caller says it of them all
        for folder in walker.empty:
            walker.problem(folder, "empty_folder", "a folder without letters; name another one, or leave it out")
    return walker.inputs


class _Walker:
    def __init__(self, exclude: Path | None, columns: Columns | None) -> None:
        self.inputs = Inputs(columns=columns)
        self.seen: set[str] = set()
        self.empty: list[str] = []  # folders that were named, and hold nothing
        self.exclude = os.path.realpath(exclude) if exclude else None

    def add(self, argument: str) -> None:
        """Add what one argument of the command line names."""
        if argument == STDIN:
            self._once(STDIN, STDIN)
        elif not os.path.lexists(argument) and glob.has_magic(argument):
            matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute ones)
            if not matches:
                self.problem(argument, "not_found", "no file matches this pattern")
            for match in matches:
                self._walk(match, named=False)
        else:
            before = len(self.inputs.items), len(self.inputs.outputs), len(self.inputs.others)
            self._walk(argument, named=True)
            after = len(self.inputs.items), len(self.inputs.outputs), len(self.inputs.others)
            if before == after and Path(argument).is_dir():
                self.empty.append(argument)

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
                    self._file(path, real, named)
                elif real in above:
                    self.problem(path, "link_loop", "a link to a folder above it, not followed; remove it")
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
        for entry in found:
            if entry.name.startswith("."):
                self.inputs.others.add(entry.path, hidden=True)
        return [
            (
                entry.path,
                os.path.realpath(entry.path) if entry.is_symlink() else f"{real}/{entry.name}",
                (*above, real),
            )
            for entry in seen
        ]

    def _file(self, path: str, real: str, named: bool) -> None:
        table = suffix(path) in TABLES
        if table and self.inputs.columns is None and named:
            self.inputs.items.append(table_files.unnamed(path))
        elif named or media_type(path) or archives.is_archive(path) or (table and self.inputs.columns is not None):
            self._once(path, real)
        else:
            self.inputs.others.add(path)

    def _once(self, path: str, real: str) -> None:
        if real not in self.seen:
            self.seen.add(real)
            self.inputs.items.append(path)

    def problem(self, path: str, code: str, reason: str) -> None:
        """Add why a path is not read."""
        name = recorded_name(path)
        self.inputs.items.append(Problem(name, code, f"{name}: {reason}"))

    def _unreachable(self, path: str, error: OSError) -> None:
        if error.errno == errno.ELOOP:
            self.problem(path, "link_loop", "a link that leads back to itself; remove it")
        elif isinstance(error, FileNotFoundError) and Path(path).is_symlink():
            self.problem(path, "broken_link", "a link to a file that doesn't exist; remove it, or make it anew")
        elif isinstance(error, FileNotFoundError):
            self.problem(path, "not_found", "no such file or folder")
        elif isinstance(error, PermissionError):
            self.problem(path, "permission", "no permission to open it; change that, or leave it out")
        else:
            self.problem(path, "unreadable", error.strerror or type(error).__name__)


def sources(inputs: Inputs) -> Iterator[SourceText | Problem]:
    """Yield every letter of some inputs, those of one file one by one, or why there is none.

    Args:
        inputs: What `expand` gave.
    """
    for item in inputs.letters():
        if isinstance(item, Problem):
            yield item
            continue
        try:
            yield from letters_in(decode(item if isinstance(item, Blob) else fetch(item)))
        except ReadError as error:
            yield Problem(recorded_name(item.path if isinstance(item, Blob) else item), error.code, error.message)
