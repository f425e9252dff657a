"""The sentences of the decision rationales and their roles (component ``imr_rationale``).

In: a Doc with sections and sentences. Out: ``doc.spans["rationale"]``, one span a sentence of each service's
rationale, label = role (conclusion, gap, fact, guideline, other), facts ``service`` (index of the service),
``rule`` (what gave the role), ``score``, and ``shared_from`` where the sentence stands in the rationale of another
service that this one refers to.

Rules: ``configs/rationale/roles.yml`` (roles), ``configs/rationale/references.yml`` ("see the rationale above").
With the setting ``model`` (``roles/<version>``) a trained model gives the roles, with those rules as its cues; `score`
is then a calibrated probability. Without it the rules alone do.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable
from itertools import pairwise
from typing import NamedTuple, Unpack

from spacy.attrs import IDX, SENT_START
from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.rationale.role_model import RoleModel
from imr_nlp.components.rationale.role_rules import Role, RoleAssigner, RoleRules, Sentence
from imr_nlp.config import ConfigError, at, read_yaml
from imr_nlp.doc import spans as annotate
from imr_nlp.doc.attributes import OfService, RationaleAttrs
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.learned.loading import load_model
from imr_nlp.matching.phrases import PhraseIndex, words

_BACK, _FORWARD = 0, 1
_REVIEWER = frozenset({"conclusion", "panel"})  # what a sentence of the rationale decides by
_DECIDES = 0.99  # 287 of 288 sentences that decide are conclusions (waves 1 and 2 of the real letters)


class RoleSpan(NamedTuple):
    """A rationale sentence: its place in ``doc.text``, its text and its role."""

    start: int
    end: int
    text: str
    role: Role


class References:
    """Which rationales stand for other services too; see ``configs/rationale/references.yml``.

    >>> references = References("rationale/references.yml")
    >>> references.back(words("See the rationale for request 1."))
    [0]
    """

    def __init__(self, path: str) -> None:
        rules = read_yaml(path, "rationale/references.yml")
        self.index = PhraseIndex(rules["classes"])
        for cue, name in ((_BACK, "refers_back"), (_FORWARD, "refers_forward")):
            for number, phrase in enumerate(rules[name]):
                try:
                    self.index.add(phrase, cue)
                except ConfigError as error:
                    raise ConfigError(f"{at(path, name, number)}: {error}") from error
        self.before_number = frozenset(rules["before_number"])

    def back(self, sentence: list[str]) -> list[int] | None:
        """Return the services that a sentence refers to (empty: the one before); None if it refers to none."""
        return self._services(sentence) if _BACK in self.index.find(sentence) else None

    def forward(self, sentence: list[str]) -> list[int] | None:
        """Return the services that a sentence includes (empty: all without reasons); None if it includes none."""
        return self._services(sentence) if _FORWARD in self.index.find(sentence) else None

    def _services(self, sentence: list[str]) -> list[int]:
        return [
            int(number) - 1
            for before, number in pairwise(sentence)
            if before in self.before_number and number.isdecimal() and 0 < int(number) < 100
        ]

    def sources(self, reasoned: dict[int, list[RoleSpan]], services: set[int]) -> dict[int, int]:
        """Return for each service that another one's rationale stands for, that other service."""
        found: dict[int, int] = {}
        with_reasons = set(reasoned)
        before: int | None = None
        for service, sentences in sorted(reasoned.items()):
            source = self._referred(service, sentences, with_reasons, before)
            if source is not None:
                found[service] = source
                with_reasons.remove(service)
            else:
                before = service
        without = services - set(reasoned)
        for service, sentences in sorted(reasoned.items()):
            for sentence in sentences if without else ():
                included = self.forward(words(sentence.text))
                if included is not None:
                    found.update((other, service) for other in (included or without) if other in without)
        return found

    def _referred(
        self, service: int, sentences: list[RoleSpan], with_reasons: Container[int], before: int | None
    ) -> int | None:
        """Return the service whose reasons stand for this one's; ``before`` is the last with reasons of its own."""
        named: list[int] = []
        refers = False
        for sentence in sentences:
            back = self.back(words(sentence.text))
            if back is None and sentence.role.role != "conclusion":
                return None  # it has reasons of its own
            if back is not None:
                refers = True
                named += back
        if not refers or not named:
            return before if refers else None
        return next((s for s in named if s in with_reasons and s != service), None)


