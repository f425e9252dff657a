"""Which places of a letter decide on a service, and what they decide together.

A decision comes from a heading word, the list of a 2013 notice, a panel's vote or a conclusion of the reviewer.
`decide` says what they give together. Where they contradict each other, only the heading word or an act on the denial
("the denial should be overturned") outweighs the rest; else there is no decision. All of it stays in the record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from imr_nlp.components.layout.statements import Statement
from imr_nlp.concepts.anatomy import body_parts
from imr_nlp.concepts.body_regions import body_regions
from imr_nlp.config import shipped
from imr_nlp.text.numbers import numbers_in

_CONTENT = re.compile(r"[a-z][a-z-]{2,}|\d+(?=\s?mg)")
_STEM = 5  # letters that two forms of a word share
_BARE = 3  # words of a subject that says only that something is left
_FILE = "layout/evidence.yml"
_NO_LISTS = ("opposites", "after_name", "earlier", "not_earlier")
_DAY = re.compile(r"(?<![\d/])(\d{1,2})[/ ](\d{1,2})[/ ](?:\d{4}|\d\d)\b")
_WORD = re.compile(r"\w+")
_WHOLE = re.compile(r"[\w-]+")
_SHORT_WORD = 3  # letters of a little word: "the", "of"
_LEVEL = re.compile(r"\b([ctls]) ?(\d{1,2})\b")  # a subject's words are apart: "c 3 4"


@dataclass(frozen=True, slots=True)
class DecisionEvidence:
    """One place that decides on a service.

    Attributes:
        by: ``heading``, ``list``, ``conclusion`` or ``panel``.
        decision: ``upheld``, ``overturned`` or ``modified``.
        start: Offset of its first character.
        end: Offset after its last character.
        rule: Id of the rule that read it.
        granted: How many of what was asked are granted; None where it does not say.
        part: Whether it is about a part of the request.
    """

    by: str
    decision: str
    start: int
    end: int
    rule: str
    granted: float | None = None
    part: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What the evidence for one service gives together.

    Attributes:
        decision: The decision; None where nobody decides or the evidence contradicts itself.
        place: The evidence that decided.
        granted: How many of what was asked are granted.
    """

    decision: str | None
    place: DecisionEvidence | None = None
    granted: float | None = None


def decide(evidence: Sequence[DecisionEvidence]) -> Decided:
    """Return what the evidence for a service gives together.

    >>> said = "upheld", "overturned"
    >>> upheld, overturned = (DecisionEvidence("conclusion", one, 0, 9, "statement.necessity") for one in said)
    >>> decide([upheld, overturned]).decision
    >>> decide([DecisionEvidence("heading", "upheld", 0, 6, "heading.word"), overturned]).decision
    'upheld'
    """
    if {"upheld", "overturned"} <= {e.decision for e in evidence if e.by == "panel"}:
        return Decided(None)  # its members differ, and nobody says who prevails
    for formal in (
        [e for e in evidence if e.by == "heading" and not e.rule.startswith("heading.title")],
        [e for e in evidence if e.by == "panel" and e.rule != "statement.act"],
        [e for e in evidence if e.rule == "statement.act"],
        list(evidence),
    ):
        if not formal:
            continue
        found = {e.decision for e in formal}
        if formal[0].by == "heading" and _undone(found, evidence):
            return Decided(None)
        if len(found) == 1:
            granted = next((e.granted for e in evidence if e.granted is not None and e.decision != "upheld"), None)
            modified = formal[-1].decision == "modified"
            return Decided(formal[-1].decision, formal[-1], granted if modified else None)
        if (
            len(found) > 1
            and all(e.by == "conclusion" for e in formal)
            and any(e.part or e.granted is not None for e in formal)
        ):
            partly = next((e for e in formal if e.decision == "modified"), formal[-1])
            granted = next((e.granted for e in formal if e.granted is not None), None)
            return Decided("modified", partly, granted)
        return Decided(None)
    return Decided(None)


def _undone(found: Collection[str], evidence: Iterable[DecisionEvidence]) -> bool:
    """Return whether the reviewer concludes the contrary alone, and does it to the denial: one of both is a slip."""
    concluded = [e for e in evidence if e.by == "conclusion"]
    contrary = {"upheld", "overturned"} - set(found)
    acts = any(e.rule == "statement.act" and not e.part for e in concluded)
    return acts and len(contrary) == 1 and {e.decision for e in concluded} == contrary


