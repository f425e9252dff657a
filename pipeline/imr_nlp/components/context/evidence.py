"""What a letter's sections, sentence roles and disputed services say of its entities."""

from bisect import bisect_right
from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

import numpy as np
from spacy.attrs import IS_DIGIT, LOWER, SENT_START
from spacy.strings import get_string_id
from spacy.tokens import Doc

from imr_nlp.components.context.scope import EXTRA, Cue
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.doc.spans import RATIONALE, SECTIONS, SERVICES, SpanValues, regions, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.matching.rule_files import EVIDENCE

#: Which assertion holds where several have evidence of the same priority (label guide).
PRECEDENCE = ("affirmed", "historical", "possible", "negated", "hypothetical", "family")
#: Roles of rationale sentences that refer to workers in general.
GENERAL_ROLES = frozenset({"guideline", "other"})
#: Probability of such a role from which it tells more than the sentence's words and its neighbours.
_SURE = 0.8
#: Priorities of the evidence that is not a cue (a cue has 50 unless its rule says otherwise).
HEADING, GENERAL, ROLE, DEFAULT = 1000, 62, 20, 0


#: The word that stands for every word of digits.
NUMBER = "<number>"


class ContextEvidence(NamedTuple):
    """One reason for a value; the greatest decides. ``rank`` is the precedence, or the nearness of the cue.

    Of reasons with equal priority and rank, the value that comes later in the alphabet decides, then the rule's id.
    """

    priority: int
    rank: int
    value: str
    rule: str


