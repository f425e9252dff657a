"""``imr_procedures``: tests, imaging, therapies, surgery, injections, equipment, evaluations and programmes.

The names, and how they are put together, are in ``configs/treatments/procedures.yml``.
"""

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add, findings, token_stretches
from imr_nlp.matching.name_finder import NameFinder
from imr_nlp.text.intervals import Stretches

PROCEDURE = "PROCEDURE"


class Procedures(FromFiles):
    """Pipeline component: adds PROCEDURE spans to ``doc.spans["imr"]``.

    In: a Doc of the letter tokenizer, with sections where ``imr_layout`` has run and with the GUIDELINE spans of
    ``imr_guidelines`` (a treatment in a guideline's title is not a mention of it). Out: the same Doc. Each span's
    ``rule`` names the pattern, its ``canonical`` is the lower-case singular name. A MEDICATION inside a name that was
    found ("Toradol injection") is part of that name, so ``imr_medications`` may run before or after.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_procedures")
    >>> doc = nlp("Cervical spine MRI, chest x-rays, a lumbar brace and right knee arthroscopy were discussed.")
    >>> [span.text for span in doc.spans["imr"]]
    ['MRI', 'x-rays', 'lumbar brace', 'knee arthroscopy']
    """

    def __init__(self, nlp: Language, vocabulary: str = "treatments/procedures.yml") -> None:
        self.finder = NameFinder(nlp, vocabulary)

    def __call__(self, doc: Doc) -> Doc:
        """Find the procedures of one letter."""
        titles = Stretches((found.start, found.end) for found in findings(doc, ENTITIES, "GUIDELINE"))
        for found in self.finder.names(doc, token_stretches(doc)):
            if titles.hold(found.start, found.end):
                continue
            span = doc[found.start : found.end]
            add(doc, ENTITIES, span.start_char, span.end_char, PROCEDURE, rule=found.rule, canonical=found.canonical,
                kind=found.kind, category=found.category)  # fmt: skip
        return doc


@factory(
    "imr_procedures",
    default_config={"vocabulary": "treatments/procedures.yml"},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
)
def create_procedures(nlp: Language, name: str, vocabulary: str) -> Procedures:
    """Make the component; ``vocabulary`` is its file of names."""
    return Procedures(nlp, vocabulary)
