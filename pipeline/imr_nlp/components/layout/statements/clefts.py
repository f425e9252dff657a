"""Predicates in a relative clause whose antecedent is denied: "is not a device that is medically necessary".

The wordings are in ``configs/layout/statements.yml`` under ``clefts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.words import Word

_FAR = 24  # words between a negated "is" and the predicate of the relative clause
_NOUN = 10  # words of the antecedent: "one of the items on the list"
_ASKED = 4  # words from "what" to its predicate
_AUXILIARY = ("copulas", "auxiliaries", "modals")
_VERBS = (*_AUXILIARY, "show", "report")
_NO_NOUN = (*_AUXILIARY, "report", "deny", "doubt", "show", "necessity", "views")


class _Cleft(NamedTuple):
    """Where "is not a device that" stands.

    Attributes:
        copula: The word "is".
        noun: The first word of what is denied.
        inner: The first word of the relative clause behind its relative word.
        unclear: Whether the predicate may stand outside of what is denied.
        exists: Whether it is "there is no note that shows": what refuses in it is read without this.
    """

    copula: int
    noun: int
    inner: int
    unclear: bool
    exists: bool


def undenied(said: Statement, words: Sequence[Word], listed: Mapping[str, frozenset[str]]) -> Statement:
    """Return a statement as its sentence means it: turned round where its relative clause is denied.

    Args:
        said: A statement of the sentence.
        words: The words of the sentence.
        listed: Word lists by name: ``clefts`` of ``configs/layout/statements.yml``, and ``negations``.

    Returns:
        The statement as it was where nothing denies it. One that decides nothing where the denial is not understood,
        and where what is denied is a refusal.

    >>> from imr_nlp.components.layout.statements.reader import load_statements
    >>> read = load_statements().read
    >>> [(" ".join(s.subject), s.decision) for s in read("The brace is not a device that is medically necessary.")]
    [('the brace', 'upheld')]
    >>> [s.decides for s in read("The brace is not the only device that is medically necessary.")]
    [False]
    """
    at = next((k for k, word in enumerate(words) if word.end >= said.end), len(words) - 1)
    found = _cleft(words, at, listed)
    if found is None:
        return replace(said, mood="possible") if _asked_what(words, at) else said
    if found.exists and said.decision != "overturned":
        return said
    if found.unclear or (said.decision != "overturned" and said.kind != "act") or said.decision == "modified":
        return replace(said, mood="possible")
    turned = {"overturned": "upheld", "upheld": "overturned"}[said.decision]
    said = replace(said, decision=turned, granted=None)
    subject = _subject(words, found, at) if words[found.copula].start >= said.start else []
    if not subject:
        return said
    return replace(said, subject=tuple(word.text for word in subject), subject_end=subject[-1].end)


def _subject(words: Sequence[Word], found: _Cleft, at: int) -> Sequence[Word]:
    """Return what the predicate is said of: "a case where the brace is", "the brace is not a device that is"."""
    stop = next((k for k in range(found.inner, at) if words[k].any("copulas", "auxiliaries", "modals")), at)
    inner = words[found.inner : stop]
    if inner and not inner[0].any(*_VERBS) and not any(word.any("holder") for word in inner):
        return inner
    first = found.copula
    while first > 0 and words[first - 1].text not in (",", ";", ":"):
        first -= 1
    outer = words[first : found.copula]
    return words[found.noun : found.inner - 1] if [word.text for word in outer] == ["it"] else outer


def _asked_what(words: Sequence[Word], at: int) -> bool:
    """Return whether the predicate at ``at`` is an object: "to say what is medically necessary", "covers what is"."""
    what = next((k for k in range(at - 1, max(at - _ASKED, 0), -1) if words[k].text == "what"), 0)
    return what > 0 and words[what - 1].text[0].isalpha() and not words[what - 1].any("copulas", "negators")


def _cleft(words: Sequence[Word], at: int, listed: Mapping[str, frozenset[str]]) -> _Cleft | None:
    """Return the nearest denied antecedent to the left of the predicate at ``at``."""
    for k in range(at - 1, max(at - _FAR, -1), -1):
        if words[k].text in (";", ":"):
            return None
        if words[k].any("copulas") or words[k].text in listed["copulas"]:
            noun = _denied(words, k, at, listed)
            found = _relative(words, k, noun, at, listed) if noun is not None else None
            if found:
                return found
    return None


def _denied(words: Sequence[Word], copula: int, at: int, listed: Mapping[str, frozenset[str]]) -> int | None:
    """Return where the noun begins that "is" at ``copula`` denies; None where it denies none."""
    before = words[copula - 1].text if copula else ""
    k = copula + 1
    bare = False
    if before == "there" and k < at and words[k].text in listed["nothing"]:
        return k
    if not (before in listed["inverting"] or words[copula].text.endswith("n't")):
        negation = words[k].text if k < at else ""
        if negation.startswith("not one of"):
            return k
        if negation not in listed["negations"]:
            return None
        bare = negation == "no"
        k += 1
    if k < at and words[k].text == ",":  # "is not, on this record, something"
        k = next((m + 1 for m in range(k + 1, at) if words[m].text == ","), at)
    if k >= at or words[k].text in listed["not_denying"]:
        return None
    return k if bare or words[k].text in listed["begins"] else None


def _relative(
    words: Sequence[Word], copula: int, noun: int, at: int, listed: Mapping[str, frozenset[str]]
) -> _Cleft | None:
    """Return the relative clause behind the antecedent at ``noun`` if the predicate at ``at`` is in it."""
    unclear, exists = False, copula > 0 and words[copula - 1].text == "there"
    for k in range(noun, min(noun + _NOUN, at)):
        word = words[k]
        bare = k > noun and words[k - 1].text in listed["things"] and word.text in listed["subjects"]
        if bare or word.text in listed["relatives"] or word.any("relatives"):
            inner = k if bare else k + 1
            content = exists or (word.text == "that" and words[k - 1].any("evidence_nouns", "views"))
            if (content and not words[inner].any(*_VERBS)) or not _one_clause(words, k, at):
                return None  # "no evidence that the brace is": `imr_nlp.components.layout.statements.holders` reads it
            return _Cleft(copula, noun, inner, unclear or _joined(words, inner, at), exists)
        if word.text in listed["contrasts"] or word.text in listed["no_denial"]:
            return None
        if word.any(*_NO_NOUN) and words[k - 1].text not in listed["determiners"]:
            return None
        unclear = unclear or word.text in listed["picks"]
    return None


def _one_clause(words: Sequence[Word], first: int, at: int) -> bool:
    """Return whether no other clause begins between the relative word and the predicate."""
    for k in range(first, at):
        if words[k].text in (";", ":") or words[k].any("breaks"):
            return False
        if words[k].text == "," and k + 1 < at:
            rest = words[k + 2 : at + 1]
            if any(word.any(*_AUXILIARY) for word in rest) and all(word.text != "," for word in rest):
                return False
    return True


def _joined(words: Sequence[Word], first: int, at: int) -> bool:
    """Return whether "and" may begin a clause outside the relative one: "where rest failed and it is necessary"."""
    return any(
        words[k].text == "and" and any(word.any(*_AUXILIARY) for word in words[k + 1 : at + 1])
        for k in range(first, at)
    )
