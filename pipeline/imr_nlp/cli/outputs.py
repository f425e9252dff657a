"""Files that an option of a command names to be written: never one of the user's own.

Such a file may be new, empty, or what the same command wrote before. It is told by the fields of its JSON, or by the
mark in the head of its page. Links are refused, and so are files that the command reads.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from imr_nlp.cli.errors import CommandError

#: In the head of each page that this package writes.
PAGE_MARK = b'<meta name="generator" content="imr-nlp">'
_NOT_OURS = "exists, and this command did not write it; name another file"
_HEAD = 4096
_MAX_BYTES = 1 << 26  # bytes of a file of figures


def write_output(option: str, path: Path, content: str) -> None:
    """Write what an option asked for.

    Args:
        option: Its name, for messages.
        path: The file.
        content: Figures as JSON, or a page.

    Raises:
        CommandError: The file is the user's own, or can't be written.
    """
    try:
        if not _is_free(path) and not _is_of_the_same_kind(path, content):
            raise CommandError(f"{option} {path}: {_NOT_OURS}", 2)
        path.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CommandError(f"{option} {path}: {error.strerror}", 2) from error


def require_own(option: str, path: Path, *, page: bool) -> None:
    """Refuse a file of the user's own before the work is done. Raises CommandError with code 2.

    Args:
        option: The option's name, for messages.
        path: The file.
        page: Whether a page will be written there, or figures.
    """
    try:
        sample = PAGE_MARK.decode() if page else "{}"
        if _is_free(path) or _is_of_the_same_kind(path, sample):
            return
    except OSError as error:
        raise CommandError(f"{option} {path}: {error.strerror}", 2) from error
    raise CommandError(f"{option} {path}: {_NOT_OURS}", 2)


def require_no_input(option: str, path: Path, inputs: Iterable[str | Path]) -> None:
    """Refuse to write over a file that the command reads, or over a link. Raises CommandError with code 2."""
    if not path.exists():
        if path.is_symlink():
            raise CommandError(f"{option} {path}: a link that leads nowhere; name another file", 2)
        return
    if any(Path(one).exists() and path.samefile(one) for one in inputs):
        raise CommandError(f"{option} {path}: is read by this command, and would be lost; name another file", 2)
    if path.is_symlink() and stat.S_ISREG(path.stat().st_mode):
        raise CommandError(f"{option} {path}: a link, which would change {path.resolve()}; name that file itself", 2)
    if path.is_dir():
        raise CommandError(f"{option} {path}: a folder; name a file", 2)


def _is_free(path: Path) -> bool:
    """Tell whether nothing is lost by writing here: there is no file, or an empty one, or a pipe or terminal."""
    if not os.path.lexists(path):
        return True
    if not path.exists():
        return False
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        return True  # the system refuses it
    return not stat.S_ISREG(found.st_mode) or (found.st_size == 0 and not path.is_symlink())


def _is_of_the_same_kind(path: Path, content: str) -> bool:
    if path.is_symlink() or path.stat().st_size > _MAX_BYTES:
        return False
    with path.open("rb") as stream:
        data = stream.read(_MAX_BYTES)
    if PAGE_MARK in content[:_HEAD].encode("utf-8", "replace"):
        return PAGE_MARK in data[:_HEAD]
    try:
        there, new = json.loads(data), json.loads(content)
    except (ValueError, RecursionError):
        return False
    if not isinstance(there, dict) or not isinstance(new, dict) or not there:
        return False
    return there.keys() <= new.keys() or new.keys() <= there.keys()  # other options give other parts
