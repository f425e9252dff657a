"""Component ``imr_context``: what the letter says of each diagnosis, procedure and medication.

A DIAGNOSIS gets ``assertion``, a PROCEDURE or MEDICATION gets ``status`` (see the label guide), and each gets
``context_rule``, the id of what decided. In reading order:

1. the cues of ``configs/context.yml`` are matched once over the letter, by medspaCy's matcher;
2. in each sentence :func:`imr_nlp.components.context.scope.links` tells which cue refers to which entity;
3. :class:`LetterEvidence` adds what the place says: a service heading requests, a guideline sentence is general;
4. of all evidence on an entity the highest priority decides; of equals, the label guide's precedence for a
   diagnosis, and the nearest cue for a procedure or medication.

medspaCy's own component leaves its graph on the Doc, which can be neither pickled nor sent to another process. This
one leaves plain facts, and medspaCy's Span extensions ``is_negated``, … read them.
"""

from bisect import bisect_right
from collections import defaultdict
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span

from imr_nlp.components.context.answers import LONE_COMMA, lone_commas, standing
from imr_nlp.components.context.scope import EXTRA, Cue, distance, labels_of, links, prune
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.config import shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import (
    ENTITIES,
    RATIONALE,
    SERVICES,
    SpanValues,
    attrs_of,
    regions,
    span_values,
    token_regions,
)
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.labels import ATTRIBUTE, NAMED
from imr_nlp.matching.rule_files import EVIDENCE, INSIDE, load_rules
from imr_nlp.matching.rule_matcher import rule_matcher
from imr_nlp.matching.token_patterns import TokenPatterns
from imr_nlp.text.intervals import IntervalSet

#: What a cue's category says of a diagnosis.
ASSERTIONS = {
    "NEGATED_EXISTENCE": "negated",
    "POSSIBLE_EXISTENCE": "possible",
    "HISTORICAL": "historical",
    "HYPOTHETICAL": "hypothetical",
    "FAMILY": "family",
    "POSITIVE_EXISTENCE": "affirmed",
}
#: What a cue's category says of a procedure or medication.
STATUSES = {
    "NEGATED_EXISTENCE": "negated",
    "HISTORICAL": "performed",
    "HYPOTHETICAL": "general",
    "REQUESTED": "requested",
    "PERFORMED": "performed",
    "PLANNED": "planned",
    "PROPOSED": "planned",
    "CONTINUED": "performed",
    "MISSING": "negated",
}
#: Of something that the letter disputes, these speak as of a request: "the plan is for …", "no discussion of …".
AT_ISSUE = {"PROPOSED": "requested", "CONTINUED": "requested", "MISSING": "requested"}
#: Which assertion holds where several have evidence of the same priority (label guide).
PRECEDENCE = ("affirmed", "historical", "possible", "negated", "hypothetical", "family")
#: Roles of rationale sentences that refer to workers in general.
GENERAL_ROLES = frozenset({"guideline", "other"})
#: Priorities of the evidence that is not a cue (a cue has 50 unless its rule says otherwise).
HEADING, GENERAL, ROLE, DEFAULT = 1000, 62, 20, 0
#: medspaCy's Span extensions, and the assertions or statuses that make each true.
FLAGS = {
    "is_negated": ("negated",),
    "is_uncertain": ("possible",),
    "is_historical": ("historical",),
    "is_hypothetical": ("hypothetical", "general"),
    "is_family": ("family",),
}


class Evidence(NamedTuple):
    """One reason for a value; the greatest decides. ``rank`` is the precedence, or the nearness of the cue."""

    priority: int
    rank: int
    value: str
    rule: str


