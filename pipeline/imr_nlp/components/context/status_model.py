"""Trained models that look over what the rules say of the entities: ``statuses`` and ``assertions``.

`overrule` puts a model's verdict in the place of the rules' where it is more probable. What the place, the user or the
entity itself decided stays. A letter's words are looked up by their numbers, each sentence once. What a model sees of
an entity is in `imr_nlp.components.context.mentions`.

Training is in `imr_nlp.training.statuses`; the cards beside the models say how good the result is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf
from operator import call
from typing import Any

import numpy as np
from medspacy.context import ConTextRule
from spacy.strings import get_string_id

from imr_nlp.components.context.evidence import LetterEvidence
from imr_nlp.components.context.mentions import (
    FROM_RULES,
    LEFT,
    OF_WORDS,
    RIGHT,
    RULES_COUNT,
    YES_NO,
    Elsewhere,
    Judged,
    Mention,
    Surroundings,
    mentions,
)
from imr_nlp.components.context.scope import EXTRA
from imr_nlp.doc.spans import SpanValues
from imr_nlp.labels import ATTRIBUTE
from imr_nlp.learned.loading import Model

#: By how much a model's verdict must be more probable than that of a cue. Procedures of eight readers' unread letters:
#: 0.892 right with 0, 0.891 with 0.2 and 0.3, 0.889 with 0.4, 0.873 where cues are final, 0.800 without a model. The
#: letters that the cues were written on: 0.937, 0.942, 0.944, 0.947, 0.948, 0.945. So 0.3 keeps most of the gain, and
#: most of what a person put down. A diagnosis's cues are final: the readers wrote far more of what they get wrong than
#: real letters do.
MARGIN = {"PROCEDURE": 0.3, "MEDICATION": 0.3, "DIAGNOSIS": inf}
#: The same where no cue decided. Of diagnoses, 0.2 costs unread letters .001 and spares read ones .006.
DEFAULT_MARGIN = {"PROCEDURE": 0.0, "MEDICATION": 0.0, "DIAGNOSIS": 0.2}
#: What decides an entity of a service heading.
HEADING_RULE = "section:service"
_PARTS = 2.0**26  # steps in which weights are counted
_KNOWN = (
    FROM_RULES
    | OF_WORDS
    | {"label", "disputed", "section", "role", "before", "worker", "cue", "elsewhere", "elsewhere+section", "told"}
)
_NO_CUE = frozenset({"default", "sentence:general"})


class StatusModel:
    """The probabilities that a trained model gives to the values of entities: those of the rows of `features`."""

    def __init__(self, model: Model) -> None:
        self.name = f"model:{model.name}"
        self.values = model.linear.labels
        self._column = {value: column for column, value in enumerate(self.values)}
        counts = np.ones((len(model.linear.features) + 1, 1))
        tables: dict[str, dict[Any, int]] = {kind: {} for kind in _KNOWN}
        for row, name in enumerate(model.linear.features, 1):  # row 0 is of noughts
            kind, _, value = name.partition(" ")
            tables.setdefault(kind, {})[_key(kind, value)] = row
            if kind in FROM_RULES:
                counts[row] = RULES_COUNT
        weights = np.vstack([np.zeros(len(self.values)), model.linear.weights]) * counts
        # Whole multiples of a power of two add up to the same bits in any order.
        self._weights = np.round(weights * _PARTS) / _PARTS
        self._offset = np.round(model.linear.offset.astype(float) * _PARTS) / _PARTS
        self._left, self._right = [tables[kind].get for kind in LEFT], [tables[kind].get for kind in RIGHT]
        self._word, self._first = tables["word"].get, tables["first"].get
        self._before, self._behind = tables["clause-left"].get, tables["clause-right"].get
        self._tables = tables
        self._of_sentences: dict[tuple[Any, ...], set[int | None]] = {}
        self._of_verdict: dict[tuple[Any, ...], set[int | None]] = {}
        self._of_rule: dict[ConTextRule, set[int | None]] = {}
        self._told: dict[tuple[str, str], int] = {tuple(key.split("+")): row for key, row in tables["told"].items()}
        self._of_others: dict[frozenset[tuple[str, str]], set[int | None]] = {}

    def probabilities(self, mentions: Sequence[Mention]) -> Any:
        """Return an array with a row for each mention and a column for each value; rows add up to 1."""
        return _shares(self.scores(mentions))

    def scores(self, mentions: Sequence[Mention]) -> Any:
        """Return what the model adds up for each value of each mention, from which the probabilities follow."""
        if not mentions:
            return np.empty((0, len(self.values)))
        rows: list[int] = []
        starts: list[int] = []  # where the rows of a sentence or mention begin
        own, of_sentence = [], []
        last: Surroundings | None = None
        for mention in mentions:
            if mention.sentence is not last:
                last, within = mention.sentence, len(starts)
                starts.append(len(rows))
                rows += self._of_sentence(last)
            own.append(len(starts))
            of_sentence.append(within)
            starts.append(len(rows))
            rows += self._of_mention(mention)
        sums = np.add.reduceat(self._weights.take(np.array(rows, dtype=np.intp), axis=0), starts, axis=0)
        return sums.take(own, axis=0) + sums.take(of_sentence, axis=0) + self._offset

    def column(self, value: str) -> int:
        """Return the column of a value, or -1 where the model does not know it."""
        return self._column.get(value, -1)

    def _of_sentence(self, around: Surroundings) -> set[int]:
        """Return the rows of the weights that a sentence adds."""
        words, about = around.words, around[1:]
        found = set(map(self._word, words))
        found.add(self._first(words[1]))
        found |= self._of_sentences.get(about) or self._surroundings(*about)
        return _known(found)

    def _of_mention(self, mention: Mention) -> set[int]:
        """Return the rows of the weights that an entity itself adds."""
        label, verdict, rule, cues, section, disputed, elsewhere, told, left, right, around = mention
        found = {*map(call, self._left, left), *map(call, self._right, right)}
        found.update(map(self._before, left), map(self._behind, right), map(self._told.get, told))
        found |= self._of_others.get(elsewhere) or self._others(elsewhere)
        said = label, verdict, rule, section, disputed, around.role
        found |= self._of_verdict.get(said) or self._verdict(*said)
        for cue in cues:
            found |= self._of_rule.get(cue.rule) or self._cue(cue.rule)
        return _known(found)

    # What follows is of few kinds, and remembered.

    def _surroundings(self, role: str, before: str, general: bool, of_patient: bool) -> set[int | None]:
        rows = self._rows(role=role, before=before, general=YES_NO[general], worker=YES_NO[of_patient])
        return self._of_sentences.setdefault((role, before, general, of_patient), rows)

    def _verdict(self, label: str, verdict: str, rule: str, section: str, disputed: bool, role: str) -> set[int | None]:
        at_issue = YES_NO[disputed]
        rows = self._rows(label=label, verdict=verdict, rule=rule, section=section, disputed=at_issue)
        rows.add(self._tables["verdict+role"].get((verdict, role)))
        rows.add(self._tables["verdict+disputed+section"].get((verdict, at_issue, section)))
        return self._of_verdict.setdefault((label, verdict, rule, section, disputed, role), rows)

    def _others(self, elsewhere: frozenset[tuple[str, str]]) -> set[int | None]:
        told, by_section = self._tables["elsewhere"].get, self._tables["elsewhere+section"].get
        rows = {told(value) for _, value in elsewhere} | {by_section((value, place)) for place, value in elsewhere}
        return self._of_others.setdefault(elsewhere, rows or {told("none")})

    def _cue(self, rule: ConTextRule) -> set[int | None]:
        rows = {self._tables["cue"].get(rule.category), self._tables["cue-id"].get(rule.metadata["id"])}
        return self._of_rule.setdefault(rule, rows)

    def _rows(self, **features: str) -> set[int | None]:
        return {self._tables[kind].get(value) for kind, value in features.items()}


def _shares(scores: Any) -> Any:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _known(found: set[int | None]) -> set[int]:
    """Return rows without that of what a model does not know; a sum needs one row at least, if only of noughts."""
    found.discard(None)
    return found or {0}  # type: ignore[return-value]


def _key(kind: str, value: str) -> Any:
    """Return what a feature's value is looked up by: words by their ids, several values as a tuple."""
    if kind in OF_WORDS:
        return get_string_id(value)
    return tuple(value.split("+")) if "+" in kind else value