class LetterEvidence:
    """What a letter's sections, sentence roles and services say of its entities, worked out once a letter."""

    def __init__(self, doc: Doc, entities: list[SpanValues], about: list[Cue], names: ServiceNames) -> None:
        self.names = names
        self.doc = doc
        self.text = text_of(doc)
        self.regions = regions(doc)
        self.region_starts = [region[0] for region in self.regions]
        self._held: dict[int, int] = {}
        self.starts = self.sentence_starts(doc)
        self.disputed = names.keys(self.service_names(doc, entities))
        categories = {str(span.attrs.get("category")) for span in span_values(doc, SERVICES)}
        self._asked: dict[str, bool] = {}
        self.disputed_kinds = names.kinds_of(self.disputed, categories)
        self.roles = {self.sentence(span.start): span.label_ for span in span_values(doc, RATIONALE)}
        self.doubtful = {
            self.sentence(span.start)
            for span in span_values(doc, RATIONALE)
            if span.label_ in GENERAL_ROLES and span.attrs.get("score", 1.0) < _SURE
        }
        self.subjects: dict[str, set[int]] = {category: set() for category in EVIDENCE}
        for cue in about:
            self.subjects[cue.rule.category].add(self.sentence(cue.start))
        #: Sentences of which a user's rule says whom they are about.
        self.of_users = {self.sentence(cue.start) for cue in about if cue.priority >= EXTRA}
        self.entities_of: dict[int, list[SpanValues]] = defaultdict(list)
        for span in entities:
            self.entities_of[self.sentence(span.start)].append(span)
        self.general = self.general_sentences(doc)

    def sentence_starts(self, doc: Doc) -> list[int]:
        """Return the first token of each sentence; sections begin sentences too."""
        starts = {0}
        if doc.has_annotation("SENT_START"):
            starts.update(np.flatnonzero(doc.to_array(SENT_START) == 1).tolist())
        for start, *_ in self.regions:
            first = doc.char_span(start, start + 1, alignment_mode="expand")
            if first is not None:
                starts.add(first.start)
        return sorted(starts)

    def chars(self, cue: Cue) -> tuple[int, int]:
        """Return the characters of a cue."""
        last = self.doc[cue.end - 1]
        return self.doc[cue.start].idx, last.idx + len(last)

    def sentence(self, token: int) -> int:
        """Return the number of the sentence that holds a token."""
        return bisect_right(self.starts, token) - 1

    def tokens(self, sentence: int) -> tuple[int, int]:
        """Return the first token of a sentence and the one after its last."""
        end = self.starts[sentence + 1] if sentence + 1 < len(self.starts) else len(self.doc)
        return self.starts[sentence], end

    @cached_property
    def words(self) -> list[int]:
        """The ids of the letter's words in lower case, all words of digits being one."""
        columns = self.doc.to_array([LOWER, IS_DIGIT])
        return np.where(columns[:, 1] == 1, np.uint64(get_string_id(NUMBER)), columns[:, 0]).tolist()

    @cached_property
    def headed(self) -> frozenset[int]:
        """Where the text of summaries and rationales that have a heading starts; a bare text has none."""
        sections = span_values(self.doc, SECTIONS, "case_summary", "rationale") if SECTIONS in self.doc.spans else ()
        return frozenset(s.attrs["body_start"] for s in sections if s.attrs["start"] < s.attrs["body_start"])

    def under_heading(self, char: int) -> bool:
        """Return whether a character stands in a summary or rationale that has a heading."""
        number = self._region(char)
        return number >= 0 and self.regions[number][0] in self.headed

    def region(self, char: int) -> str:
        """Return the category of the section that holds a character, or ""."""
        number = self._region(char)
        return self.regions[number][2] if number >= 0 else ""

    def _region(self, char: int) -> int:
        """Return the number of the region that holds a character, or -1."""
        number = self._held.get(char)
        if number is None:
            number = bisect_right(self.region_starts, char) - 1
            if number >= 0 and char >= self.regions[number][1]:
                number = -1
            self._held[char] = number
        return number

    def service_names(self, doc: Doc, entities: list[SpanValues]) -> list[str]:
        """Return the names of what the letter disputes: its services, and the entities of its service headings."""
        found = [
            span.attrs.get("procedure") or self.text[span.start_char : span.end_char]
            for span in span_values(doc, SERVICES)
        ]
        for span in entities:
            if span.label_ != "DIAGNOSIS" and self.region(span.start_char) == "service":
                found += self.names_of(span)
        return found

    def disputes(self, span: SpanValues) -> bool:
        """Return whether an entity names the same thing as a disputed service."""
        return any(map(self._disputed, self.names_of(span)))

    def _disputed(self, name: str) -> bool:
        found = self._asked.get(name)
        if found is None:
            found = self.names.among(name, self.disputed) or self.names.key(name) in self.disputed_kinds
            self._asked[name] = found
        return found

    def written(self, span: SpanValues) -> str:
        """Return a span's text."""
        return self.text[span.start_char : span.end_char]

    def names_of(self, span: SpanValues) -> list[str]:
        """Return what an entity is called: as written, and its canonical and generic name where a finder gave one."""
        names = (self.written(span), span.attrs.get("canonical"), span.attrs.get("generic"))
        return [name for name in names if name]

    def general_sentences(self, doc: Doc) -> set[int]:
        """Return the numbers of the sentences that refer to workers in general.

        A sentence's role says so, or its words. Where its words refer to this worker only, the role is ignored: it may
        be wrong. One without a role or with GENERIC words continues as the one before it in its rationale. A role of
        low probability counts as none.
        """
        general: set[int] = set()
        for sentence, start in enumerate(self.starts):
            role = self.roles.get(sentence) if sentence not in self.doubtful else None
            in_rationale = self.region(doc[start].idx) == "rationale"
            of_patient = sentence in self.subjects["PATIENT_SPECIFIC"]
            by_words = sentence in self.subjects["GUIDELINE_CONTEXT"]
            if in_rationale and (role is None or role in GENERAL_ROLES):
                by_words = by_words or sentence in self.subjects["GENERIC"]
            continues = in_rationale and (role is None or sentence in self.subjects["GENERIC"])
            if role in GENERAL_ROLES and (by_words or not of_patient):
                general.add(sentence)
            elif of_patient or role == "conclusion":
                continue
            elif by_words or (continues and sentence - 1 in general):
                general.add(sentence)
        return general

    def evidence(self, span: SpanValues) -> list[ContextEvidence]:
        """Return what the place alone says of an entity; never empty."""
        sentence = self.sentence(span.start)
        role, general = self.roles.get(sentence), sentence in self.general
        if span.label_ == "DIAGNOSIS":
            found = [ContextEvidence(DEFAULT, 0, "affirmed", "default")]
            if general:
                rank = PRECEDENCE.index("hypothetical")
                found.append(ContextEvidence(GENERAL, rank, "hypothetical", "sentence:general"))
            return found
        found = [ContextEvidence(DEFAULT, 0, "performed", "default")]
        if general:
            found.append(ContextEvidence(GENERAL, 0, "general", "sentence:general"))
        if self.region(span.start_char) == "service":
            found.append(ContextEvidence(HEADING, 0, "requested", "section:service"))
        if role == "conclusion" or (role == "gap" and self.disputes(span)):
            found.append(ContextEvidence(ROLE, 0, "requested", f"role:{role}"))
        return found