def conclusions(
    statements: Iterable[Statement], requests: Sequence[str], others: Sequence[str] = ()
) -> list[list[DecisionEvidence]]:
    """Give the reviewer's statements to the services that they are about.

    Args:
        statements: Statements of the passage in which these services are reasoned, in text order.
        requests: The texts of the services.
        others: The texts of the letter's other services: what a statement says of one of them decides none of these.

    Returns:
        The evidence for each service.

    >>> from imr_nlp.components.layout.statements import load_statements
    >>> said = load_statements().read("The hip scan is medically necessary. The knee scan is not medically necessary.")
    >>> [[e.decision for e in found] for found in conclusions(said, ["hip scan", "knee scan"])]
    [['overturned'], ['upheld']]
    >>> said = load_statements().read("Six sessions are medically necessary.")
    >>> [[(e.decision, e.granted) for e in found] for found in conclusions(said, ["12 sessions of massage"])]
    [[('modified', 6.0)]]
    >>> said = load_statements().read("The knee scan is not medically necessary.")
    >>> [[e.decision for e in found] for found in conclusions(said, ["cane"], ["knee scan"])]
    [[]]
    """
    told = [_measured_by(s, requests[0]) if len(requests) == 1 else s for s in statements if s.decides]
    told = [timed for s in told if (timed := _timed(s, requests))]
    if not told:
        return [[] for _ in requests]
    if len(requests) + len(others) == 1:
        told = [s for s in told if s.kind != "act" or "denials" not in s.subject]  # of other letters: "most denials"
    if any(s.holder == "panel" for s in told):
        told = [s for s in told if s.holder != "member"]
    topics = [topic(request) for request in requests]
    known = _lists()
    shared = {word for n, one in enumerate(topics) for word in one if any(word in other for other in topics[n + 1 :])}
    own: list[list[Statement]] = [[] for _ in requests]
    general: list[list[Statement]] = [[] for _ in requests]
    stray: list[Statement] = []
    last: list[int] = []
    everyone = list(range(len(requests)))
    for statement in told:
        subject = set(statement.subject)
        words = topic(" ".join(statement.subject))
        if statement.kind == "act" and words <= known["kinds"]:
            words = frozenset()
        near = [n for n in everyone if not _elsewhere(statement, requests[n]) and not _earlier(statement, requests[n])]
        if not near:
            continue
        named = [n for n in near if _named(words, topics[n], shared)] or _by_noun(statement, words, requests, others)
        if len(named) > 1:
            named = _told_apart(statement, named, requests)
        if statement.kind == "act" and not named:
            if words or (others and (statement.part or statement.decision == "modified" or _picks(statement))):
                continue  # which of the letter's services it is about is not said here
            for n in everyone:
                general[n].append(statement)
        elif named:
            for n in named:
                own[n].append(statement)
            last = named
        elif not words or (len(requests) == 1 and statement.strong and _measured(statement)):
            one = subject & known["anaphors"] and not subject & known["plural"]
            if len(requests) > 1 and ((one and subject & known["single"] and not last) or _picks(statement)):
                continue  # "this drug", before any of several services was named; "items 1 and 4"
            whom = last if last and len(requests) > 1 and one else everyone
            for n in whom:
                general[n].append(statement)
        elif subject & known["pointing"] and not _of_another(words, others):
            stray.append(statement)
    found = []
    for n in everyone:
        if any(s.kind == "act" and s.decision == "upheld" and not (s.part or s.rest) for s in own[n]):
            # Beside "the denial of the cane is upheld", "reversed in part" may be said of something else.
            general[n] = [replace(s, part=False) if s.kind == "act" else s for s in general[n]]
        chosen = own[n] if len(requests) > 1 and own[n] else [*own[n], *general[n]]
        if not any(s.kind != "act" for s in chosen) and len(requests) == 1:
            acts = [s for s in chosen if s.kind == "act"]
            chosen = acts or [s for s in stray if s.strong]
        if len(requests) > 1 and not own[n] and any(s.kind == "act" and s.decision == "modified" for s in chosen):
            chosen = []  # "the denial is overturned in part" does not say which part
        if any(s.strong for s in chosen):  # "is recommended" may be a guideline's word
            chosen = [s for s in chosen if s.strong or s.rest or s.part]
        if len(requests) == 1 and all(s.rest and s.decision == "upheld" and _bare(s) for s in chosen):
            chosen = []  # "the rest is not necessary" tells nothing of the part that comes first
        if chosen and all(s.decision == "overturned" and _part_of(s, requests[n]) for s in chosen):
            chosen = []  # what becomes of the other part is not said in words that are read
        if chosen and all(_of_less(s, requests[n]) for s in chosen):
            chosen = []  # nor do "12 of the 24 visits are not necessary", of the other twelve
        if len(requests) == 1:
            chosen = [_of_all(s, requests[n]) for s in chosen]
        ordered = sorted(chosen, key=lambda s: s.start)
        found.append(_evidence(ordered))
    return found


