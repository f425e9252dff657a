"""``imr_medications``: drugs by generic name, stem or brand, and classes of drugs.

The names are in ``configs/treatments/medications.yml``. Strength, form, route and count stay outside.
"""

from collections.abc import Collection

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, add_span, span_values, token_regions
from imr_nlp.matching.name_finder import NameFinder, written_end
from imr_nlp.text.intervals import IntervalSet

MEDICATION = "MEDICATION"


class MedicationFinder(FromFiles):
    """Pipeline component: adds MEDICATION spans to ``doc.spans["imr"]``.

    In: a Doc of the letter tokenizer, with sections where ``imr_layout`` has run and the GUIDELINE and PROCEDURE spans
    found so far. Out: the same Doc. There is no MEDICATION inside the name of a procedure ("epidural steroid
    injection") or the title of a guideline. A span's ``canonical`` is the name as written, lower case, singular; its
    ``generic`` is the generic name where the vocabulary knows it.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> _ = nlp.add_pipe("imr_medications")
    >>> doc = nlp("Norco 10/325mg #60, Nortriptyline HCL 25 mg, Tylenol #3 and NSAIDs after a Toradol dose.")
    >>> [span.text for span in doc.spans["imr"]]
    ['Norco', 'Nortriptyline HCL', 'Tylenol #3', 'NSAIDs', 'Toradol']
    """

    def __init__(self, nlp: Language, vocabulary: str = "treatments/medications.yml") -> None:
        self.finder = NameFinder(nlp, vocabulary, "treatments/medications.yml")

    def fired(self, doc: Doc) -> set[str]:
        """Return the entries and exceptions of the vocabulary that a letter makes use of."""
        return self.finder.fired(doc, token_regions(doc))

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat entries, exceptions and patterns as absent (see ``evaluation.knock_out``)."""
        self.finder.switch_off(entries, rules)

    def __call__(self, doc: Doc) -> Doc:
        """Find the drugs of one letter."""
        taken = IntervalSet((found.start, found.end) for found in span_values(doc, ENTITIES, "PROCEDURE", "GUIDELINE"))
        for found in self.finder.names(doc, token_regions(doc)):
            if taken.covers(found.start, found.end):
                continue
            start, end = doc[found.start].idx, written_end(doc, found)
            generic = self.finder.generic(found.canonical)
            add_span(doc, ENTITIES, start, end, MEDICATION, rule=found.rule,
                canonical=found.canonical, generic=generic)  # fmt: skip
        return doc


@factory(
    "imr_medications",
    default_config={"vocabulary": "treatments/medications.yml"},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
)
def create_medications(nlp: Language, name: str, vocabulary: str) -> MedicationFinder:
    """Make the component; ``vocabulary`` is its file of names."""
    return MedicationFinder(nlp, vocabulary)