def is_open(letter: LetterEvidence, judged: Judged) -> bool:
    """Return whether a model may have a say: not on headings, on a user's rules, or outside a letter's sections."""
    span, cues, sentence, _ = judged
    return (
        span.attrs["context_rule"] != HEADING_RULE
        and letter.under_heading(span.start_char)
        and sentence not in letter.of_users
        and not (cues and any(cue.priority >= EXTRA for cue in cues))
    )


def by_cue(rule: str) -> bool:
    """Return whether a cue decided, and not only the place of an entity.

    >>> by_cue("was_not_done"), by_cue("default"), by_cue("role:fact")
    (True, False, False)
    """
    return rule not in _NO_CUE and not rule.startswith("role:")


def margin(label: str, rule: str) -> float:
    """Return by how much a model's verdict must be more probable than that of a rule.

    >>> margin("PROCEDURE", "default"), margin("PROCEDURE", "was_not_done"), margin("DIAGNOSIS", "denies")
    (0.0, 0.3, inf)
    """
    return MARGIN[label] if by_cue(rule) else DEFAULT_MARGIN[label]


def overrule(letter: LetterEvidence, judged: Iterable[Judged], models: Mapping[str, StatusModel]) -> None:
    """Give entities the value that the model of their label finds more probable than the rules' by its `margin`."""
    judged = list(judged)
    asked = [
        one
        for one in judged
        if (label := one.span.label_) in models
        and (not one.cues or margin(label, one.span.attrs["context_rule"]) < 1)
        and is_open(letter, one)
    ]
    seen: dict[StatusModel, tuple[list[SpanValues], list[Mention]]] = {}
    for one, mention in zip(asked, mentions(letter, asked, Elsewhere(letter, judged)), strict=True):
        spans, mine = seen.setdefault(models[mention.label], ([], []))
        spans.append(one.span)
        mine.append(mention)
    for model, found in seen.items():
        _apply(model, *found)


