"""The record that stays with a Doc: ``doc._.letter`` gives the same object each time, with the user's edits.

An unedited record is made anew when the annotations of the Doc change. An edited one travels with the Doc, in a
pickle or in a DocBin that stores user data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import srsly
from spacy.tokens import Doc

from imr_nlp.doc.spans import TABLE
from imr_nlp.records.schema import Letter

#: Key of ``doc.user_data``.
KEPT = "imr_letter"


class EditedLetterError(ValueError):
    """Annotations of a Doc changed after its record was edited, so that neither holds both."""


class Kept:
    """A record, and the annotations that it was made from.

    Attributes:
        letter: The record. The user may edit it.
        annotations: Digest of the Doc's annotations when the record was made or set.
        made: Digest of the record as it was made; None for one that the user has set.
    """

    def __init__(self, letter: Letter, annotations: str, *, made: bool) -> None:
        self.letter = letter
        self.annotations = annotations
        self.made = _digest(letter.model_dump_json().encode()) if made else None

    @property
    def edited(self) -> bool:
        """Whether the user has changed or set the record."""
        return self.made is None or _digest(self.letter.model_dump_json().encode()) != self.made

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, tuple(self.state() or ())

    def state(self) -> list[str] | None:
        """Return what a file keeps of it as plain values: an edited record alone is worth keeping."""
        return [self.letter.model_dump_json(), self.annotations] if self.edited else None


def _restored(letter: str | None = None, annotations: str = "") -> Kept | None:
    return None if letter is None else Kept(Letter.model_validate_json(letter), annotations, made=False)


def kept_letter(doc: Doc, make: Callable[[Doc], Letter]) -> Letter:
    """Return the record of a Doc, made at the first use.

    Args:
        doc: An annotated Doc.
        make: Makes the record from the annotations.

    Raises:
        EditedLetterError: The annotations have changed since the record was edited.
    """
    kept = doc.user_data.get(KEPT)
    if isinstance(kept, Kept):
        if kept.annotations == _annotations(doc):
            return kept.letter
        if kept.edited:
            raise EditedLetterError(
                "doc._.letter was edited, and then the annotations of the doc changed; "
                "change the annotations first, or drop the edits with: doc._.letter = None"
            )
    letter = make(doc)
    doc.user_data[KEPT] = Kept(letter, _annotations(doc), made=True)
    return letter


def keep_letter(doc: Doc, letter: Letter | None) -> None:
    """Set the record of a Doc; None drops it, so that the next use makes it from the annotations.

    Raises:
        TypeError: It is no `Letter`.
    """
    if letter is None:
        doc.user_data.pop(KEPT, None)
        return
    if not isinstance(letter, Letter):
        raise TypeError(f"doc._.letter takes an imr_nlp.Letter or None, not {type(letter).__name__}")
    doc.user_data[KEPT] = Kept(letter, _annotations(doc), made=False)


def _annotations(doc: Doc) -> str:
    """Return a digest of the spans of a Doc and of their attributes."""
    groups = {
        name: [(span.start, span.end, span.label_, span.id_) for span in group] for name, group in doc.spans.items()
    }
    return _digest(json.dumps([groups, doc.user_data.get(TABLE)], sort_keys=True, default=repr).encode())


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


@srsly.msgpack_encoders("imr_nlp.kept_letter")
def _encode(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    if isinstance(value, Kept):
        return {KEPT: value.state()}
    return value if chain is None else chain(value)


@srsly.msgpack_decoders("imr_nlp.kept_letter")
def _decode(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    if isinstance(value, dict) and set(value) == {KEPT} and not isinstance(value[KEPT], Kept):
        return _restored(*(value[KEPT] or ()))
    return value if chain is None else chain(value)
