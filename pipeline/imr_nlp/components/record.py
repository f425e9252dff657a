"""``imr_record``: the last component. Gives the Doc back over the text as it came, ready for spaCy users.

Until here the letter was read in its reading view (see `imr_nlp.text.view`). This component returns a Doc whose text
is the
letter's text unchanged, with everything that was found at its place in it: sentences, every group of spans, the facts
beside them, and ``doc.ents`` (the entities without overlaps, as spaCy wants them; all of them are in
``doc.spans["imr"]``). The Doc holds plain values only: it can be pickled, sent between processes (``nlp.pipe`` with
``n_process``) and stored in a DocBin.
"""

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

import imr_nlp.letter  # noqa: F401  (registers doc._.letter)
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.source import to_source_doc
from imr_nlp.doc.spans import ENTITIES
from imr_nlp.doc.tokenizer import VIEW


class SourceDocBuilder(FromFiles):
    """Callable component; see the module's page.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_record")
    >>> nlp("Physical <b>therapy</b>\\n\\nfor the neck").text
    'Physical <b>therapy</b>\\n\\nfor the neck'
    """

    def __call__(self, doc: Doc) -> Doc:
        """Return the Doc over the source text."""
        if VIEW in doc.user_data:
            doc = to_source_doc(doc)
        if ENTITIES in doc.spans:
            doc.ents = filter_spans(doc.spans[ENTITIES])
        else:  # so that a user's span can be added to it
            doc.spans[ENTITIES] = []
        return doc


@factory("imr_record", assigns=["doc.ents", "doc.spans", "doc._.letter"])
def create_record(nlp: Language, name: str) -> SourceDocBuilder:
    """Make the component."""
    return SourceDocBuilder()