def _apply(model: StatusModel, spans: Sequence[SpanValues], seen: Sequence[Mention]) -> None:
    scores = model.scores(seen)
    best = scores.argmax(axis=1).tolist()
    columns = [model.column(mention.verdict) for mention in seen]
    differ = [number for number, (one, other) in enumerate(zip(best, columns, strict=True)) if one != other]
    for number, row in zip(differ, _shares(scores[differ]).tolist() if differ else (), strict=True):
        known, label, probability = spans[number].attrs, spans[number].label_, row[best[number]]
        by_rules = row[columns[number]] if columns[number] >= 0 else 0.0
        if probability - by_rules > margin(label, known["context_rule"]):
            known.update({ATTRIBUTE[label]: model.values[best[number]], "context_rule": model.name})
            known["context_score"] = round(min(probability, 1.0), 3)
            known.pop("cue_start", None)
            known.pop("cue_end", None)


def models_of(models: Collection[tuple[Collection[str], Model | None]]) -> dict[str, StatusModel]:
    """Return the models by the labels that they look over, without those that are switched off.

    >>> models_of([(("DIAGNOSIS",), None)])
    {}
    """
    found: dict[str, StatusModel] = {}
    for labels, model in models:
        if model is not None:
            found |= dict.fromkeys(labels, StatusModel(model))
    return found
