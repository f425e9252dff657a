"""From an annotated Doc to the record: `Letter`, as ``doc._.letter``.

The record holds nothing that is not on the Doc; this module only puts it in order, gives the ids and looks up which
section each entity stands in.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from spacy.tokens import Doc

from imr_nlp.audit.audit import warnings_of
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.records import schema as records
from imr_nlp.records.build import case_facts, entities_of, relations_of, services_of
from imr_nlp.version import __version__

if TYPE_CHECKING:
    from spacy.language import Language

    from imr_nlp.reading.source import Source


def letter_of(doc: Doc) -> records.Letter:
    """Return the record of an annotated Doc. What it says of the file is left for `read_letter` to add.

    >>> import imr_nlp
    >>> letter = imr_nlp.load()("Lumbar MRI: Upheld\\nClaims Administrator guideline: None.")._.letter
    >>> [(service.text, service.decision) for service in letter.services]
    [('Lumbar MRI', 'upheld')]
    """
    view = view_of(doc)
    text = view.source
    entities = entities_of(doc, view)
    services = services_of(doc, view)
    letter = records.Letter(
        source=records.Origin(
            text_sha256=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), characters=len(text),
            layout=doc._.layout or "unknown", pipeline_version=__version__,
        ),
        **case_facts(doc, view),
        entities=entities,
        services=services,
        relations=list(relations_of(services, entities)),
    )  # fmt: skip
    letter.warnings = warnings_of(letter, text)
    return letter


def read_letter(nlp: Language, source: Source) -> records.Letter:
    """Run the pipeline on a file that was read and return its record, with where it came from."""
    letter: records.Letter = nlp(source.text)._.letter
    letter.source = letter.source.model_copy(
        update={
            "path": source.path, "sha256": source.sha256, "media_type": source.media_type, "encoding": source.encoding,
        }
    )  # fmt: skip
    return letter


if not Doc.has_extension("letter"):
    Doc.set_extension("letter", getter=letter_of)
