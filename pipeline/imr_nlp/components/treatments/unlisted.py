"""``imr_unnamed``: disputed services that no vocabulary names.

A service heading always names a treatment. Where the vocabularies found none in it ("Zyro frame, 14 days rental"),
the heading's own wording is that name, in the heading and wherever else the letter uses it.
"""

import re
from bisect import bisect_left

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.concepts.services import BY_HEADING, category, plain_name
from imr_nlp.config import read_yaml
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, SECTIONS, add, findings, regions
from imr_nlp.doc.tokenizer import text_of

_LONGEST = 6  # words
_MOST_NAMES = 100  # in one letter, each of which is looked for all over it; a letter disputes a few dozen services


class Unnamed(FromFiles):
    """Pipeline component: adds PROCEDURE spans (rule ``px.heading``) to ``doc.spans["imr"]``.

    In: a Doc with the sections of ``imr_layout`` and the entities of ``imr_procedures`` and ``imr_medications``; a Doc
    without sections stays as it is. Out: the same Doc.

    >>> import spacy
    >>> unnamed = Unnamed()
    >>> unnamed.name_of("Retrospective Zyro frame for the left knee"), unnamed.name_of("12 additional visits")
    ('zyro frame', None)
    """

    def __init__(self, categories: str = "concepts/service_categories.yml") -> None:
        self.generic = frozenset(read_yaml(categories)["generic"])

    def name_of(self, heading: str) -> str | None:
        """Return the name in a heading's text, lower case; None where its words say nothing."""
        name = plain_name(heading) or ""
        words = name.split()
        telling = [word for word in words if len(word) > 2 and word not in self.generic]
        return name if telling and len(words) <= _LONGEST else None

    def __call__(self, doc: Doc) -> Doc:
        """Find the names of one letter's headings in its regions."""
        text = text_of(doc)
        known = sorted(found.facts["start"] for found in findings(doc, ENTITIES, "PROCEDURE", "MEDICATION"))
        marked: set[str] = set()
        for section in findings(doc, SECTIONS, "service"):
            start, end = section.facts["start"], section.facts["text_end"]
            if bisect_left(known, start) < bisect_left(known, end):
                continue
            name = self.name_of(text[start:end])
            if name and name not in marked and len(marked) < _MOST_NAMES:
                marked.add(name)
                self._mark(doc, text, name, category(text[start:end], []))
        return doc

    def _mark(self, doc: Doc, text: str, name: str, kind: str) -> None:
        wording = re.compile(rf"(?<!\w){re.escape(name)}(?:s|es)?(?!\w)", re.IGNORECASE)
        taken = {i for found in findings(doc, ENTITIES) for i in range(found.facts["start"], found.facts["end"])}
        for start, end, _, _ in regions(doc):
            for match in wording.finditer(text, start, end):
                if taken.isdisjoint(range(*match.span())):
                    add(doc, ENTITIES, *match.span(), "PROCEDURE", rule=BY_HEADING, canonical=name, category=kind)


@factory(
    "imr_unnamed",
    default_config={"categories": "concepts/service_categories.yml"},
    assigns=["doc.spans", "span._.canonical", "span._.rule"],
    requires=["doc.spans"],
)
def create_unnamed(nlp: Language, name: str, categories: str) -> Unnamed:
    """Make the component; ``categories`` is its file of words."""
    return Unnamed(categories)