def _of_another(words: Iterable[str], others: Sequence[str]) -> bool:
    """Return whether one of these words stands in one other service alone: "surgical" may stand in each of ten."""
    counted = Counter(word for other in others for word in topic(other))
    return any(counted[word] == 1 for word in words)


def _measured_by(statement: Statement, request: str) -> Statement:
    """Return a statement that grants less than a request asks for as a modification: "six sessions are necessary"."""
    granted = statement.granted
    if granted is None or statement.decision != "overturned":
        return statement
    asked = numbers_in(request)
    less = bool(asked) and granted not in asked and granted < max(asked)
    return replace(statement, decision="modified") if less else statement


def _of_all(statement: Statement, request: str) -> Statement:
    """Return a refusal of the whole amount that was asked for as one of no part: "the 24 visits are not necessary"."""
    asked = numbers_in(request)
    refused = statement.decision == "upheld" and statement.part and not statement.rest
    whole = refused and asked and numbers_in(" ".join(statement.subject)) == {max(asked)}
    return replace(statement, part=False) if whole else statement


def _of_less(statement: Statement, request: str) -> bool:
    """Return whether a statement refuses an amount that is less than what was asked for, and no more."""
    if statement.decision != "upheld" or not statement.part or statement.rest or statement.kind == "act":
        return False
    asked = numbers_in(request)
    amount = next((number for word in statement.subject for number in numbers_in(word)), None)
    return amount is not None and 1 < amount < max(asked, default=0) and amount not in asked


def _told_apart(statement: Statement, named: list[int], requests: Sequence[str]) -> list[int]:
    """Return the one of requests that has a word of its own in a subject: "hearing aid" beside "hearing test"."""
    said = {word for word in statement.subject if len(word) > _SHORT_WORD}
    words = [set(_WHOLE.findall(requests[n].lower())) for n in named]
    counted = Counter(word for one in words for word in one)
    own = [n for n, one in zip(named, words, strict=True) if any(counted[word] == 1 for word in one & said)]
    return own if len(own) == 1 and said <= counted.keys() else named


def _by_noun(statement: Statement, words: Collection[str], requests: Sequence[str], others: Sequence[str]) -> list[int]:
    """Return the one request that has the noun by which an act names it: "the denial of the therapy"."""
    nouns = set(statement.subject) & _lists()["nouns"]
    if statement.kind != "act" or words or len(nouns) != 1:
        return []
    having = [n for n, one in enumerate([*requests, *others]) if nouns & set(_WORD.findall(one.lower()))]
    return having if len(having) == 1 and having[0] < len(requests) else []


def _timed(statement: Statement, requests: Sequence[str]) -> Statement | None:
    """Return an act that is limited to a time as a modification, unless the time is the one that was asked for.

    None where no time was asked for: what the limit leaves out is not said.
    """
    if statement.kind != "act" or not statement.part or statement.decision == "modified":
        return statement
    asked = _days(" ".join(requests))
    if not asked:
        return None
    limits = _days(" ".join(statement.subject))
    whole = len(requests) == 1 and limits and limits <= asked
    return replace(statement, part=False) if whole else replace(statement, decision="modified")


def _days(text: str) -> set[tuple[int, int]]:
    """Return the months and days that a text names: of a request, or of a subject, whose words are apart.

    >>> _days("the stay from 3/01/19") == _days("the stay from 3 1 19")
    True
    """
    return {(int(month), int(day)) for month, day in _DAY.findall(text)}


def _part_of(statement: Statement, request: str) -> bool:
    """Return whether a statement is about a part, with months or numbers that the request does not name."""
    asked = set(_WORD.findall(request.lower()))
    numbers = {word for part in statement.subject for word in _WORD.findall(part) if word.isdigit()}
    return statement.part and not (topic(" ".join(statement.subject)) <= topic(request) and numbers <= asked)


def _picks(statement: Statement) -> bool:
    """Return whether a subject picks some of several: "item 1", "one of the denials", "the first two"."""
    return any(word.isdigit() or word in _lists()["picked"] for word in statement.subject)


def _measured(statement: Statement) -> bool:
    """Return whether a statement is about a part of a request, whatever it calls it: "six sessions", "the balance"."""
    return statement.rest or statement.part or statement.granted is not None


def _bare(statement: Statement) -> bool:
    """Return whether a subject says only that something is left: "the rest", "the other eight"."""
    return len(statement.subject) <= _BARE and not {"request", "requests", "portion"} & set(statement.subject)


