"""From an annotated Doc to the record: `Letter`, as ``doc._.letter``.

The record holds nothing that is not on the Doc; this module only puts it in order, gives the ids and looks up which
section each entity stands in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from spacy.tokens import Doc

from imr_nlp.audit import confidence
from imr_nlp.audit.audit import warnings_of
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.reading.parts import parts_of
from imr_nlp.reading.problems import ReadError
from imr_nlp.reading.source import letters_in
from imr_nlp.records import schema as records
from imr_nlp.records.build import case_facts, entities_of, relations_of, services_of
from imr_nlp.records.ids import content_id
from imr_nlp.records.kept import keep_letter, kept_letter
from imr_nlp.records.places import moved
from imr_nlp.version import __version__

if TYPE_CHECKING:
    from spacy.language import Language

    from imr_nlp.reading.source import SourceText


def letter_of(doc: Doc) -> records.Letter:
    """Make the record of an annotated Doc. What it says of the file is left for `read_letter` to add.

    ``doc._.letter`` calls this at its first use, and then gives the same object.

    >>> import imr_nlp
    >>> letter = imr_nlp.load()("Lumbar MRI: Upheld\\nClaims Administrator guideline: None.")._.letter
    >>> [(service.text, service.decision) for service in letter.services]
    [('Lumbar MRI', 'upheld')]
    """
    view = view_of(doc)
    text = view.source
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    entities = entities_of(doc, view)
    services = services_of(doc, view)
    letter = records.Letter(
        source=records.Source(
            id=content_id(digest), text_sha256=digest, characters=len(text),
            layout=doc._.layout or "unknown", pipeline_version=__version__,
        ),
        **case_facts(doc, view),
        entities=entities,
        services=services,
        relations=list(relations_of(services, entities)),
    )  # fmt: skip
    letter.warnings = warnings_of(letter, text)
    confidence.rate(letter)
    return letter


def read_letter(nlp: Language, source: SourceText) -> records.Letter:
    """Return the record of a file that holds one letter, or of one letter of several.

    Args:
        nlp: The pipeline.
        source: What `imr_nlp.reading.source.read` gave, or one of `imr_nlp.reading.source.letters_in`.

    Raises:
        ReadError: The file holds several letters. `read_letters` gives a record for each.
    """
    _require_text(source)
    if source.part is None:
        count = len(parts_of(source.text))
        if count > 1:
            fix = "use read_all or read_letters, which give a record for each"
            raise ReadError("several_letters", f"{source.path}: {count} letters in one file; {fix}")
    return read_part(nlp, source)


def read_letters(nlp: Language, source: SourceText) -> Iterator[records.Letter]:
    """Yield the records of all letters that a file holds, in order.

    Args:
        nlp: The pipeline.
        source: What `imr_nlp.reading.source.read` gave.
    """
    _require_text(source)
    for one in letters_in(source):
        yield read_part(nlp, one)


def _require_text(source: object) -> None:
    """Refuse a path where the text of a file belongs."""
    if isinstance(source, str | os.PathLike):
        raise TypeError(
            "read_letter and read_letters take what imr_nlp.reading.source.read gives; for a path use imr_nlp.read"
        )


def read_part(nlp: Language, source: SourceText) -> records.Letter:
    """Run the pipeline on a letter, and return its record with offsets into the text of its file.

    Args:
        nlp: The pipeline.
        source: A file of one letter, or one letter of several.
    """
    letter = letter_of(nlp(source.letter))
    part, text = source.part, source.text
    found: dict[str, Any] = {
        "path": source.path, "sha256": source.sha256, "media_type": source.media_type, "encoding": source.encoding,
    }  # fmt: skip
    if part is not None:
        letter = moved(letter, part.start)
        found |= {
            "part": records.LetterPart(number=part.number, count=part.count, start=part.start, end=part.end),
            "id": content_id(source.text_sha256, part.start, part.end),
            "text_sha256": source.text_sha256,
            "characters": len(text),
        }
        message = f"letter {part.number} of {part.count} in its file"
        if part.sure:
            warning = records.Warning(code="one_of_several", message=f"{message}.", severity="info")
        else:
            warning = records.Warning(
                code="uncertain_split", message=f"{message}; where it begins or ends is not certain"
            )
        letter.warnings.append(warning)
    letter.source = letter.source.model_copy(update=found)
    return letter


if not Doc.has_extension("letter"):
    Doc.set_extension("letter", getter=lambda doc: kept_letter(doc, letter_of), setter=keep_letter)
