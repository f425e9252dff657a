"""What a trained model sees of an entity: `Mention`, and its `features` by name.

A mention has the rules' verdict and what decided it, its section, and whether it is disputed. It has the cues that
refer to the entity and the kinds of all cues of its sentence, the sentence's role and that of the one before. It is
told what the rules say of the same name elsewhere in the letter. Its words are those of its clause, on either side, and
all words of the sentence. Digits are one word and an entity is one word. The entities of a list ("A, B and C") have the
words around the list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy.strings import StringStore, get_string_id

from imr_nlp.components.context.evidence import NUMBER, LetterEvidence
from imr_nlp.components.context.scope import Cue
from imr_nlp.doc.spans import SpanValues
from imr_nlp.labels import ATTRIBUTE
from imr_nlp.learned.features import Features

#: Words that stand for a kind of word.
ENTITY, BEGIN, END = "<entity>", "<begin>", "<end>"
#: What joins the entities of a list.
JOINTS = frozenset(map(get_string_id, (",", "and", "or", "/", "&", "plus")))
#: What ends a clause.
CLAUSE_ENDS = frozenset(
    map(
        get_string_id,
        (
            BEGIN, END, ";", ".", ":", "?", "!", "but", "however", "although", "though", "while", "whereas", "yet",
            "because", "since", "which", "if", "unless", "until", "when", "where",
        ),
    )
)  # fmt: skip
_ENTITY, _BEGIN, _END = map(get_string_id, (ENTITY, BEGIN, END))
_KINDS = {get_string_id(word): word for word in (ENTITY, NUMBER, BEGIN, END)}
_CLAUSE = 200  # words of a clause that are looked at: a sentence without end may hold thousands of them
#: What comes from the rules counts less: they fit the letters that they were written on better than any other.
RULES_COUNT = 0.3
FROM_RULES = frozenset({"verdict", "rule", "cue-id", "general", "verdict+role", "verdict+disputed+section"})
#: Kinds of features whose value is a word: the nearest on either side, and those of the clause.
LEFT, RIGHT = ("left-1", "left-2"), ("right-1", "right-2")
OF_WORDS = frozenset({*LEFT, *RIGHT, "first", "word", "clause-left", "clause-right"})
YES_NO = ("no", "yes")


class Judged(NamedTuple):
    """An entity that the rules have decided, the cues that refer to it, its sentence's number, and all cues there."""

    span: SpanValues
    cues: Sequence[Cue]
    sentence: int
    around: Sequence[Cue]


class Surroundings(NamedTuple):
    """A sentence with entities: the ids of its words, its role, that of the one before, and of whom it speaks."""

    words: list[int]
    role: str
    before: str
    general: bool
    of_patient: bool


class Mention(NamedTuple):
    """What a model sees of an entity.

    ``left`` and ``right`` are the ids of the clause's words on either side, the nearest first and what ends the clause
    last. ``elsewhere`` holds what the rules say of the same name in other places, as (section, value). ``told`` holds
    the categories of all cues of the sentence, as (side, category), whether or not they refer to the entity.
    """

    label: str
    verdict: str
    rule: str
    cues: Sequence[Cue]
    section: str
    disputed: bool
    elsewhere: frozenset[tuple[str, str]]
    told: frozenset[tuple[str, str]]
    left: list[int]
    right: list[int]
    sentence: Surroundings


def features(mention: Mention, strings: StringStore) -> Features:
    """Return what a model sees of an entity; a feature's name is its kind and its value.

    >>> strings = StringStore(["the", "was", "denied"])
    >>> words = [get_string_id(word) for word in (BEGIN, "the", ENTITY, "was", "denied", END)]
    >>> said = "PROCEDURE", "performed", "default", [], "rationale", True, frozenset(), frozenset()
    >>> mention = Mention(*said, words[1::-1], words[3:], Surroundings(words, "fact", "none", False, False))
    >>> row = features(mention, strings)
    >>> [name for name in row if "denied" in name or name.startswith(("left", "verdict ", "elsewhere"))]
    ['verdict performed', 'elsewhere none', 'left-1 the', 'left-2 <begin>', 'right-2 denied', 'clause-right denied', 'word denied']
    """  # noqa: E501
    around, disputed = mention.sentence, YES_NO[mention.disputed]
    names = [
        f"label {mention.label}", f"verdict {mention.verdict}", f"rule {mention.rule}",
        f"verdict+role {mention.verdict}+{around.role}",
        f"verdict+disputed+section {mention.verdict}+{disputed}+{mention.section}",
        f"disputed {disputed}", f"section {mention.section}", f"role {around.role}", f"before {around.before}",
        f"general {YES_NO[around.general]}", f"worker {YES_NO[around.of_patient]}",
    ]  # fmt: skip
    for cue in mention.cues:
        names += [f"cue {cue.rule.category}", f"cue-id {cue.rule.metadata['id']}"]
    for section, value in sorted(mention.elsewhere):
        names += [f"elsewhere {value}", f"elsewhere+section {value}+{section}"]
    if not mention.elsewhere:
        names.append("elsewhere none")
    names += [f"told {side}+{category}" for side, category in sorted(mention.told)]
    names += [f"{kind} {_word(word, strings)}" for kind, word in zip(LEFT, mention.left, strict=False)]
    names += [f"{kind} {_word(word, strings)}" for kind, word in zip(RIGHT, mention.right, strict=False)]
    names += [f"clause-left {_word(word, strings)}" for word in mention.left]
    names += [f"clause-right {_word(word, strings)}" for word in mention.right]
    names += [f"first {_word(around.words[1], strings)}"]
    names += [f"word {_word(word, strings)}" for word in around.words if word not in (_BEGIN, _END, _ENTITY)]
    return {name: RULES_COUNT if name.partition(" ")[0] in FROM_RULES else 1.0 for name in names}


