"""Component ``imr_targets``: entities by rules that a user can write, with medspaCy's target rules.

In: a Doc, after the components that find diagnoses, procedures and medications. Out: further spans in
``doc.spans["imr"]``, ``rule`` = the id of the target rule, with the rule's attributes as facts. The shipped
``configs/targets.yml`` adds only where nothing of the same label was found; a user's file wins: its findings
replace spans of the same label that they overlap, and an assertion or status that it gives is final.

medspaCy's own TargetMatcher leaves its rule objects on the Doc, which can then not be sent to another process; this
component uses medspaCy's rules and matcher, and leaves plain facts.
"""

from collections import defaultdict
from collections.abc import Iterable

from medspacy.target_matcher import TargetRule
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, EntityDraft, regions, replace_entities, span_values
from imr_nlp.matching.rule_files import load_rules
from imr_nlp.matching.rule_matcher import rule_matcher
from imr_nlp.text.intervals import IntervalSet


class TargetMatcher(FromFiles):
    """Finds what target rules describe, in the regions where entities are looked for.

    ``rules`` is a shipped rules file; ``extra_rules`` a user's, which replaces shipped rules of the same id. Raises
    ConfigError where either can't be used.

    >>> import pathlib, spacy, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "extra.yml")
    >>> _ = file.write_text("targets:\\n- {id: brace, literal: knee brace, category: PROCEDURE,"
    ...                     " attributes: {status: planned}}\\n")
    >>> nlp = spacy.blank("en")
    >>> doc = TargetMatcher(nlp, extra_rules=str(file))(nlp("A knee brace was mentioned."))
    >>> [(span.text, span.label_, span._.status, span._.rule) for span in doc.spans["imr"]]
    [('knee brace', 'PROCEDURE', 'planned', 'brace')]
    """

    def __init__(
        self,
        nlp: Language,
        name: str = "imr_targets",
        rules: str = "targets.yml",
        extra_rules: str | None = None,
    ) -> None:
        self.name = name
        own = load_rules(extra_rules).targets if extra_rules else []
        replaced = {rule.metadata["id"] for rule in own}
        shipped = [rule for rule in load_rules(rules).targets if rule.metadata["id"] not in replaced]
        self.shipped, self.own = _Matcher(nlp, shipped), _Matcher(nlp, own)

    def __call__(self, doc: Doc) -> Doc:
        """Add the matches of target rules; the user's own replace entities that they overlap."""
        within = IntervalSet(region[:2] for region in regions(doc))
        known = [
            EntityDraft(one.attrs["start"], one.attrs["end"], one.label_, one.attrs)
            for one in span_values(doc, ENTITIES)
        ]
        own = self.own.find(doc, within)
        places = _places(own)
        kept = [entity for entity in known if not _met(entity, places)] + own
        places = _places(kept)
        new = [found for found in self.shipped.find(doc, within) if not _met(found, places)]
        if own or new:
            replace_entities(doc, kept + new)
        return doc


def _places(found: Iterable[EntityDraft]) -> dict[str, IntervalSet]:
    """Return where the entities of each label stand."""
    by_label = defaultdict(list)
    for entity in found:
        by_label[entity.label].append((entity.start, entity.end))
    return {label: IntervalSet(stretches) for label, stretches in by_label.items()}


def _met(entity: EntityDraft, places: dict[str, IntervalSet]) -> bool:
    """Return whether an entity shares a character with one of the same label."""
    return entity.label in places and places[entity.label].overlaps(entity.start, entity.end)


class _Matcher:
    """medspaCy's matcher over some target rules; of overlapping matches with one label the longest."""

    def __init__(self, nlp: Language, rules: list[TargetRule]) -> None:
        self.matcher = rule_matcher(nlp, prune=False)
        self.matcher.add(rules)
        self.known = {nlp.vocab.strings.add(key): rule for key, rule in self.matcher.rule_map.items()}

    def find(self, doc: Doc, within: IntervalSet) -> list[EntityDraft]:
        if not self.known:
            return []
        chosen: list[EntityDraft] = []
        taken: dict[str, set[int]] = defaultdict(set)
        for key, start, end in sorted(self.matcher(doc), key=lambda match: (match[1] - match[2], match[1])):
            rule, span = self.known[key], doc[start:end]
            about = {**(rule.attributes or {}), "rule": rule.metadata["id"]}
            found = EntityDraft(span.start_char, span.end_char, rule.category, about)
            characters = range(found.start, found.end)
            if within.covers(found.start, found.end) and taken[found.label].isdisjoint(characters):
                taken[found.label].update(characters)
                chosen.append(found)
        return chosen


@factory(
    "imr_targets",
    default_config={"rules": "targets.yml", "extra_rules": None},
    assigns=["doc.spans", "span._.assertion", "span._.status", "span._.rule"],
)
def create_targets(nlp: Language, name: str, rules: str, extra_rules: str | None) -> TargetMatcher:
    """Make the component from its config; see :class:`TargetMatcher`."""
    return TargetMatcher(nlp, name, rules, extra_rules)
