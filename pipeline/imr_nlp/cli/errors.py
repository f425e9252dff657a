"""How a command ends when it can't do what it was asked."""

from __future__ import annotations


class CommandError(Exception):
    """A one-line message for the user and the exit code: 1 where letters failed or writing did, 2 for wrong usage."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code
