"""Ids that are the same in every run."""

from __future__ import annotations

import hashlib

from imr_nlp.records import schema as records

#: Characters of a letter's id.
ID_LENGTH = 16


def content_id(text_sha256: str, start: int | None = None, end: int | None = None) -> str:
    """Return the id of a letter: 16 hex digits of the text of its file and of its place in that text.

    Args:
        text_sha256: Digest of the text of the file.
        start: Offset of the letter in it, where the file holds several.
        end: Offset after the letter.

    >>> content_id("0" * 64), content_id("0" * 64, 0, 80)
    ('60e05bd1b195af2f', 'ac55fdc11aea366c')
    """
    place = "" if start is None else f"\0{start}:{end}"
    return hashlib.sha256(f"{text_sha256}{place}".encode()).hexdigest()[:ID_LENGTH]


def letter_id(origin: records.Source) -> str:
    """Return a letter's id, made from its content: the same in every run, whatever its path.

    A run gives the second of two letters with the same content another id, so that each has rows of its own.

    >>> letter_id(records.Source(path="a.txt", sha256="0" * 64, text_sha256="0" * 64, media_type="text/plain",
    ...                          characters=0, layout="unknown", pipeline_version="0"))
    '60e05bd1b195af2f'
    """
    part = origin.part
    return origin.id or content_id(origin.text_sha256, *((part.start, part.end) if part else ()))


def text_id(origin: records.Source) -> str:
    """Return the id under which a run stores the text of a letter's file. All letters of a file share it.

    >>> text_id(records.Source(text_sha256="0" * 64, characters=0, layout="unknown", pipeline_version="0"))
    '60e05bd1b195af2f'
    """
    return content_id(origin.text_sha256)


def numbered(identifier: str, times: int) -> str:
    """Return the id of the letter that is there for the ``times``-th time.

    >>> numbered("60e05bd1b195af2f", 1), numbered("60e05bd1b195af2f", 2)
    ('60e05bd1b195af2f', '60e05bd1b195af2f-2')
    """
    return identifier if times < 2 else f"{identifier}-{times}"
