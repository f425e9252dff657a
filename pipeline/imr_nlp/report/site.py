"""A run as a folder of pages that open from the disk: no server, no network."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from imr_nlp.config import shipped
from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.run_files import WORK, WORK_MARK
from imr_nlp.report import query, search
from imr_nlp.report.amounts import amounts
from imr_nlp.report.dataset import ReportError, Run
from imr_nlp.report.html import VENDOR, page, part
from imr_nlp.report.letter import SCRIPTS, Records, Texts, payload
from imr_nlp.report.run import overview
from imr_nlp.version import __version__

#: Services whose texts one part of the search holds.
SEARCH_ROWS = 2000
MARK = "report.json"
TITLES = {"services": "Services", "letters": "Letters"}
#: The files of a report. Whatever ``report.json`` lists, no other is replaced or removed.
_OWN = re.compile(r"(?:index|services|letters|letter)\.html|assets/[a-z0-9][a-z0-9.-]*|data/[a-z0-9-]+\.js", re.ASCII)
_FOLDERS = ("assets", "data")
_T = TypeVar("_T")


def write(folder: Path, out: Path, *, overwrite: bool = False) -> dict[str, Any]:
    """Write a run's report.

    Everything is written into a folder inside ``out`` and moved into place at the end, ``report.json`` last.

    Args:
        folder: What ``imr-nlp run -o`` wrote. It is only read.
        out: Folder of the pages. It is made where it is missing.
        overwrite: Replace a former report in ``out``. Nothing but its own files is removed.

    Returns:
        What ``report.json`` says: letters, those of them without their text, services, and whether the lists are part
        of the report.

    Raises:
        ReportError: The run can't be read, or ``out`` can't be used.
    """
    run = Run(folder)
    there = out.exists()
    try:
        former = _former(out, overwrite)
        work = out / WORK
        _clear(work)  # what a report that was killed has left
        work.mkdir(parents=True, exist_ok=True)
        (work / WORK_MARK).touch()
        try:
            full = run.letters <= shipped("report.yml")["largest_report"]
            texts = Texts(run.folder)
            names = list(_files(run, work, texts, full=full))
            _place(work, out, names, former)
        finally:
            with suppress(OSError, ReportError):
                _clear(work)
        services = run.rows("SELECT count(*) FROM report_services")[0][0]
        account = {
            "made_by": f"imr-nlp {__version__}", "letters": run.letters, "without_text": texts.missing,
            "services": services, "lists": full, "files": names,
        }  # fmt: skip
        (out / MARK).write_text(json.dumps(account, indent=1) + "\n", encoding="utf-8")
    except (OSError, ReadError) as error:
        if not there:
            with suppress(OSError):
                out.rmdir()  # made for nothing
        if isinstance(error, ReadError):
            raise ReportError(error.message) from error
        reason = error.strerror or type(error).__name__
        if error.filename is not None and Path(os.fsdecode(error.filename)).is_relative_to(folder):
            raise ReportError(f"{os.fsdecode(error.filename)}: can't be read ({reason})") from error
        raise ReportError(f"{out}: can't write there ({reason})") from error
    finally:
        run.close()
    return account


def pages(run: Run, *, full: bool, connect: bool) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each page of a run.

    Args:
        run: The run.
        full: Whether there are lists and letters, not aggregates alone.
        connect: Whether a server answers the pages' questions.
    """
    common: dict[str, Any] = {"connect": connect, "lists": full, "folder": run.folder, "version": __version__}
    yield "index.html", page(
        "overview.html.j2", scripts=("common.js", "overview.js"), here="overview", o=overview(run),
        amounts=amounts(run), **common,
    )  # fmt: skip
    if full:
        for name, title in TITLES.items():
            yield (
                f"{name}.html",
                page("list.html.j2", scripts=("common.js", "list.js"), here=name, title=title, **common),
            )
        yield (
            "letter.html",
            page(
                "letter.html.j2",
                scripts=SCRIPTS,
                here="letter",
                title="Letter",
                single=None,
                **common,
            ),
        )