class ContextResolver(FromFiles):
    """Sets assertion and status from cues, sections, sentence roles and the letter's disputed services.

    ``rules`` is a shipped rules file; ``extra_rules`` a user's, whose context rules win over the shipped ones and
    replace those of the same id. Raises ConfigError where either can't be used. An entity that brings its own
    assertion or status (from a user's target rule) keeps it.

    >>> import spacy
    >>> from imr_nlp.doc.spans import add_span
    >>> nlp = spacy.blank("en")
    >>> doc = nlp("Denies weakness; no evidence of fracture, but there is a sprain.")
    >>> for word in ("fracture", "sprain"):
    ...     start = doc.text.index(word)
    ...     _ = add_span(doc, "imr", start, start + len(word), "DIAGNOSIS", rule="demo")
    >>> [(span.text, span._.assertion, span._.is_negated) for span in ContextResolver(nlp)(doc).spans["imr"]]
    [('fracture', 'negated', True), ('sprain', 'affirmed', False)]
    """

    def __init__(
        self,
        nlp: Language,
        name: str = "imr_context",
        rules: str = "context.yml",
        service_vocabulary: str = "concepts/same_services.yml",
        extra_rules: str | None = None,
    ) -> None:
        self.name = name
        own = load_rules(extra_rules).context if extra_rules else []
        replaced = {rule.metadata["id"] for rule in own}
        kept = [rule for rule in load_rules(rules).context if rule.metadata["id"] not in replaced]
        for rule in own:
            rule.metadata["priority"] += EXTRA
        self.rules = [rule for rule in kept + own if rule.category != LONE_COMMA]
        commas = [rule for rule in kept + own if rule.category == LONE_COMMA]
        self.commas = {rule.literal: Cue(0, 0, rule, labels_of(rule), rule.metadata["priority"]) for rule in commas}
        quick = {f"quick:{number}": rule for number, rule in enumerate(self.rules) if TokenPatterns.takes(rule.pattern)}
        self.patterns = TokenPatterns(nlp.vocab, ((key, rule.pattern) for key, rule in quick.items()))
        self.matcher = rule_matcher(nlp, prune=False, attr="NORM")
        self.matcher.add([rule for rule in self.rules if not TokenPatterns.takes(rule.pattern)])
        slow = {nlp.vocab.strings.add(key): rule for key, rule in self.matcher.rule_map.items()}
        self.known = {
            key: (rule, labels_of(rule), rule.metadata["priority"]) for key, rule in (*quick.items(), *slow.items())
        }
        self.names = ServiceNames(shipped(service_vocabulary))

    def __call__(self, doc: Doc) -> Doc:
        """Set assertion, status and the rule that decided them on the entities of a letter."""
        entities = span_values(doc, ENTITIES, *NAMED)
        if not entities:
            return doc
        cues, about = self.cues(doc, entities)
        place = LetterEvidence(doc, entities, about, self.names)
        cues_of, entities_of = defaultdict(list), defaultdict(list)
        for cue in cues:
            cues_of[place.sentence(cue.start)].append(cue)
        for span in entities:
            entities_of[place.sentence(span.start)].append(span)
        for sentence, members in entities_of.items():
            for span, speaking in zip(members, links(cues_of[sentence], members), strict=True):
                decide(span, speaking, place)
        return doc

    def cues(self, doc: Doc, entities: list[SpanValues]) -> tuple[list[Cue], list[Cue]]:
        """Return the cues that have or bound a scope, and those that tell what a whole sentence is about."""
        within = _searched(doc, entities)
        held = bytearray(len(doc))
        for first, last in within:
            held[first:last] = b"\1" * (last - first)
        matches = chain(self.matcher(doc), self.patterns(doc, within))
        found = [Cue(start, end, *self.known[key]) for key, start, end in matches if held[start]]
        inside = {token for span in entities for token in range(span.start, span.end)}
        about = [cue for cue in found if cue.rule.category in EVIDENCE]
        scoped = [cue for cue in found if cue.rule.category not in EVIDENCE]
        outside = [
            cue for cue in scoped if cue.rule.direction == INSIDE or not inside.issuperset(range(cue.start, cue.end))
        ]
        return prune([*standing(outside, doc, entities), *lone_commas(self.commas, outside, doc, entities)]), about


def _searched(doc: Doc, entities: list[SpanValues]) -> list[tuple[int, int]]:
    """Return the tokens where cues matter: the regions of entities, or the whole Doc where one lies outside them."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(token_regions(doc)):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    inside = IntervalSet(found)
    return found if all(inside.covers(span.start, span.end) for span in entities) else [(0, len(doc))]


def decide(span: SpanValues, cues: list[Cue], place: "LetterEvidence") -> None:
    """Write one entity's assertion or status, what decided, and where the cue stands, into its facts."""
    known, attribute = span.attrs, ATTRIBUTE[span.label_]
    if known.get(attribute):
        known["context_rule"] = known["rule"]
        return
    reasons = place.evidence(span)
    found: dict[Evidence, Cue] = {}
    for cue in cues:
        category = cue.rule.category
        if span.label_ == "DIAGNOSIS":
            value = ASSERTIONS.get(category)
            rank = PRECEDENCE.index(value) if value else 0
        else:
            at_issue = category in AT_ISSUE and place.disputes(span)
            value = AT_ISSUE[category] if at_issue else STATUSES.get(category)
            rank = -distance(cue, span)
        if value:
            reasons.append(Evidence(cue.priority, rank, value, cue.rule.metadata["id"]))
            found[reasons[-1]] = cue
    best = max(reasons)
    if best in found:
        known["cue_start"], known["cue_end"] = place.chars(found[best])
    known[attribute], known["context_rule"] = best.value, best.rule