def _word(word: int, strings: StringStore) -> str:
    return _KINDS.get(word) or strings[word]


class Elsewhere:
    """What the rules say of each name of a letter, by section, so that a mention can be told of the others."""

    def __init__(self, letter: LetterEvidence, judged: Iterable[Judged]) -> None:
        self._letter = letter
        self._told: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
        for one in judged:
            self._told[self._name(one.span)][self._said(one.span)] += 1

    def of(self, span: SpanValues) -> frozenset[tuple[str, str]]:
        """Return (section, value) of the other mentions of what a span names."""
        own, told = self._said(span), self._told[self._name(span)]
        return frozenset(said for said, times in told.items() if said != own or times > 1)

    def _said(self, span: SpanValues) -> tuple[str, str]:
        return self._letter.region(span.start_char), span.attrs[ATTRIBUTE[span.label_]]

    def _name(self, span: SpanValues) -> tuple[str, str]:
        known = span.attrs
        return span.label_, known.get("generic") or known.get("canonical") or self._letter.written(span).lower()


def mentions(letter: LetterEvidence, judged: Iterable[Judged], elsewhere: Elsewhere) -> list[Mention]:
    """Return what models see of entities, which come in text order."""
    found: list[Mention] = []
    last, at = -1, 0
    for span, cues, number, around in judged:
        label, known = span.label_, span.attrs
        if number != last:
            last, at = number, 0
            words, runs = _collapsed(letter, number)
            sentence = Surroundings(
                words,
                letter.roles.get(number) or "none",
                letter.roles.get(number - 1) or "none",
                number in letter.general,
                number in letter.subjects["PATIENT_SPECIFIC"],
            )
            lists = _lists(words, [word for _, _, word in runs])
        while runs[at][1] <= span.start:
            at += 1
        start, end, _ = runs[at]
        left, right = lists[at]
        if span.start > start:  # of entities that touch, each has the others beside it
            left = [_ENTITY, *left]
        if span.end < end:
            right = [_ENTITY, *right]
        found.append(
            Mention(
                label,
                known[ATTRIBUTE[label]],
                known["context_rule"],
                cues,
                letter.region(span.start_char),
                label != "DIAGNOSIS" and letter.disputes(span),
                elsewhere.of(span),
                frozenset(("left" if cue.start < span.start else "right", cue.rule.category) for cue in around),
                left,
                right,
                sentence,
            )
        )
    return found


def _lists(words: Sequence[int], places: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Return the clause's words on either side of each entity; those of a list have the same."""
    found: list[tuple[list[int], list[int]]] = []
    first = 0
    for number, place in enumerate(places):
        following = places[number + 1] if number + 1 < len(places) else None
        if following is not None and following - place > 1 and JOINTS.issuperset(words[place + 1 : following]):
            continue
        sides = _side(words, places[first], -1), _side(words, place, 1)
        found += [sides] * (number + 1 - first)
        first = number + 1
    return found


def _side(words: Sequence[int], place: int, step: int) -> list[int]:
    """Return the words from a place to the end of its clause, that which ends it included; at most `_CLAUSE`."""
    found = []
    for at in range(place + step, place + step * (_CLAUSE + 1), step):
        found.append(words[at])
        if words[at] in CLAUSE_ENDS:
            break
    return found


def _collapsed(letter: LetterEvidence, number: int) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Return the words of a sentence, entities that touch being one word, and (start, end, word) of each of those."""
    first, last = letter.tokens(number)
    words, runs = [_BEGIN], list[tuple[int, int, int]]()
    at = first
    for span in letter.entities_of[number]:
        end = min(span.end, last)
        if runs and span.start <= at:
            at = max(at, end)
            runs[-1] = (runs[-1][0], at, runs[-1][2])
            continue
        words += letter.words[at : span.start]
        runs.append((span.start, end, len(words)))
        words.append(_ENTITY)
        at = end
    words += letter.words[at:last]
    words.append(_END)
    return words, runs
