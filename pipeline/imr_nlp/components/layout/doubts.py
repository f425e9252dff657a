"""Decisions that the letter itself puts in doubt: said twice and differently, behind a lost page, or corrected below.

Such a service keeps its evidence and has no decision.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from imr_nlp.components.layout.evidence import topic
from imr_nlp.components.layout.headings.lost_pages import lost_pages
from imr_nlp.components.layout.lists.list_owners import names_others
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, wording
from imr_nlp.components.layout.statements.reservations import CASE
from imr_nlp.text.case import lower_case

_LEADERS = " .:;_|…–—-"  # between a service and its decision in a summary
_WORDS = 40  # characters that hold the decision words at the end of a line
_TOLD = 300  # characters before a list in which an older review is told of


def without_doubtful(reading: Reading, found: list[ServiceHeading]) -> list[ServiceHeading]:
    """Return the services, without the decisions that the letter puts in doubt.

    Args:
        reading: The letter.
        found: Its services in text order, decided.
    """
    doubtful = _decided_twice(reading, found) | _summed_up_otherwise(reading, found) | _corrected(reading, found)
    doubtful |= _torn(reading, found)
    return [_without_decision(one) if n in doubtful else one for n, one in enumerate(found)]


def _decided_twice(reading: Reading, found: list[ServiceHeading]) -> set[int]:
    """Return the numbers of services that stand in the letter more than once, with different decisions."""
    same: dict[str, list[int]] = defaultdict(list)
    for n, one in enumerate(found):
        same[wording(reading, one)].append(n)
    several = (numbers for numbers in same.values() if len({found[n].decision for n in numbers}) > 1)
    return {n for numbers in several for n in numbers}


def _torn(reading: Reading, found: list[ServiceHeading]) -> set[int]:
    """Return the numbers of services that only words behind a lost page decide on: they may be another service's."""
    gaps = lost_pages(reading.view)
    return {
        n
        for n, one in enumerate(found)
        if one.decision_start is not None and any(one.start < gap <= one.decision_start for gap in gaps)
    }


def _summed_up_otherwise(reading: Reading, found: list[ServiceHeading]) -> set[int]:
    """Return the numbers of services to which a summary of the letter's decisions gives another decision.

    A summary has a line for two services or more: "Lumbar MRI ..... Overturned". One line may tell of an older review,
    and so does a list that is announced as one.
    """
    text = reading.view.text
    numbers = {_name(reading, wording(reading, one)): n for n, one in enumerate(found)}
    said: dict[int, set[str]] = {}
    ending = tuple(reading.decisions.words)
    title = (0, 0)  # the last line above that is no such line
    for start, stop in reading.view.lines if len(numbers) > 1 else ():
        end = start + len(text[start:stop].rstrip(" |"))
        if not text[max(start, end - _WORDS) : end].rstrip(" .:;,)]-").lower().endswith(ending):
            title = start, stop
            continue  # quicker than the pattern
        word = reading.decisions.at_end.search(text, start, end)
        name = _name(reading, " ".join(text[start : word.start("word")].lower().split())) if word else ""
        n = numbers.get(name)
        if word and n is not None and not found[n].start <= start <= found[n].end and not _of_others(reading, title):
            said.setdefault(n, set()).add(reading.decisions.read(word["word"]).decision or "")
    return {n for n, words in said.items() if len(said) > 1 and words != {found[n].decision}}


def _name(reading: Reading, written: str) -> str:
    """Return the name of a service without its number and without what leads to the decision."""
    mark = reading.decisions.summary_mark.match(written)
    return written[mark.end() if mark else 0 :].rstrip(_LEADERS)


def _of_others(reading: Reading, title: tuple[int, int]) -> bool:
    """Return whether the sentence above a list says that others decided, or the words up to it an earlier review."""
    said = reading.view.text[slice(*title)].rpartition(". ")[2]  # what announces the list is the last sentence
    older = reading.decisions.older_list.search(reading.view.text, max(0, title[1] - _TOLD), title[1])
    return older is not None or names_others(reading.decisions.lexicon, said)


def _corrected(reading: Reading, found: list[ServiceHeading]) -> set[int]:
    """Return the numbers of services below whose decision a correction stands, or of all where decisions changed."""
    text = lower_case(reading.view.text)
    amended = reading.decisions.amended
    if amended.likely(text) and (told := amended.pattern.search(text)):
        # "The decision was printed as Upheld": of services that are overturned it was not.
        return {n for n, one in enumerate(found) if told.groupdict().get("was") in (None, one.decision)}
    vacated = _vacated(reading, text, found)
    corrections = reading.decisions.corrections
    if not corrections.likely(text):
        return vacated
    ends = [*(one.start for one in found[1:]), len(text)][: len(found)]
    pairs = enumerate(zip(found, ends, strict=True))
    return vacated | {n for n, (one, end) in pairs if corrections.pattern.search(text, one.end, end)}


def _vacated(reading: Reading, lower: str, found: list[ServiceHeading]) -> set[int]:
    """Return the numbers of services that a later order sends back: "the determination is reversed as to the cane"."""
    vacated, text = reading.decisions.vacated, reading.view.text
    orders = list(vacated.pattern.finditer(lower)) if vacated.likely(lower) else []
    own = CASE.search(text)
    sent_back: set[int] = set()
    for order in orders:
        if own and any(case.group() != own.group().lower() for case in CASE.finditer(order.group())):
            continue  # the order is on another review
        above = [n for n, one in enumerate(found) if one.start < order.start()]
        words = topic(order["of"] or order["item"] or "")
        named = {n for n in above if words & topic(text[found[n].start : found[n].text_end])}
        sent_back |= named or (set() if sent_back else set(above))
    return sent_back


def _without_decision(heading: ServiceHeading) -> ServiceHeading:
    """Return a service without its decision; its evidence stays in the record."""
    return replace(heading, decision=None, decision_start=None, decision_end=None, granted=None)