class LetterEvidence:
    """What a letter's sections, sentence roles and services say of its entities, worked out once a letter."""

    def __init__(self, doc: Doc, entities: list[SpanValues], about: list[Cue], names: ServiceNames) -> None:
        self.names = names
        self.doc = doc
        self.text = text_of(doc)
        self.regions = regions(doc)
        self.region_starts = [region[0] for region in self.regions]
        self.starts = self.sentence_starts(doc)
        self.disputed = names.keys(self.service_names(doc, entities))
        categories = {str(span.attrs.get("category")) for span in span_values(doc, SERVICES)}
        self.disputed_kinds = names.kinds_of(self.disputed, categories)
        self.roles = {self.sentence(span.start): span.label_ for span in span_values(doc, RATIONALE)}
        self.subjects: dict[str, set[int]] = {category: set() for category in EVIDENCE}
        for cue in about:
            self.subjects[cue.rule.category].add(self.sentence(cue.start))
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

    def region(self, char: int) -> str:
        """Return the category of the section that holds a character, or ""."""
        number = bisect_right(self.region_starts, char) - 1
        return self.regions[number][2] if number >= 0 and char < self.regions[number][1] else ""

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
        called = self.names_of(span)
        if any(self.names.among(name, self.disputed) for name in called):
            return True
        return any(self.names.key(name) in self.disputed_kinds for name in called)

    def written(self, span: SpanValues) -> str:
        """Return a span's text."""
        return self.text[span.start_char : span.end_char]

    def names_of(self, span: SpanValues) -> list[str]:
        """Return what an entity is called: as written, and its canonical and generic name where a finder gave one."""
        names = (self.written(span), span.attrs.get("canonical"), span.attrs.get("generic"))
        return [name for name in names if name]

    def general_sentences(self, doc: Doc) -> dict[int, int]:
        """Return the sentences that refer to workers in general, with the priority that this has.

        A sentence's role says so, or its words; where the words refer to this worker only, a role weighs little.
        Without a role that tells otherwise, or where its role is at odds with its words, a sentence continues as the
        one before it in its rationale: a role may be wrong.
        """
        general: dict[int, int] = {}
        for sentence, start in enumerate(self.starts):
            role = self.roles.get(sentence)
            in_rationale = self.region(doc[start].idx) == "rationale"
            of_patient = sentence in self.subjects["PATIENT_SPECIFIC"]
            by_words = sentence in self.subjects["GUIDELINE_CONTEXT"]
            if in_rationale and (role is None or role in GENERAL_ROLES):
                by_words = by_words or sentence in self.subjects["GENERIC"]
            goes_on = in_rationale and (role is None or sentence in self.subjects["GENERIC"])
            if role in GENERAL_ROLES and (by_words or not of_patient):
                general[sentence] = GENERAL
            elif of_patient or role == "conclusion":
                continue
            elif by_words or (goes_on and sentence - 1 in general):
                general[sentence] = GENERAL
        return general

    def evidence(self, span: SpanValues) -> list[Evidence]:
        """Return what the place alone says of an entity; never empty."""
        sentence = self.sentence(span.start)
        role, general = self.roles.get(sentence), self.general.get(sentence)
        if span.label_ == "DIAGNOSIS":
            found = [Evidence(DEFAULT, 0, "affirmed", "default")]
            if general:
                rank = PRECEDENCE.index("hypothetical")
                found.append(Evidence(general, rank, "hypothetical", "sentence:general"))
            return found
        found = [Evidence(DEFAULT, 0, "performed", "default")]
        if general:
            found.append(Evidence(general, 0, "general", "sentence:general"))
        if self.region(span.start_char) == "service":
            found.append(Evidence(HEADING, 0, "requested", "section:service"))
        if role == "conclusion" or (role == "gap" and self.disputes(span)):
            found.append(Evidence(ROLE, 0, "requested", f"role:{role}"))
        return found


def _flag(name: str) -> dict[str, Any]:
    """Return the extension for one of medspaCy's flags: read from the facts, or as a medspaCy component set it."""
    values = FLAGS[name]

    def get(span: Span) -> bool:
        known = attrs_of(span)
        decided = known.get("assertion") or known.get("status")
        return decided in values if decided else bool(span.doc.user_data.get(f"{name} {span.start} {span.end}"))

    def put(span: Span, value: bool) -> None:
        span.doc.user_data[f"{name} {span.start} {span.end}"] = bool(value)

    return {"getter": get, "setter": put, "force": True}


def register() -> None:
    """Set medspaCy's Span extensions ``is_negated``, … so that they agree with assertion and status."""
    for name in FLAGS:
        Span.set_extension(name, **_flag(name))


register()


@factory(
    "imr_context",
    default_config={
        "rules": "context.yml",
        "service_vocabulary": "concepts/same_services.yml",
        "extra_rules": None,
    },
    assigns=["span._.assertion", "span._.status", "span._.context_rule"],
    requires=["doc.spans"],
)
def create_context(
    nlp: Language, name: str, rules: str, service_vocabulary: str, extra_rules: str | None
) -> ContextResolver:
    """Make the component from its config; see :class:`ContextResolver`."""
    return ContextResolver(nlp, name, rules, service_vocabulary, extra_rules)