class RationaleClassifier(FromFiles):
    """The component; ``roles`` may be any `RoleAssigner`, such as a trained model.

    >>> import spacy
    >>> from imr_nlp.doc.spans import add_span, attrs_of
    >>> nlp = spacy.blank("en")
    >>> _ = nlp.add_pipe("imr_sentences"); component = nlp.create_pipe("imr_rationale")
    >>> doc = nlp("There is no documentation of therapy. The request is not medically necessary.")
    >>> _ = add_span(doc, "sections", 0, len(doc.text), "rationale", rule="demo", service=0, body_start=0,
    ...         body_end=len(doc.text))
    >>> [(span.label_, attrs_of(span)["service"]) for span in component(doc).spans["rationale"]]
    [('gap', 0), ('conclusion', 0)]
    """

    def __init__(self, roles: RoleAssigner, references: References) -> None:
        self.roles = roles
        self.references = references

    def __call__(self, doc: Doc) -> Doc:
        """Write the rationale sentences of ``doc``; spaCy's error E030 where sentences are not set."""
        known = (section.attrs.get("service") for section in annotate.span_values(doc, annotate.SECTIONS))
        services: set[int] = {service for service in known if service is not None}
        reasoned = self._reasoned(doc)
        sources = self.references.sources(reasoned, services)
        for service in sorted({*reasoned, *sources}):
            for sentence in reasoned.get(service, ()):
                _add(doc, sentence, service=service)
            for sentence in reasoned[sources[service]] if service in sources else ():
                _add(doc, sentence, service=service, shared_from=sources[service])
        return doc

    def _reasoned(self, doc: Doc) -> dict[int, list[RoleSpan]]:
        """Return the rationale sentences of each service, in text order, with their roles."""
        rationales = rationales_of(doc)
        decided = _deciding(doc)
        roles = self.roles.roles_of([[placed.sentence for placed in rationale] for rationale in rationales.values()])
        return {
            service: [
                RoleSpan(placed.start, placed.end, placed.sentence.text, _role(placed, role, decided[service]))
                for placed, role in zip(rationale, given, strict=True)
            ]
            for (service, rationale), given in zip(rationales.items(), roles, strict=True)
        }


def _deciding(doc: Doc) -> dict[int, list[tuple[int, str]]]:
    """Return where the reviewer decides each service in a sentence, and the rule that says so."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for section in annotate.span_values(doc, annotate.SECTIONS, "service"):
        for place in section.attrs.get("decision_evidence") or ():
            if place["by"] in _REVIEWER:
                found[section.attrs["service"]].append((place["start"], place["rule"]))
    return found


def _role(placed: "SentenceSpan", role: Role, decided: list[tuple[int, str]]) -> Role:
    """Return the role of a sentence: one from which the decision was taken concludes, whatever its words are."""
    if role.role == "conclusion":
        return role
    rule = next((rule for start, rule in decided if placed.start <= start < placed.end), None)
    return Role("conclusion", rule, _DECIDES) if rule else role


class SentenceSpan(NamedTuple):
    """A sentence and its place in ``doc.text``."""

    start: int
    end: int
    sentence: Sentence


def rationales_of(doc: Doc) -> dict[int, list[SentenceSpan]]:
    """Return the sentences in the rationale sections with the entities within them, by service."""
    bodies = []
    named: annotate.SpanValues | None = None
    for section in annotate.span_values(doc, annotate.SECTIONS, "rationale", "service"):
        known = section.attrs
        if section.label_ == "service":
            named = section if known.get("in_sentence") else None
            continue
        if known.get("service") is not None:
            # A conclusion may begin with the service that it decides: "Norco is not necessary".
            if named and named.attrs["service"] == known["service"] and known["start"] <= named.attrs["end"] + 1:
                bodies.append((named.attrs["start"], named.attrs["end"], known["service"]))
            bodies.append((known["body_start"], known["body_end"], known["service"]))
    found: dict[int, list[SentenceSpan]] = defaultdict(list)
    if not bodies:
        return found
    starts = [body[0] for body in bodies]
    entities = _entities(doc)
    letter = text_of(doc)
    for start, following in _sentences(doc):
        which = bisect_right(starts, start) - 1
        if which < 0 or start >= bodies[which][1]:
            continue
        text = letter[start:following].rstrip()
        end = start + len(text)
        if any(map(str.isalnum, text)):
            within = entities[bisect_left(entities, (start,)) : bisect_left(entities, (end,))]
            inside = tuple((first - start, last - start, label) for first, last, label in within if last <= end)
            found[bodies[which][2]].append(SentenceSpan(start, end, Sentence(text, inside)))
    return found


def _sentences(doc: Doc) -> Iterable[tuple[int, int]]:
    """Return where each sentence starts and where the next one does; what ``doc.sents`` says, without making Spans."""
    if not doc.has_annotation("SENT_START"):
        raise ValueError(Errors.E030)
    columns = doc.to_array([IDX, SENT_START])
    starts = columns[1:, 0][columns[1:, 1] == 1].tolist()
    return pairwise([0, *starts, len(text_of(doc))])


def _entities(doc: Doc) -> list[tuple[int, int, str]]:
    known = annotate.span_values(doc, annotate.ENTITIES)
    return sorted((found.attrs["start"], found.attrs["end"], found.label_) for found in known)


def _add(doc: Doc, sentence: RoleSpan, **of_service: Unpack[OfService]) -> None:
    role = sentence.role
    attrs: RationaleAttrs = {"rule": role.rule, "score": role.score, **of_service}
    annotate.add_span(doc, annotate.RATIONALE, sentence.start, sentence.end, role.role, **attrs)


@factory(
    "imr_rationale",
    default_config={"rules": "rationale/roles.yml", "reference_rules": "rationale/references.yml", "model": None},
    assigns=["doc.spans"],
    requires=["doc.spans", "doc.sents"],
)
def create_rationale(
    nlp: Language, name: str, rules: str, reference_rules: str, model: str | None
) -> RationaleClassifier:
    """Make the component from the files of its rules (relative to ``configs/``) and a model (``roles/<version>``)."""
    assigner = RoleRules(rules)
    roles = RoleModel(assigner, load_model(model)) if model else assigner
    return RationaleClassifier(roles, References(reference_rules))
