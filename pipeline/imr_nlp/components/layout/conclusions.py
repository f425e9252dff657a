"""What conclusions of the reviewer decide on each service of a letter.

A statement is heard if it is the reviewer's own. It is given to the requests that its subject names or points at. Of
those of a request, the ones are chosen that tell what becomes of all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from imr_nlp.components.layout.evidence import FILE, DecisionEvidence, lists, topic
from imr_nlp.components.layout.statements.reader import Statement
from imr_nlp.concepts.anatomy import body_parts
from imr_nlp.concepts.body_regions import body_regions
from imr_nlp.config import shipped
from imr_nlp.text.numbers import numbers_in

_BARE = 3  # words of a subject that says only that something is left
_DAY = re.compile(r"(?<![\d/])(\d{1,2})[/ ](\d{1,2})[/ ](?:\d{4}|\d\d)\b")
_WORD = re.compile(r"\w+")
_WHOLE = re.compile(r"[\w-]+")
_SHORT_WORD = 3  # letters of a little word: "the", "of"
_LEVEL = re.compile(r"\b([ctls]) ?(\d{1,2})\b")  # a subject's words are apart: "c 3 4"


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

    >>> from imr_nlp.components.layout.statements.reader import load_statements
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
    told = _heard(statements, requests, others)
    if not told:
        return [[] for _ in requests]
    found = _assigned(told, requests, others)
    return [_evidence(sorted(_chosen(found, n, requests), key=lambda s: s.start)) for n in range(len(requests))]


def _heard(statements: Iterable[Statement], requests: Sequence[str], others: Sequence[str]) -> list[Statement]:
    """Return the statements that may decide on requests, each as it is meant of them.

    Args:
        statements: What the letter's sentences decide.
        requests: The requests.
        others: Further services of the letter.

    >>> panel, member = (Statement(0, 9, "upheld", holder, "necessity") for holder in ("panel", "member"))
    >>> [s.holder for s in _heard([member, panel], ["cane"], [])]
    ['panel']
    >>> of_letters = Statement(0, 9, "overturned", "reviewer", "act", subject=("most", "denials"))
    >>> _heard([of_letters], ["cane"], [])
    []
    """
    told = [_measured_by(s, requests[0]) if len(requests) == 1 else s for s in statements if s.decides]
    told = [timed for s in told if (timed := _timed(s, requests))]
    if len(requests) + len(others) == 1:
        told = [s for s in told if s.kind != "act" or "denials" not in s.subject]  # of other letters: "most denials"
    if any(s.holder == "panel" for s in told):
        told = [s for s in told if s.holder != "member"]
    return told


@dataclass(frozen=True, slots=True)
class _Assigned:
    """Statements by the request that they are about.

    Attributes:
        own: For each request, those that name it.
        general: For each request, those that name none, and are about it as about others.
        stray: Those that point at a request in words that are not its own: "the proposed opioid".
    """

    own: list[list[Statement]]
    general: list[list[Statement]]
    stray: list[Statement]


def _assigned(told: Sequence[Statement], requests: Sequence[str], others: Sequence[str]) -> _Assigned:
    """Give each statement to the requests that its subject names, or points at.

    >>> cane, those = (Statement(0, 9, "upheld", "reviewer", "necessity", subject=(w,)) for w in ("cane", "they"))
    >>> found = _assigned([cane, those], ["cane", "knee scan"], [])
    >>> [[s.subject for s in own] for own in found.own], [[s.subject for s in one] for one in found.general]
    ([[('cane',)], []], [[('they',)], [('they',)]])
    """
    known = lists()
    topics = [topic(request) for request in requests]
    shared = {word for n, one in enumerate(topics) for word in one if any(word in other for other in topics[n + 1 :])}
    found = _Assigned([[] for _ in requests], [[] for _ in requests], [])
    last: list[int] = []
    for statement in told:
        words = topic(" ".join(statement.subject))
        act = statement.kind == "act"
        if act and words <= known["kinds"]:
            words = frozenset()
        near = [n for n, one in enumerate(requests) if not (_elsewhere(statement, one) or _earlier(statement, one))]
        if not near:
            continue
        named = [n for n in near if _named(words, topics[n], shared)]
        named = named or _by_noun(statement, words, requests, others) or _by_kind(statement, words, requests, others)
        if named:
            last = _told_apart(statement, named, requests) if len(named) > 1 else named
            for n in last:
                found.own[n].append(statement)
        elif act:
            if not words and not (others and _of_some(statement)):
                for general in found.general:
                    general.append(statement)
        elif not words or (len(requests) == 1 and statement.strong and _measured(statement)):
            for n in _pointed_at(statement, last, len(requests)):
                found.general[n].append(statement)
        elif not known["pointing"].isdisjoint(statement.subject) and not _of_another(words, others):
            found.stray.append(statement)
    return found


def _of_some(statement: Statement) -> bool:
    """Return whether an act is on some of a letter's services, and does not name them.

    >>> _of_some(Statement(0, 9, "upheld", "reviewer", "act", subject=("one", "of", "the", "denials")))
    True
    """
    return statement.part or statement.decision == "modified" or _picks(statement)


def _pointed_at(statement: Statement, last: list[int], number: int) -> Sequence[int]:
    """Return the requests that a statement is about which names none: the last one named, or all.

    Args:
        statement: The statement.
        last: The requests that the last statement with a name was about.
        number: How many requests there are.

    >>> one, all_ = (Statement(0, 9, "upheld", "reviewer", "necessity", subject=(word,)) for word in ("it", "they"))
    >>> list(_pointed_at(one, [1], 3)), list(_pointed_at(all_, [1], 3))
    ([1], [0, 1, 2])
    >>> list(_pointed_at(replace(one, subject=("this", "drug")), [], 3))
    []
    """
    subject, known = set(statement.subject), lists()
    if number > 1 and _picks(statement):
        return ()  # "items 1 and 4"
    if number == 1 or not subject & known["anaphors"] or subject & known["plural"]:
        return range(number)
    if not last and subject & known["single"]:
        return ()  # "this drug", before any of several services was named
    return last or range(number)


def _chosen(found: _Assigned, n: int, requests: Sequence[str]) -> list[Statement]:
    """Return the statements that decide on the request ``n``.

    >>> own, general = (Statement(0, 9, one, "reviewer", "necessity") for one in ("upheld", "overturned"))
    >>> found = _Assigned([[own], []], [[general], [general]], [])
    >>> [[s.decision for s in _chosen(found, n, ["cane", "sling"])] for n in (0, 1)]
    [['upheld'], ['overturned']]
    """
    alone, own, general = len(requests) == 1, found.own[n], found.general[n]
    if any(s.kind == "act" and s.decision == "upheld" and not (s.part or s.rest) for s in own):
        # Beside "the denial of the cane is upheld", "reversed in part" may be said of something else.
        general = [replace(s, part=False) if s.kind == "act" else s for s in general]
    chosen = own if own and not alone else [*own, *general]
    if alone:
        chosen = chosen or [s for s in found.stray if s.strong]
    elif not own and any(s.kind == "act" and s.decision == "modified" for s in chosen):
        return []  # "the denial is overturned in part" does not say which part
    if any(s.strong for s in chosen):  # "is recommended" may be a guideline's word
        chosen = [s for s in chosen if s.strong or s.rest or s.part]
    if (alone and _only_the_rest(chosen)) or any(leaves(chosen, requests[n]) for leaves in _LEAVES_A_PART):
        return []
    return [_of_all(s, requests[n]) for s in chosen] if alone else chosen


def _only_the_rest(chosen: Sequence[Statement]) -> bool:
    """Return whether only a rest is refused: "the rest is not necessary" tells nothing of the part before it.

    >>> _only_the_rest([Statement(0, 9, "upheld", "reviewer", "necessity", rest=True, subject=("the", "rest"))])
    True
    """
    return all(s.rest and s.decision == "upheld" and _bare(s) for s in chosen)


def _only_a_part_granted(chosen: Sequence[Statement], request: str) -> bool:
    """Return whether only a part is granted: what becomes of the other part is not said in words that are read.

    >>> granted = Statement(0, 9, "overturned", "reviewer", "necessity", part=True, subject=("six", "sessions", "2014"))
    >>> _only_a_part_granted([granted], "12 sessions")
    True
    """
    return all(s.decision == "overturned" and _part_of(s, request) for s in chosen)


def _only_less_refused(chosen: Sequence[Statement], request: str) -> bool:
    """Return whether only less is refused than was asked for: "12 of the 24 visits" tells nothing of the other 12.

    >>> refused = Statement(0, 9, "upheld", "reviewer", "necessity", part=True, subject=("12", "visits"))
    >>> _only_less_refused([refused], "24 visits")
    True
    """
    return all(_of_less(s, request) for s in chosen)


#: Kinds of statements that leave a part of the request undecided, and so decide nothing.
_LEAVES_A_PART = (_only_a_part_granted, _only_less_refused)


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
    nouns = set(statement.subject) & lists()["nouns"]
    if statement.kind != "act" or words or len(nouns) != 1:
        return []
    having = [n for n, one in enumerate([*requests, *others]) if nouns & set(_WORD.findall(one.lower()))]
    return having if len(having) == 1 and having[0] < len(requests) else []


def _by_kind(statement: Statement, words: Collection[str], requests: Sequence[str], others: Sequence[str]) -> list[int]:
    """Return the one request of the kind by which a finding names it: "the surgery is not medically necessary"."""
    if statement.kind == "act" or not statement.strong or not words or not lists()["kinds"].issuperset(words):
        return []
    kinds = shipped(FILE)["by_kind"]
    patterns = [kind["request"] for kind in kinds if any(noun in statement.subject for noun in kind["nouns"])]
    if len(patterns) != 1:
        return []
    having = [n for n, one in enumerate([*requests, *others]) if re.search(patterns[0], one.lower())]
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
    return any(word.isdigit() or word in lists()["picked"] for word in statement.subject)


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


def _named(words: frozenset[str], request: frozenset[str], shared: set[str]) -> bool:
    told = words & (request - shared)
    if not told:
        return bool(request and words & request and not request - shared)
    known = lists()
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
    for pair in map(set, shipped(FILE)["opposites"]):
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
    said, data = " ".join(statement.subject), shipped(FILE)
    match = re.match(data["earlier"], said) if statement.kind != "act" else None
    if match is None or re.search(data["not_earlier"], f"{said} {request.lower()}"):
        return False
    return (match["word"] or match["year"]) not in request.lower()