def _evidence(statements: Sequence[Statement]) -> list[DecisionEvidence]:
    """Return the last statement of each decision as evidence, in text order."""
    members = [s for s in statements if s.holder == "member"]
    panel = [s for s in statements if s.holder != "member"]
    if members and (panel or len({s.decision for s in members}) == 1):
        statements = panel  # none of several decides alone, and two clauses may be one member's
    last: dict[tuple[str, bool], DecisionEvidence] = {}
    for s in statements:
        by = "panel" if s.holder in ("panel", "member") else "conclusion"
        last[s.decision, s.kind == "act"] = DecisionEvidence(
            by, s.decision, s.start, s.end, s.rule, s.granted, s.part or s.rest
        )
    return sorted(last.values(), key=lambda e: e.start)


@lru_cache(maxsize=512)  # each service is compared with what is said of each other one
def topic(text: str) -> frozenset[str]:
    """Return the words of a request, or of a clause's subject, that tell which service it is.

    >>> sorted(topic("the requested 12 sessions of Pool therapies"))
    ['pool', 'thera']
    """
    common = _lists()["common"]
    return frozenset(_stem(word) for word in _CONTENT.findall(text.lower()) if word not in common)


def _stem(word: str) -> str:
    return word[:_STEM] if len(word) > _STEM else word.removesuffix("s")


def named_apart(text: str, start: int, end: int, parts: Sequence[str]) -> bool:
    """Return whether a text names each part of a request by itself somewhere else.

    Args:
        text: The text.
        start: Offset of the request.
        end: Offset after it.
        parts: The parts as the request names them.

    >>> text = "eye surgery and prism glasses. The eye surgery and the prism glasses are needed."
    >>> named_apart(text, 0, 29, ["eye surgery", "prism glasses"])
    True
    >>> text = "left and right knee braces. The left and right knee braces are needed."
    >>> named_apart(text, 0, 26, ["left", "right knee braces"])
    False
    """
    data = shipped(_FILE)
    empty = _lists()["weak"] | {_stem(word) for pair in data["opposites"] for word in pair}
    for part in parts:
        if not topic(part) - empty:
            return False
        name = r"\s".join(re.escape(word) for word in part.split())
        complete = rf"(?=[,.;]|\s(?:{data['after_name']})\b)"
        found = re.finditer(rf"\b(?:the|an?|his|her|their|this|these)\s{name}{complete}", text, re.IGNORECASE)
        if not any(match.end() <= start or match.start() >= end for match in found):
            return False
    return True


def _named(words: frozenset[str], request: frozenset[str], shared: set[str]) -> bool:
    told = words & (request - shared)
    if not told:
        return bool(request and words & request and not request - shared)
    known = _lists()
    if told - known["weak"]:
        return True
    # Only a part of the body or the like is shared: then neither may name something else.
    vague = known["weak"] | known["kinds"]
    return not words - request - vague or not request - vague


def _elsewhere(statement: Statement, request: str) -> bool:
    """Return whether a subject names other levels or parts of the body than a request, or the opposite of one."""
    said, asked = " ".join(statement.subject), request.lower()
    there, wanted_there = _limbs(said), _limbs(asked)
    if there and wanted_there and not there & wanted_there:
        return True
    levels, wanted = set(_LEVEL.findall(said)), set(_LEVEL.findall(asked))
    if levels and wanted and not levels & wanted:
        return True
    told, wanted_words = set(statement.subject), set(re.findall(r"[a-z]+", asked))
    for pair in map(set, shipped(_FILE)["opposites"]):
        if told & pair and wanted_words & pair and not told & wanted_words & pair:
            return True
    return False


@lru_cache(maxsize=512)
def _limbs(text: str) -> frozenset[str]:
    """Return the large parts of the body that a text names: "back" for the lumbar spine.

    >>> sorted(_limbs("mri of the brain and the left ankle"))
    ['head', 'lower extremity']
    """
    paths = (body_regions().path(part) for part in body_parts(text))
    return frozenset(path[-1] for path in paths if path)


def _earlier(statement: Statement, request: str) -> bool:
    """Return whether a subject is an earlier service than the one asked for: "the scan done in 2013"."""
    said, data = " ".join(statement.subject), shipped(_FILE)
    match = re.match(data["earlier"], said) if statement.kind != "act" else None
    if match is None or re.search(data["not_earlier"], f"{said} {request.lower()}"):
        return False
    return (match["word"] or match["year"]) not in request.lower()


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    """Return the word lists of ``configs/layout/evidence.yml``; those that are compared with a topic as its stems."""
    data = shipped(_FILE)
    stems = {key: frozenset(map(_stem, data[key])) for key in ("weak", "kinds")}
    return {key: frozenset(words) for key, words in data.items() if key not in _NO_LISTS} | stems
