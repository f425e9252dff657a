"""``imr_citations``: the documents that the formal guideline sentences of each service cite.

Reads the sections ``claims_guideline``, ``reviewer_guideline`` and ``both_guidelines`` with
`imr_nlp.citations.CitationParser` (its page lists the formats) and writes one span a document to
``doc.spans["citations"]``; label = authority (MTUS, ACOEM, ODG, other, none). Facts of a span: ``party``, ``title`` (as
written), ``canonical_title`` (the catalogue's), ``year``, ``sections``, ``pages``, ``outside_mtus``, ``service`` (index of
the service) and ``rule``. A Doc without such sections is left as it is.
"""

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.annotate import CITATIONS, SECTIONS, add, facts, spans
from imr_nlp.catalogue import catalogue
from imr_nlp.citations import CLAIMS, REVIEWER, CitationParser
from imr_nlp.tokenizer import text_of

# Whose section it is; in a section of both parties each sentence says whose it is.
PARTIES = {"claims_guideline": CLAIMS, "reviewer_guideline": REVIEWER, "both_guidelines": CLAIMS}


class CitationsComponent:
    """Callable component; ``guidelines`` is the path of the catalogue, relative to ``configs/``.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> doc = nlp("Decision based on Non-MTUS Citation ODG, Knee Chapter.")
    >>> _ = add(doc, SECTIONS, 0, 54, "claims_guideline", rule="demo", body_start=0, body_end=54, service=0)
    >>> [(span.label_, facts(span)["title"]) for span in CitationsComponent()(doc).spans["citations"]]
    [('ODG', 'Knee Chapter')]
    """

    def __init__(self, guidelines: str = "guidelines.yml") -> None:
        self.parser = CitationParser(catalogue(guidelines))

    def __call__(self, doc: Doc) -> Doc:
        """Fill ``doc.spans["citations"]``."""
        text = text_of(doc)
        for section in spans(doc, SECTIONS):
            if section.label_ not in PARTIES:
                continue
            known = facts(section)
            start, end = known["body_start"], known["body_end"]
            for citation in self.parser.parse(text[start:end], PARTIES[section.label_], offset=start):
                add(
                    doc,
                    CITATIONS,
                    citation.start,
                    citation.end,
                    citation.authority,
                    rule=f"citation.{citation.rule}",
                    party=citation.party,
                    title=citation.title,
                    canonical_title=citation.canonical_title,
                    year=citation.year,
                    sections=list(citation.sections),
                    pages=list(citation.pages),
                    outside_mtus=citation.outside_mtus,
                    service=known.get("service"),
                )
        return doc


@Language.factory("imr_citations", default_config={"guidelines": "guidelines.yml"})
def create_citations(nlp: Language, name: str, guidelines: str) -> CitationsComponent:
    """Return the component for ``nlp.add_pipe("imr_citations")``."""
    return CitationsComponent(guidelines)
