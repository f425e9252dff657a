"""The role of a rationale sentence, by a trained model over features that a person can read.

`features` says what the model sees of a sentence: its words and word pairs, where every number, date, name for the
worker and entity stands for its kind; the place of the sentence; which labels are in it; which cues of
``configs/rationale/roles.yml`` were found; what the conclusions of its rationale come to; and the role that the rules
give to it and to the sentences on either side. What the rules make of the sentence itself counts half: they fit the
letters that they were written on better than any other, and a model that learns from those letters would trust them
too much.

Training is in `imr_nlp.training.roles`; ``models/roles/<version>/card.md`` says how good the result is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from imr_nlp.components.rationale.role_rules import Role, RoleRules, RuleVerdict, Sentence
from imr_nlp.learned.features import Features
from imr_nlp.learned.loading import Model

_RULES_COUNT = 0.5  # of what other features count; see the table of policies in the model's card
_LONG = 40  # words; longer sentences count as this long
_NONE = "none"


class RoleModel:
    """Roles by a model that was trained on `features`; see `imr_nlp.components.rationale.role_rules.RoleAssigner`."""

    def __init__(self, rules: RoleRules, model: Model) -> None:
        self.rules = rules
        self.rule = f"model:{model.name}"
        self.linear = model.linear

    def roles_of(self, rationales: Sequence[Sequence[Sentence]]) -> list[list[Role]]:
        """Return the most probable role of every sentence; its score is that probability.

        The rule is the model's name and, where the rules came to the same role, the cue that speaks most for it.
        """
        judged = [self.rules.judge(rationale) for rationale in rationales]
        rows = [row for r, j in zip(rationales, judged, strict=True) for row in features(self.rules, r, j)]
        if not rows:
            return [[] for _ in rationales]
        probabilities = self.linear.probabilities(rows)
        best = probabilities.argmax(axis=1).tolist()
        scores = iter(zip(best, probabilities.max(axis=1).tolist(), strict=True))
        return [[self._role(by_rules.role, *next(scores)) for by_rules in rationale] for rationale in judged]

    def _role(self, by_rules: Role, best: int, probability: float) -> Role:
        role = self.linear.labels[best]
        rule = f"{self.rule}+{by_rules.rule}" if by_rules.role == role else self.rule
        return Role(role, rule, round(min(probability, 1.0), 3))


def features(rules: RoleRules, rationale: Sequence[Sentence], judged: Sequence[RuleVerdict]) -> list[Features]:
    """Return what the model sees of each sentence of one rationale; ``judged`` is what the rules say of them.

    >>> rules = RoleRules("rationale/roles.yml")
    >>> rationale = [Sentence("MRI is not medically necessary.", ((0, 3, "PROCEDURE"),))]
    >>> row = features(rules, rationale, rules.judge(rationale))[0]
    >>> [name for name in row if "necessary" in name or name.startswith(("has ", "cue "))]
    ['word necessary', 'words medically necessary', 'words necessary .', 'has PROCEDURE', 'cue decision.not_necessary']
    """
    around = [_NONE, *(by_rules.role.role for by_rules in judged), _NONE]
    last = len(rationale) - 1
    outcome = rules.outcome(judged)
    several = last > 0  # a sentence that stands alone is the first, and its place tells nothing of a conclusion
    rows = []
    for at, (sentence, by_rules) in enumerate(zip(rationale, judged, strict=True)):
        terms = _terms(rules, sentence, by_rules.words)
        names = [f"word {term}" for term in terms]
        names += [f"words {a} {b}" for a, b in pairwise(["^", *terms, "."])]
        names += [f"has {label}" for _, _, label in sentence.entities] or ["has no entity"]
        names += [f"cue {cue}" for cue in by_rules.cues]
        names += [f"after {around[at]}", *([f"before {around[at + 2]}"] if several else [])]
        row: Features = dict.fromkeys(names, 1.0)
        row[f"rules say {by_rules.role.role}"] = _RULES_COUNT
        if outcome != "open":
            row[f"outcome {outcome}, rules say {by_rules.role.role}"] = _RULES_COUNT
        row["first"] = float(at == 0)
        row["last"] = float(several and at == last)
        row["last but one"] = float(at == last - 1)
        row["place"] = at / max(1, last)
        row["length"] = min(1.0, len(terms) / _LONG)
        rows.append(row)
    return rows


def _terms(rules: RoleRules, sentence: Sentence, words: list[tuple[int, str]]) -> list[str]:
    """Return a sentence's words, an entity being one word (its label) and words of a class that class."""
    entities = _outermost(sentence.entities)
    starts = [start for start, _, _ in entities]
    terms: list[str] = []
    masked = -1
    for start, word in words:
        which = bisect_right(starts, start) - 1
        if which < 0 or start >= entities[which][1]:
            terms.append(rules.index.kind(word))
        elif which != masked:
            terms.append(entities[which][2])
            masked = which
    return terms


def _outermost(entities: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the entities that aren't within another one, in text order; a guideline's name is left to its words."""
    kept: list[tuple[int, int, str]] = []
    for entity in sorted(entities, key=lambda e: (e[0], -e[1])):
        if entity[2] != "GUIDELINE" and (not kept or entity[0] >= kept[-1][1]):
            kept.append(entity)
    return kept
