"""Which files of an output folder a run of ours wrote.

``OUT/.manifest.json`` lists them. Only they are replaced or removed by a later run. A name that has become a link is
left alone. The list is read as a claim, not as a command: a name counts only if runs use it. So a made-up manifest
cannot point at other files.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from imr_nlp.reading.run_files import ERROR_TABLE, ERRORS, FAILURES, MANIFEST, RECORDS, RUN, TEXTS

_WRITER = "imr-nlp"
_TEXT = re.compile(r"[\w-]{1,80}\.txt", re.ASCII)
_OLD_TEXT = re.compile(r"[0-9a-f]{16}\.txt")
_PART = re.compile(r"_SUCCESS|\._SUCCESS\.crc|\.?part-[\w.-]+", re.ASCII)


def is_a_name_of_ours(name: str, tables: Iterable[str]) -> bool:
    """Tell whether runs write files of this name into their output folder.

    Args:
        name: Relative to the folder, with "/".
        tables: Names of the tables of records.

    >>> [is_a_name_of_ours(name, ["letters"]) for name in ("letters.parquet", "texts/0a1b.txt", "texts/../a.txt")]
    [True, True, False]
    """
    folder, _, last = name.rpartition("/")
    if folder:
        return folder == TEXTS and _TEXT.fullmatch(last) is not None
    return name in {RECORDS, ERRORS, RUN, FAILURES, ERROR_TABLE, *(f"{table}.parquet" for table in tables)}


def written_by_a_run(folder: Path, tables: Iterable[str]) -> set[str]:
    """Return the names in ``folder``, relative to it, that an earlier run wrote.

    A folder without a manifest counts as a run's where its ``run.json`` is one: earlier versions write none.

    Args:
        folder: An output folder, which need not exist.
        tables: Names of the tables of records.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / MANIFEST).write_text(text(["run.json", "texts/0a1b.txt", "my notes.txt"]))
    >>> sorted(written_by_a_run(folder, ["letters"]))
    ['run.json', 'texts/0a1b.txt']
    """
    try:
        listed, run = ((folder / name).read_bytes() if _is_file(folder / name) else None for name in (MANIFEST, RUN))
        names = claimed(listed, run, tables)
        texts = folder / TEXTS
        if listed is None and names and texts.is_dir() and not texts.is_symlink():
            names |= {f"{TEXTS}/{text.name}" for text in texts.iterdir() if _OLD_TEXT.fullmatch(text.name)}
    except OSError:
        return set()
    return names


def claimed(listed: bytes | str | None, run: bytes | str | None, tables: Iterable[str]) -> set[str]:
    """Return the names that a folder's manifest lists; without a manifest, those of a run if ``run.json`` is one.

    Args:
        listed: What the manifest holds, or None.
        run: What ``run.json`` holds, or None.
        tables: Names of the tables of records.

    >>> claimed(text(["letters.jsonl", "../notes.txt"]), None, [])
    {'letters.jsonl'}
    """
    tables = list(tables)
    try:
        if listed is not None:
            names = json.loads(listed)["files"] if is_ours(listed) else ()
            return {name for name in names if isinstance(name, str) and is_a_name_of_ours(name, tables)}
        values = json.loads(run) if run is not None else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
    if not isinstance(values, dict) or not {"run", "versions", "counts"} <= values.keys():
        return set()
    return {RECORDS, ERRORS, RUN, ERROR_TABLE, *(f"{table}.parquet" for table in tables)}


def is_ours(listed: bytes | str) -> bool:
    """Tell whether the content of a file is a manifest that a run wrote, not that of another tool.

    >>> is_ours(text(["letters.jsonl"])), is_ours('{"files": ["letters.jsonl"]}')
    (True, False)
    """
    try:
        values = json.loads(listed)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and values.get("written_by") == _WRITER


def text(names: Iterable[str]) -> str:
    """Return what a manifest of these names holds.

    >>> is_ours(text(["run.json"])), json.loads(text(["run.json", "letters.jsonl"]))["files"]
    (True, ['letters.jsonl', 'run.json'])
    """
    return json.dumps({"written_by": _WRITER, "files": sorted(names)}, indent=0) + "\n"


def write(folder: Path, work: Path, names: Iterable[str]) -> None:
    """Record which files of ``folder`` are a run's. The list is replaced as a whole, whatever happens meanwhile.

    Args:
        folder: The output folder.
        work: The run's own folder in it, where the list is made.
        names: Relative to the output folder, with "/".

    Raises:
        OSError: It can't be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write(folder, folder, ["letters.jsonl", "texts/0a1b.txt"])
    >>> sorted(written_by_a_run(folder, ["letters"]))
    ['letters.jsonl', 'texts/0a1b.txt']
    """
    partial = work / f"{MANIFEST}.new"
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text(names))
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / MANIFEST)


def remove(path: Path) -> bool:
    """Remove a file that a run wrote, or a folder of parts that Spark wrote. A link is removed, never followed.

    Args:
        path: The file or folder, which need not exist.

    Returns:
        Whether the name is free now. A folder that holds anything else stays.

    Raises:
        OSError: It can't be removed.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "notes.txt").write_text("mine")
    >>> remove(folder), remove(folder / "notes.txt"), remove(folder / "notes.txt")
    (False, True, True)
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return True
    if not stat.S_ISDIR(mode):
        path.unlink()
        return True
    if not is_folder_of_parts(path):
        return False
    for part in path.iterdir():
        part.unlink()
    path.rmdir()
    return True


def is_folder_of_parts(path: Path) -> bool:
    """Tell whether a folder holds nothing but the parts of one table or file that Spark wrote."""
    return all(is_part(part.name) and not part.is_dir() for part in path.iterdir())


def is_part(name: str) -> bool:
    """Tell whether Spark names its parts so.

    >>> is_part("_SUCCESS"), is_part("part-00000-1f.zstd.parquet"), is_part("notes.txt")
    (True, True, False)
    """
    return _PART.fullmatch(name) is not None


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
