"""How a command ends when it can't do what it was asked."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from imr_nlp.version import __version__

#: Errors whose messages are made by the system or by us and hold no text of a letter.
_SAFE = ("CommandError", "ConfigError", "OutputError", "WriteError", "WorkerError", "InputError", "ReadError")


#: What pydantic says, and what is said in its place.
_WORDS = (
    ("Value error, ", ""),
    ("Input should be a valid integer, unable to parse string as an integer", "not a whole number"),
    ("Input should be a valid number, unable to parse string as a number", "not a number"),
    ("Input should be", "it must be"),
)


class CommandError(Exception):
    """A one-line message for the user and the exit code: 1 where letters failed or writing did, 2 for wrong usage."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def plain_words(message: str) -> str:
    """Return what Typer says of a value without the words of the library that checks it.

    >>> plain_words("Invalid value for '--engine': Value error, 'dask' is not one of 'local', 'spark'.")
    "Invalid value for '--engine': 'dask' is not one of 'local', 'spark'."
    """
    for words, plain in _WORDS:
        message = message.replace(words, plain)
    return message


def frames(error: BaseException) -> str:
    """Return the stack trace of an error and of its causes, without messages that may quote a letter.

    >>> try:
    ...     int("words of a letter")
    ... except ValueError as error:
    ...     print("words" in frames(error), frames(error).splitlines()[-1])
    False ValueError
    """
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(f"{_frames_of(one)}{_named(one)}" for one in reversed(chain))


def _frames_of(error: BaseException) -> str:
    """Return file, line and function of each frame. The source lines stay out: the files are the receiver's too."""
    shown = traceback.extract_tb(error.__traceback__)
    return "".join(f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in shown)


def _named(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return f"{name}: {error}" if name in _SAFE else name


def unforeseen(error: BaseException, command: str) -> str:
    """Return the message for an error that no code expects, and leave a report of it that can be sent to us.

    The report holds versions, the command's options without their values, and the stack trace without messages. It
    holds no text of a letter and no file name of the user's.

    Args:
        error: The error. Its notes say which letter, file or task it was about.
        command: "imr-nlp" or "nlp-run".
    """
    subjects = "; ".join(getattr(error, "__notes__", ()))
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" in {Path(last[0].filename).name}:{last[0].lineno}" if last else ""
    message = f"{subjects}: " if subjects else ""
    message += f"an error in imr-nlp itself ({type(error).__name__}{place})"
    path = _report(error, command)
    return f"{message}; {path} tells more, holds no letter text and can be sent to us" if path else message


def _report(error: BaseException, command: str) -> Path | None:
    import platform
    import tempfile

    given = [argument.partition("=")[0] for argument in sys.argv[1:] if argument.startswith("-")]
    verb = next((argument for argument in sys.argv[1:2] if argument.isalpha()), "")
    text = (
        f"imr-nlp {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{command} {verb} {' '.join(given)}\n\n{frames(error)}\n"
    )
    try:
        handle, name = tempfile.mkstemp(prefix=time.strftime("imr-nlp-error-%Y%m%d-"), suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError:
        return None
    return Path(name)
