"""ConText's scopes: which cue of a sentence speaks of which entity.

The method is ConText (Harkema et al. 2009, J Biomed Inform 42:839) over medspaCy's rule objects, with two extensions:
a rule has a priority, and a TERMINATE rule with ``allowed_types`` ends scopes only towards those labels. Everything
here works on token numbers and plain tuples; nothing stays on the Doc.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from medspacy.context import ConTextRule

from imr_nlp.annotate import Finding
from imr_nlp.rules import LABELS

#: Added to the priority of a user's rules, so that they win over every shipped one.
EXTRA = 10_000


class Cue(NamedTuple):
    """A place where a ConText rule matched: tokens ``start:end``, and the rule with its labels worked out."""

    start: int
    end: int
    rule: ConTextRule
    labels: frozenset[str]
    priority: int


def labels_of(rule: ConTextRule) -> frozenset[str]:
    """Return the labels that a rule speaks of.

    >>> sorted(labels_of(ConTextRule("denies", "NEGATED_EXISTENCE", allowed_types=["DIAGNOSIS"])))
    ['DIAGNOSIS']
    """
    if rule.allowed_types is not None:
        return frozenset(rule.allowed_types)
    return LABELS - frozenset(rule.excluded_types or ())


def prune(cues: Iterable[Cue]) -> list[Cue]:
    """Return the cues that no longer cue for the same labels overlaps, in text order.

    "no history of" hides "history of" (medspaCy's pruning, without its quadratic walk). Two rules may match the
    same stretch. A user's cue yields to no shipped one.
    """
    kept: list[Cue] = []
    for together in _overlapping(cues):
        kept += together if len(together) == 1 else _unhidden(together)
    return kept


def _overlapping(cues: Iterable[Cue]) -> list[list[Cue]]:
    """Return the cues in text order, in groups that share no token; most cues stand alone."""
    groups: list[list[Cue]] = []
    end = -1
    for cue in sorted(cues, key=itemgetter(0, 1)):
        if cue.start >= end:
            groups.append([])
        groups[-1].append(cue)
        end = max(end, cue.end)
    return groups


def _unhidden(cues: list[Cue]) -> list[Cue]:
    taken: dict[int, list[Cue]] = defaultdict(list)
    kept = []
    for cue in sorted(cues, key=lambda cue: (-(cue.priority // EXTRA), cue.start - cue.end, cue.start)):
        if not any(_hides(other, cue) for token in range(cue.start, cue.end) for other in taken[token]):
            for token in range(cue.start, cue.end):
                taken[token].append(cue)
            kept.append(cue)
    return sorted(kept, key=itemgetter(0, 1))


def _hides(longer: Cue, cue: Cue) -> bool:
    return cue.labels <= longer.labels and (longer.start, longer.end) != (cue.start, cue.end)


def distance(cue: Cue, target: Finding) -> int:
    """Return how many tokens stand between a cue and an entity."""
    return target.start - cue.end if cue.end <= target.start else cue.start - target.end


def reaches(cue: Cue, target: Finding, cues: Sequence[Cue]) -> bool:
    """Return whether a cue's scope covers an entity of its sentence, given all cues of that sentence.

    The scope runs in the rule's direction to the end of the sentence, for at most ``max_scope`` tokens, to the
    next TERMINATE cue or the next cue of a category that the rule is ``terminated_by``. A cue never speaks of an
    entity that it overlaps.
    """
    rule = cue.rule
    if target.label_ not in cue.labels:
        return False
    if cue.end <= target.start and rule.direction in ("FORWARD", "BIDIRECTIONAL"):
        left, right = cue.end, target.start
    elif target.end <= cue.start and rule.direction in ("BACKWARD", "BIDIRECTIONAL"):
        left, right = target.end, cue.start
    else:
        return False
    if rule.max_scope is not None and right - left >= rule.max_scope:
        return False
    return not any(
        left <= other.start
        and other.end <= right
        and (other.rule.direction == "TERMINATE" or other.rule.category in rule.terminated_by)
        and target.label_ in other.labels
        for other in cues
    )


def links(cues: Sequence[Cue], entities: Sequence[Finding]) -> list[list[Cue]]:
    """Return, for each entity of one sentence, the cues that speak of it.

    A rule with ``max_targets`` speaks only of the nearest so many entities.
    """
    found: list[list[Cue]] = [[] for _ in entities]
    for cue in cues:
        if cue.rule.direction in ("TERMINATE", "PSEUDO"):
            continue
        reached = [number for number, span in enumerate(entities) if reaches(cue, span, cues)]
        if cue.rule.max_targets is not None:
            reached = sorted(reached, key=lambda number: distance(cue, entities[number]))[: cue.rule.max_targets]
        for number in reached:
            found[number].append(cue)
    return found
