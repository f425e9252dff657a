"""Which letter, file or task an error is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def subject(name: object) -> Iterator[None]:
    """Add to any error of the block what it was about. The command line shows these notes.

    Args:
        name: A letter's path, a file or a task; never text of a letter.

    >>> try:
    ...     with subject("task 7"):
    ...         [].pop()
    ... except IndexError as error:
    ...     print(error.__notes__)
    ['task 7']
    """
    try:
        yield
    except Exception as error:
        error.add_note(str(name))
        raise