def _files(run: Run, out: Path, texts: Texts, *, full: bool) -> Iterator[str]:
    """Write a report's files and yield their names."""
    for name, text in pages(run, full=full, connect=False):
        yield _write(out, name, text)
    for path in sorted(VENDOR.iterdir()):
        yield _write(out, f"assets/{path.name.lower()}", path.read_text(encoding="utf-8"))
    if not full:
        return
    for view in run.views.values():
        values = {**query.head(run, view), "rows": query.rows(run, view, query.Question({}))}
        yield _write(out, f"data/{view.name}.js", part(view.name, values))
    yield from _letters(run, out, texts)


def _letters(run: Run, out: Path, texts: Texts) -> Iterator[str]:
    """Write the letters, the texts of the search, and the index of both."""
    a_part = shipped("report.yml")["letters_a_part"]
    records = Records(run.folder)
    for number, some in enumerate(_batched(records, a_part)):
        name = f"letters-{number}"
        yield _write(out, f"data/{name}.js", part(name, [payload(record, texts.of(record)) for record in some]))
    search.build(run)
    rows = run.rows("SELECT request, reasons, diagnoses FROM report_search ORDER BY row")
    number = -1
    for number, texts_of_some in enumerate(_batched(rows, SEARCH_ROWS)):
        yield _write(out, f"data/search-{number}.js", part(f"search-{number}", texts_of_some))
    index = {"letters": records.ids, "a_part": a_part, "search": number + 1, "rows": SEARCH_ROWS}
    yield _write(out, "data/index.js", part("index", index))


def _batched(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yield values in lists of a size; the last may be shorter."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def _write(out: Path, name: str, text: str) -> str:
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    return name


def _former(out: Path, overwrite: bool) -> list[str]:
    """Return the files of a former report in ``out``. Raises ReportError where ``out`` can't be used."""
    if not out.exists():
        return []
    if not out.is_dir():
        raise ReportError(f"{out} is a file; name a folder with -o")
    for name in (WORK, MARK, *_FOLDERS):
        if (out / name).is_symlink():
            raise ReportError(f"{out / name} is a link, which no report has; move it away, or name another folder")
    present = [path.name for path in out.iterdir() if path.name != WORK]
    if not present:
        return []
    if MARK not in present:
        raise ReportError(f"{out} is not empty and holds no report; name another folder with -o")
    if not overwrite:
        raise ReportError(f"{out} holds a report; name another folder, or add --overwrite to replace it")
    try:
        account = json.loads((out / MARK).read_bytes())
        if not account["made_by"].startswith("imr-nlp "):
            raise ValueError
        return [name for name in account["files"] if _OWN.fullmatch(name)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReportError(f"{out / MARK} is not that of a report; name another folder with -o") from error


def _place(work: Path, out: Path, names: list[str], former: list[str]) -> None:
    """Move the files of a report into place and remove those of a former report that it no longer has.

    Raises:
        ReportError: A name is taken by a file that no report wrote. Nothing was changed.
    """
    for name in {*names, *former}:
        path = out / name
        if path.is_symlink() or path.is_dir() or (name not in former and os.path.lexists(path)):
            raise ReportError(f"{path} is there, and no report wrote it; move it away, or name another folder")
    (out / MARK).unlink(missing_ok=True)
    for name in former:
        (out / name).unlink(missing_ok=True)
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).replace(out / name)


def _clear(work: Path) -> None:
    """Remove the work folder and the files of a report in it.

    Raises:
        ReportError: It holds anything else, or no file that marks it as a report's. Nothing was changed.
    """
    if not os.path.lexists(work):
        return
    if work.is_symlink() or not work.is_dir():
        raise ReportError(f"{work} is there, and no report wrote it; move it away, or name another folder")
    folders = [work / name for name in _FOLDERS if (work / name).is_dir() and not (work / name).is_symlink()]
    mark = work / WORK_MARK
    marked = mark.is_file() and not mark.is_symlink()
    found = [path for folder in (work, *folders) for path in folder.iterdir() if path not in (*folders, mark)]
    for path in (*found, *folders):
        ours = marked and (path in folders or _OWN.fullmatch(path.relative_to(work).as_posix()))
        if not ours or path.is_symlink() or (path.is_dir() and path not in folders):
            raise ReportError(f"{path} was not left by a report; move it away")
    for path in found:
        path.unlink()
    for folder in folders:
        folder.rmdir()
    mark.unlink(missing_ok=True)
    work.rmdir()
