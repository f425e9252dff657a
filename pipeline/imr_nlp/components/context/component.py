"""Component ``imr_context``: what the letter says of each diagnosis, procedure and medication.

A DIAGNOSIS gets ``assertion``, a PROCEDURE or MEDICATION gets ``status`` (see the label guide), and each gets
``context_rule``, the id of what decided. In reading order:

1. the cues of ``configs/context.yml`` are matched once over the letter, by medspaCy's matcher;
2. in each sentence :func:`imr_nlp.components.context.scope.links` tells which cue refers to which entity;
3. :class:`LetterEvidence` adds what the place says: a service heading requests, a guideline sentence is general;
4. of all evidence on an entity the highest priority decides. Of equals, the label guide's precedence decides for a
   diagnosis, and the nearest cue for a procedure or medication. Of equals in that too, the value that comes later in
   the alphabet decides, then the rule's id;
5. with the settings ``status_model`` and ``assertion_model``, trained models correct the rules
   (`imr_nlp.components.context.status_model`); ``context_rule`` is then the model's name, and ``context_score`` the
   probability of the value.

medspaCy's own component leaves its graph on the Doc, which can be neither pickled nor sent to another process. This
one leaves plain facts, and medspaCy's Span extensions ``is_negated``, … read them.
"""

from collections import defaultdict
from itertools import chain
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from imr_nlp.components.context.answers import LONE_COMMA, lone_commas, standing, without_asides
from imr_nlp.components.context.evidence import PRECEDENCE, ContextEvidence, LetterEvidence
from imr_nlp.components.context.mentions import Judged
from imr_nlp.components.context.scope import EXTRA, Cue, distance, labels_of, links, prune
from imr_nlp.components.context.status_model import models_of, overrule
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.config import shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import (
    ENTITIES,
    SpanValues,
    attrs_of,
    span_values,
    token_regions,
)
from imr_nlp.labels import ATTRIBUTE, NAMED
from imr_nlp.learned.loading import load_model
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
#: medspaCy's Span extensions, and the assertions or statuses that make each true.
FLAGS = {
    "is_negated": ("negated",),
    "is_uncertain": ("possible",),
    "is_historical": ("historical",),
    "is_hypothetical": ("hypothetical", "general"),
    "is_family": ("family",),
}


class ContextResolver(FromFiles):
    """Sets assertion and status from cues, sections, sentence roles and the letter's disputed services.

    ``rules`` is a shipped rules file; ``extra_rules`` a user's, whose context rules win over the shipped ones and
    replace those of the same id. Raises ConfigError where either can't be used. An entity that brings its own
    assertion or status (from a user's target rule) keeps it. ``status_model`` and ``assertion_model`` name trained
    models (``statuses/<version>``, ``assertions/<version>``); without them the rules decide alone. Raises ModelError
    where there is no such model.

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
        status_model: str | None = None,
        assertion_model: str | None = None,
    ) -> None:
        self.name = name
        asked = ((("PROCEDURE", "MEDICATION"), status_model), (("DIAGNOSIS",), assertion_model))
        self.models = models_of([(labels, load_model(model) if model else None) for labels, model in asked])
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
        letter, judged = self.by_rules(doc, entities)
        if self.models:
            overrule(letter, judged, self.models)
        return doc

    def by_rules(self, doc: Doc, entities: list[SpanValues]) -> tuple[LetterEvidence, list[Judged]]:
        """Set what the rules say; return the letter's evidence and the entities that brought no value of their own."""
        cues, about = self.cues(doc, entities)
        letter = LetterEvidence(doc, entities, about, self.names)
        judged = []
        cues_of = defaultdict(list)
        for cue in cues:
            cues_of[letter.sentence(cue.start)].append(cue)
        for sentence, members in letter.entities_of.items():
            for span, speaking in zip(members, links(cues_of[sentence], members), strict=True):
                if span.attrs.get(ATTRIBUTE[span.label_]):
                    span.attrs["context_rule"] = span.attrs["rule"]
                    continue
                decide(span, speaking, letter)
                judged.append(Judged(span, speaking, sentence, cues_of[sentence]))
        return letter, judged

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
        outside = without_asides(outside, doc, entities)
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


def decide(span: SpanValues, cues: list[Cue], letter: LetterEvidence) -> None:
    """Write one entity's assertion or status, what decided, and where the cue stands, into its facts.

    Args:
        span: The entity; its facts are changed.
        cues: Those that refer to it (`imr_nlp.components.context.scope.links`).
        letter: What the rest of the letter says of it.
    """
    known, attribute = span.attrs, ATTRIBUTE[span.label_]
    reasons = letter.evidence(span)
    found: dict[ContextEvidence, Cue] = {}
    for cue in cues:
        category = cue.rule.category
        if span.label_ == "DIAGNOSIS":
            value = ASSERTIONS.get(category)
            rank = PRECEDENCE.index(value) if value else 0
        else:
            at_issue = category in AT_ISSUE and letter.disputes(span)
            value = AT_ISSUE[category] if at_issue else STATUSES.get(category)
            rank = -distance(cue, span)
        if value:
            reasons.append(ContextEvidence(cue.priority, rank, value, cue.rule.metadata["id"]))
            found[reasons[-1]] = cue
    best = max(reasons)
    if best in found:
        known["cue_start"], known["cue_end"] = letter.chars(found[best])
    known[attribute], known["context_rule"] = best.value, best.rule


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
        "status_model": None,
        "assertion_model": None,
    },
    assigns=["span._.assertion", "span._.status", "span._.context_rule"],
    requires=["doc.spans"],
)
def create_context(
    nlp: Language,
    name: str,
    rules: str,
    service_vocabulary: str,
    extra_rules: str | None,
    status_model: str | None,
    assertion_model: str | None,
) -> ContextResolver:
    """Make the component from its config; see :class:`ContextResolver`."""
    return ContextResolver(nlp, name, rules, service_vocabulary, extra_rules, status_model, assertion_model)
