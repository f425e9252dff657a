"""ConText's scopes: which cue of a sentence refers to which entity.

The method is ConText (Harkema et al. 2009, J Biomed Inform 42:839) over medspaCy's rule objects, with two extensions.
A rule has a priority. A TERMINATE rule with ``allowed_types`` ends scopes only towards those labels. Everything here
works on token numbers and plain tuples. Nothing stays on the Doc.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from medspacy.context import ConTextRule

from imr_nlp.doc.spans import SpanValues
from imr_nlp.labels import LABELS
from imr_nlp.matching.rule_files import ANSWER, INSIDE, WITHIN

#: Added to the priority of a user's rules, so that they win over every shipped one.
EXTRA = 10_000
#: More tokens than a sentence has.
_NO_LIMIT = 1_000_000_000
#: Category of "his", "her", …: what belongs to somebody is there.
OWN = "OWN"
#: Categories of verbs that open something new ("revealed"), and of those that may belong to a cue ("has").
FINDING, AUXILIARY = "FINDING", "AUXILIARY"
_AHEAD, _BEHIND = ("FORWARD", "BIDIRECTIONAL"), ("BACKWARD", "BIDIRECTIONAL", ANSWER)


class Cue(NamedTuple):
    """A place where a ConText rule matched: tokens ``start:end``, and the rule with its labels worked out."""

    start: int
    end: int
    rule: ConTextRule
    labels: frozenset[str]
    priority: int


def labels_of(rule: ConTextRule) -> frozenset[str]:
    """Return the labels that a rule refers to.

    >>> sorted(labels_of(ConTextRule("denies", "NEGATED_EXISTENCE", allowed_types=["DIAGNOSIS"])))
    ['DIAGNOSIS']
    """
    if rule.allowed_types is not None:
        return frozenset(rule.allowed_types)
    return frozenset(LABELS) - frozenset(rule.excluded_types or ())


def prune(cues: Iterable[Cue]) -> list[Cue]:
    """Return the cues that no longer cue for the same labels overlaps, in text order.

    "no history of" hides "history of" (medspaCy's pruning, without its quadratic walk). Two rules may match the
    same passage. A user's cue yields to no shipped one.

    >>> no, past = (ConTextRule(words, "NEGATED_EXISTENCE", direction="FORWARD") for words in ("no history", "history"))
    >>> short, long = Cue(1, 2, past, labels_of(past), 50), Cue(0, 2, no, labels_of(no), 50)
    >>> prune([short, long]) == [long]
    True
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
    for cue in sorted(cues, key=_strength):
        if not any(_hides(other, cue) for token in range(cue.start, cue.end) for other in taken[token]):
            for token in range(cue.start, cue.end):
                taken[token].append(cue)
            kept.append(cue)
    return sorted(kept, key=itemgetter(0, 1))


def _strength(cue: Cue) -> tuple[int, int, int, bool]:
    return -(cue.priority // EXTRA), cue.start - cue.end, cue.start, cue.rule.direction != ANSWER


def _hides(longer: Cue, cue: Cue) -> bool:
    """Return whether a longer cue takes the place of one inside it.

    A cue hides only what points the same way: "already authorized" behind a drug is not the "authorized" before one.
    A PSEUDO cue hides everything, and so does an answer, even what holds the same words: the "no" of "Gout: no" does
    not refer to what follows.
    """
    ways = longer.rule.direction, cue.rule.direction
    if not cue.labels <= longer.labels:
        return False
    if (longer.start, longer.end) == (cue.start, cue.end):
        return ways[0] == ANSWER != ways[1]
    if cue.end > longer.end and cue.priority > longer.priority:
        return False
    if ways == ("PSEUDO", "TERMINATE") and longer.rule.category != "PSEUDO":
        return False  # "has no siblings and is being treated for gout": a clause begins, with a verb of finding
    return ways[0] in ("PSEUDO", ANSWER) or ways[0] == ways[1] or "BIDIRECTIONAL" in ways


def distance(cue: Cue, target: SpanValues) -> int:
    """Return how many tokens stand between a cue and an entity; 0 where they share words.

    >>> rule = ConTextRule("denies", "NEGATED_EXISTENCE", direction="FORWARD")
    >>> distance(Cue(1, 2, rule, labels_of(rule), 50), SpanValues("DIAGNOSIS", 4, 6, 20, 29, {}))
    2
    """
    return max(0, target.start - cue.end if cue.start < target.start else cue.start - target.end)


def links(cues: Sequence[Cue], entities: Sequence[SpanValues]) -> list[list[Cue]]:
    """Return, for each entity of one sentence, the cues that refer to it.

    Args:
        cues: The cues of the sentence, in text order.
        entities: Its entities, in text order.

    By its rule's direction a cue refers to entities

    - FORWARD: behind it;
    - BACKWARD: before it, and so does an ANSWER cue (see `imr_nlp.components.context.answers`);
    - BIDIRECTIONAL: on both sides;
    - WITHIN: in it ("no sign that X was tried");
    - INSIDE: of which it is a part ("healed fracture").

    A scope runs to the end of the sentence, for at most ``max_scope`` tokens. It ends at the next TERMINATE cue, and at
    the next cue of a category that the rule is ``terminated_by``. A cue before or behind an entity may share words with
    its nearer end ("no acute" of "acute fracture"). It never holds the entity and is never inside it. A rule with
    ``max_targets`` speaks only of the nearest so many. Of one rule's cues on one side of an entity the nearest speaks:
    the others would say the same from further away.

    >>> rule = ConTextRule("denies", "NEGATED_EXISTENCE", direction="FORWARD", max_scope=5)
    >>> places = ((0, 1), (2, 3), (12, 13))
    >>> entities = [SpanValues("DIAGNOSIS", start, end, 6 * start, 6 * end, {}) for start, end in places]
    >>> [len(found) for found in links([Cue(1, 2, rule, labels_of(rule), 50)], entities)]
    [0, 1, 0]
    """
    found: list[list[Cue]] = [[] for _ in entities]
    forward = sorted((span.start, number, span.label_) for number, span in enumerate(entities))
    backward = sorted(((span.end, number, span.label_) for number, span in enumerate(entities)), reverse=True)
    labels = {label for _, _, label in forward}
    for place, cue in enumerate(cues):
        rule = cue.rule
        reached: list[int] = []
        if rule.direction in _AHEAD:
            ends = {label: _end_ahead(cue, cues[place + 1 :], label) for label in labels & cue.labels}
            last = max(ends.values(), default=0)
            for start, number, label in forward[bisect_left(forward, (cue.start + 1,)) :]:
                if start >= last:
                    break
                if start < ends.get(label, 0) and entities[number].end > cue.end:
                    reached.append(number)
        if rule.direction in _BEHIND:
            ends = {label: _end_behind(cue, cues[:place], label) for label in labels & cue.labels}
            last = min(ends.values(), default=cue.start)
            for end, number, label in backward[bisect_left(backward, 1 - cue.end, key=lambda span: -span[0]) :]:
                if end <= last:
                    break
                if end > ends.get(label, end) and entities[number].start < cue.start:
                    reached.append(number)
        if rule.direction == WITHIN:
            first = bisect_left(forward, (cue.start + 1,))
            held = forward[first : bisect_left(forward, (cue.end,))]
            reached += [number for _, number, label in held if label in cue.labels and entities[number].end < cue.end]
        if rule.direction == INSIDE:
            reached += [
                number
                for number, span in enumerate(entities)
                if span.start <= cue.start and cue.end <= span.end and span.label_ in cue.labels
            ]
        if rule.max_targets is not None:
            reached = sorted(reached, key=lambda number: (distance(cue, entities[number]), number))[: rule.max_targets]
        for number in reached:
            found[number].append(cue)
    return found


def _end_ahead(cue: Cue, following: Sequence[Cue], label: str) -> int:
    """Return the token before which entities with a label must start so that a cue before them reaches them."""
    end = cue.end + (_NO_LIMIT if cue.rule.max_scope is None else cue.rule.max_scope)
    for other in following:
        if other.start >= end:
            break
        if other.start >= cue.end and _ends_scope(other, cue, label):
            # An entity may begin inside a verb of finding, but not inside what ends the clause ("and a mild").
            end = min(end, other.start + 1 if other.rule.direction == "TERMINATE" else other.end)
    return end


def _end_behind(cue: Cue, preceding: Sequence[Cue], label: str) -> int:
    """Return the token after which entities with a label must end so that a cue behind them reaches them."""
    end = cue.start - (_NO_LIMIT if cue.rule.max_scope is None else cue.rule.max_scope)
    for other in reversed(preceding):
        if other.start <= end:
            break
        if other.end <= cue.start and _ends_scope(other, cue, label):
            end = max(end, other.start)
    return end


def _ends_scope(other: Cue, cue: Cue, label: str) -> bool:
    """Return whether a cue's scope ends at another cue, as far as entities with a label go."""
    rule = cue.rule
    if other.rule is rule and (rule.max_targets is None or rule.direction != "BIDIRECTIONAL"):
        return True
    if other.rule.category == OWN and other.start == cue.end:
        return False  # "denies her depression": what the cue itself names
    if other.rule.category == AUXILIARY:  # "an MRI has never been done": its own verb ends no cue
        return FINDING in rule.terminated_by and other.end != cue.start and label in other.labels
    ends = other.rule.direction == "TERMINATE" or other.rule.category in rule.terminated_by
    return ends and label in other.labels
