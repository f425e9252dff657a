"""Offsets of a record, all together."""

from __future__ import annotations

from imr_nlp.records.schema import Letter, Part, Source


def moved(letter: Letter, by: int) -> Letter:
    """Move every place in a record, and return the record.

    A field is an offset where its name is ``start`` or ``end``, or ends in ``_start`` or ``_end``.

    Args:
        letter: It is changed.
        by: Characters before the letter in the text of its file.

    >>> from imr_nlp.records.schema import Entity
    >>> origin = Source(text_sha256="", characters=9, layout="unknown", pipeline_version="0")
    >>> knee = Entity(id="E1", label="DIAGNOSIS", text="knee pain", start=0, end=9)
    >>> entity = moved(Letter(source=origin, entities=[knee]), 100).entities[0]
    >>> entity.start, entity.end
    (100, 109)
    """
    _move(letter, by)
    return letter


def _move(part: Part, by: int) -> None:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, int) and not isinstance(value, bool):
            if name in ("start", "end") or name.endswith(("_start", "_end")):
                setattr(part, name, value + by)
        elif isinstance(value, Part) and not isinstance(value, Source):
            _move(value, by)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Part):
                    _move(item, by)
