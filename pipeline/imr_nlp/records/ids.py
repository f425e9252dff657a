"""Ids that are the same in every run."""

from __future__ import annotations

import hashlib

from imr_nlp.records import schema as records


def letter_id(origin: records.Origin) -> str:
    """Return a letter's id: 16 hex digits of its path and content, the same in every run.

    >>> letter_id(records.Origin(path="a.txt", sha256="0" * 64, text_sha256="0" * 64, media_type="text/plain",
    ...                          characters=0, layout="unknown", pipeline_version="0"))
    '006768c1bcfa8a96'
    """
    return hashlib.sha256(f"{origin.path or ''}\0{origin.sha256 or origin.text_sha256}".encode()).hexdigest()[:16]
