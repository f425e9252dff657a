"""What is wrong with an input: the error that reading raises, and the line that a run writes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an input, or something in it, cannot be taken.

    Attributes:
        subject: The path as recorded, or the name of a letter or task.
        code: For programs.
        message: One line for people. It names the subject, the reason and the fix.
    """

    subject: str
    code: str
    message: str


#: The reason and the fix for a file of no bytes.
EMPTY = "the file is empty; fetch it again, or remove it"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")


class ReadError(Exception):
    """A letter that can't be read. ``code`` is for programs, ``message`` (one line, names the file) for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


def recorded_name(path: str | os.PathLike[str]) -> str:
    """Return the path as records give it: POSIX style; bytes of a name that aren't UTF-8 become backslash escapes.

    A URI stays as it is.

    >>> from pathlib import Path
    >>> recorded_name(Path("letters") / "Señor 1.txt")
    'letters/Señor 1.txt'
    """
    name = path if isinstance(path, str) and _URI.match(path) else PurePath(path).as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
