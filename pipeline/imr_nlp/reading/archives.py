"""Letters in ``.zip`` archives, read without unpacking to disk.

A name inside an archive is never used as a path. It only names the letter: ``archive.zip/letter.txt``.
Archives are bounded in the number of their members, in the size of each, in all of them and in their compression.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imr_nlp.reading.limits import ARCHIVES as SUFFIXES
from imr_nlp.reading.limits import limit, media_type, size_limit, suffix, too_large
from imr_nlp.reading.problems import ReadError, recorded_name

#: What a damaged archive makes the standard library raise.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, KeyError)
#: The flag of an encrypted member (PKWARE's APPNOTE, 4.4.4).
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive: its name there, and its name as recorded."""

    name: str
    path: str


def members(path: str | os.PathLike[str]) -> list[Member]:
    """Return the files in an archive by name, less hidden ones and what systems add.

    A name that the archive gives to two files is there twice.

    Args:
        path: An archive on disk.

    Raises:
        ReadError: ``damaged``, ``too_large``, ``encrypted`` or what keeps the file from being read.
    """
    name = recorded_name(path)
    with _opened(path, name) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    _check(infos, name)
    names = sorted(info.filename for info in infos)
    return [Member(one, f"{name}/{_shown(one)}") for one in names if not _is_hidden(one)]


def member(path: str, name: str) -> bytes:
    """Return the bytes of one file in an archive.

    Args:
        path: An archive on disk.
        name: The name inside it, as it is or as recorded.

    Raises:
        ReadError: There is no such member, or it is beyond the limits, damaged or encrypted.
    """
    shown = f"{recorded_name(path)}/{_shown(name)}"
    with _opened(path, recorded_name(path)) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        info = infos.get(name) or {_shown(key): value for key, value in infos.items()}.get(name)
        if info is None or info.is_dir():
            raise ReadError("not_found", f"{shown}: no such file in the archive")
        return _content(archive, info, shown)


def contents(path: str | os.PathLike[str], wanted: list[Member]) -> Iterator[tuple[Member, bytes | ReadError]]:
    """Yield some members of an archive with their bytes, or with why they cannot be read.

    One member is in memory at a time. The archive is opened once. Of two members of one name, the one that unpacking
    would leave is read, and the other is an error.

    Args:
        path: An archive on disk.
        wanted: What `members` gave, or some of it.

    Raises:
        ReadError: The archive cannot be read any more.
    """
    with _opened(path, recorded_name(path)) as archive:
        before = None
        for one in wanted:
            if one == before:
                fix = "the archive holds two files of this name; rename one of them"
                yield one, ReadError("twice", f"{one.path}: {fix}")
                continue
            before = one
            try:
                yield one, _content(archive, archive.getinfo(one.name), one.path)
            except ReadError as error:
                yield one, error
            except KeyError:
                yield one, ReadError("not_found", f"{one.path}: no such file in the archive")


def split(path: str | os.PathLike[str]) -> tuple[str, str] | None:
    """Return the archive and the name inside it that a path names, or None for other paths.

    A folder may be called like an archive; then it is a folder.

    >>> split("letters/a.txt")
    """
    text = os.fspath(path)
    for ending in SUFFIXES:
        for found in re.finditer(f"{re.escape(ending)}/", text, re.IGNORECASE | re.ASCII):
            cut = found.end() - 1
            if Path(text[:cut]).is_file():
                return text[:cut], text[cut + 1 :]
    return None


def refused(name: str, error: OSError) -> ReadError:
    """Return the refusal of a file that the system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return ReadError("not_found", f"{name}: no such file")
    if isinstance(error, PermissionError):
        return ReadError("permission", f"{name}: no permission to read it")
    return ReadError("unreadable", f"{name}: {error.strerror or type(error).__name__}")


def _opened(path: str | os.PathLike[str], name: str) -> zipfile.ZipFile:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise ReadError("not_a_file", f"{name}: a folder, pipe or device, not an archive")
        return zipfile.ZipFile(path)
    except OSError as error:
        raise refused(name, error) from error
    except _DAMAGED as error:
        raise ReadError("damaged", f"{name}: a damaged .zip, or none; fetch it again") from error


def _check(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Raise ReadError where an archive has more members, bytes or compression than letters have."""
    number, size = limit("max_archive_members"), limit("max_archive_bytes")
    if len(infos) > number:
        raise ReadError("too_large", f"{name}: {len(infos):,} files in one archive (limit: {number:,}); split it")
    total = sum(info.file_size for info in infos)
    if total > size:
        raise ReadError("too_large", f"{name}: {total:,} bytes when unpacked (limit: {size:,}); split it")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise ReadError("encrypted", f"{name}: encrypted in the archive; remove its password first")
    promised = media_type(info.filename)
    most = size_limit(promised) if promised else limit("max_bytes")
    if info.file_size > most:
        raise too_large(name, f"{info.file_size:,} bytes", f"{most:,} bytes")
    ratio = limit("max_archive_ratio")
    if info.file_size > ratio * max(info.compress_size, 1) + 4096:
        raise ReadError("too_large", f"{name}: over {ratio} times its packed size, as no letter is; unpack it first")
    try:
        with archive.open(info) as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise refused(name, error) from error
    except _DAMAGED as error:
        raise ReadError("damaged", f"{name}: damaged in the archive; fetch the archive again") from error
    if len(data) > most:
        raise too_large(name, f"over {most:,} bytes", f"{most:,} bytes")
    return data


def _shown(name: str) -> str:
    """Return a member's name as records give it: no control characters, no steps upwards, no root."""
    clean = "".join(character if character.isprintable() else "_" for character in name.replace("\\", "/"))
    steps = [step for step in clean.split("/") if step not in ("", ".", "..")]
    return "/".join(steps).encode("utf-8", "backslashreplace").decode() or "_"


def _is_hidden(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    return "__MACOSX" in steps or any(step.startswith(".") and step not in (".", "..") for step in steps)


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Tell an archive by its name.

    >>> is_archive("letters.ZIP"), is_archive("letters.7z")
    (True, False)
    """
    return suffix(path) in SUFFIXES
