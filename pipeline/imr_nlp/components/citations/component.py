"""``imr_citations``: the documents that the formal guideline sentences of each service cite.

Reads the sections ``claims_guideline``, ``reviewer_guideline`` and ``both_guidelines`` with
`imr_nlp.components.citations.parser.CitationParser` (its page lists the formats) and writes one span a document to
``doc.spans["citations"]``; label = authority (MTUS, ACOEM, ODG, other, none). Facts of a span: ``party``, ``title`` (as
written), ``canonical_title`` (the catalogue's), ``year``, ``sections``, ``pages``, ``outside_mtus``, ``service`` (index
of the service) and ``rule``. A Doc without such sections is left as it is.

Where one section serves several services (layout 4), a citation whose title or sections name what one service asks for
belongs to that service ("Gym memberships"); any other belongs to all of them.
"""

import re
from collections import defaultdict

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.citations.citation import Citation
from imr_nlp.components.citations.grammar import CLAIMS, REVIEWER, RULES, load_grammar
from imr_nlp.components.citations.parser import CitationParser
from imr_nlp.concepts.guidelines import catalogue
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.config import shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import CITATIONS, SECTIONS, add_span, span_values
from imr_nlp.doc.tokenizer import text_of

# Whose section it is; in a section of both parties each sentence says whose it is.
PARTIES = {"claims_guideline": CLAIMS, "reviewer_guideline": REVIEWER, "both_guidelines": CLAIMS}
# What follows in a request is not what is asked for: "Gym membership | x 6 months", "MRI | of the knee"
AFTER_HEAD = re.compile(r"[,;:(#]|\s(?:x|times|for|of|to|with|and)\s|\s\d")


class CitationFinder(FromFiles):
    """Callable component; ``vocabulary`` is the catalogue and ``rules`` the wordings, relative to ``configs/``.

    >>> import spacy
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> doc = nlp("Decision based on Non-MTUS Citation ODG, Knee Chapter.")
    >>> _ = add_span(doc, SECTIONS, 0, 54, "claims_guideline", rule="demo", body_start=0, body_end=54, service=0)
    >>> [(span.label_, span._.attrs["title"]) for span in CitationFinder()(doc).spans["citations"]]
    [('ODG', 'Knee Chapter')]
    """

    def __init__(
        self,
        vocabulary: str = "concepts/guidelines.yml",
        service_vocabulary: str = "concepts/same_services.yml",
        rules: str = RULES,
    ) -> None:
        known = catalogue(vocabulary)
        self.parser = CitationParser(known, load_grammar(known, rules))
        self.names = ServiceNames(shipped(service_vocabulary))

    def __call__(self, doc: Doc) -> Doc:
        """Fill ``doc.spans["citations"]``."""
        text = text_of(doc)
        sections = [(section.label_, section.attrs) for section in span_values(doc, SECTIONS)]
        requests: dict[int | None, frozenset[str]] = {
            known["service"]: self._words(AFTER_HEAD.split(text[known["start"] : known["text_end"]], 1)[0])
            for label, known in sections
            if label == "service" and "text_end" in known
        }
        cited = [(label, known) for label, known in sections if label in PARTIES]
        sharing: dict[int, set[int | None]] = defaultdict(set)
        for _, known in cited:
            sharing[known["body_start"]].add(known.get("service"))
        for label, known in cited:
            start, end = known["body_start"], known["body_end"]
            shared = sharing[start]
            for citation in self.parser.parse(text[start:end], PARTIES[label], offset=start):
                named = self._named(citation, {service: requests.get(service, frozenset()) for service in shared})
                if named and known.get("service") not in named:
                    continue
                add_span(
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

    def _words(self, name: str) -> frozenset[str]:
        return self.names.key(name) - self.names.generic_stems

    def _named(self, citation: Citation, requests: dict[int | None, frozenset[str]]) -> set[int | None]:
        """Return those of several services that a citation names; none where it can't be told."""
        if len(requests) < 2:
            return set()
        words = self._words(" ".join((citation.title or "", *citation.sections)))
        return {service for service, asked in requests.items() if asked & words}


@factory(
    "imr_citations",
    default_config={
        "vocabulary": "concepts/guidelines.yml",
        "service_vocabulary": "concepts/same_services.yml",
        "rules": RULES,
    },
    assigns=["doc.spans"],
    requires=["doc.spans"],
)
def create_citations(nlp: Language, name: str, vocabulary: str, service_vocabulary: str, rules: str) -> CitationFinder:
    """Return the component for ``nlp.add_pipe("imr_citations")``."""
    return CitationFinder(vocabulary, service_vocabulary, rules)
