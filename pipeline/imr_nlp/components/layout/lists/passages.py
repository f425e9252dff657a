"""Passages of a letter that are about items by number: "As to item 1, …", "(a) She has had …".

A passage ends with its paragraph, or where the next one begins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.lists.aligned import apart
from imr_nlp.components.layout.lists.item_numbers import names
from imr_nlp.components.layout.lists.list_owners import names_others
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.reader import sentences
from imr_nlp.text.intervals import Place

if TYPE_CHECKING:
    from imr_nlp.components.layout.lists.numbered import Numbered

Own = tuple[Place | None, list[DecisionEvidence]]  # the passage on one item alone, with what is concluded on it
_MAX_CHARS = 1500  # characters from the opening to a statement
_HEADING = 60  # characters of a line that may be a heading


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage about items.

    Attributes:
        numbers: The numbers as they are written.
        start: Offset of the sentence that opens it.
        body: Offset after the numbers.
        end: Offset after it.
    """

    numbers: str
    start: int
    body: int
    end: int


def marked(reading: Reading, n: int, entries: Mapping[str, Place], words: Numbered) -> dict[str, Place]:
    """Return the passage of each item, where each begins with its mark, in the order of the list.

    Args:
        reading: The letter.
        n: The line after the list.
        entries: The items by number.
        words: The wordings.

    Returns:
        The passages; empty where marks are missing, or stand more than once.
    """
    text, lines = reading.view.text, reading.view.lines
    found = [(k, match) for k in range(n, len(lines)) if (match := words.mark.match(text, *lines[k]))]
    if [match["number"].upper() for _, match in found] != list(entries):
        return {}
    first = found[0][0]
    if first > n and names_others(reading.decisions.lexicon, text[slice(*lines[first - 1])]):
        return {}  # under another's heading
    stops = [*(k for k, _ in found[1:]), _paragraph(reading, found[-1][0])]
    return {
        match["number"].upper(): (match.end(), lines[stop - 1][1])
        for (_, match), stop in zip(found, stops, strict=True)
    }


def opened(reading: Reading, n: int, words: Numbered) -> list[Passage]:
    """Return the passages that a sentence opens, in text order.

    Args:
        reading: The letter.
        n: The line after the list.
        words: The wordings.
    """
    text, lines = reading.view.text, reading.view.lines
    found: list[Passage] = []
    for first, stop in paragraphs(reading, n):
        start, end = lines[first][0], lines[stop - 1][1]
        cut = [(a, m) for a, b in sentences(text, start, end) if (m := words.opening.match(text, a, b))]
        bounds = [*(a for a, _ in cut), end]
        found += [
            Passage(match["numbers"], begin, match.end(), after)
            for (_, match), (begin, after) in zip(cut, pairwise(bounds), strict=True)
        ]
    return found


def about(reading: Reading, opened: Sequence[Passage], said: Statement, words: Numbered) -> str | None:
    """Return the numbers of the items that a statement is about by its passage; None where that is not certain.

    Args:
        reading: The letter.
        opened: The passages that sentences open.
        said: The statement.
        words: The wordings.
    """
    text = reading.view.text
    n = bisect_right(opened, said.end, key=lambda passage: passage.start) - 1
    refused = said.part and said.decision != "modified"  # a part that is refused tells nothing of the other part
    if n < 0 or said.end > min(opened[n].end, opened[n].start + _MAX_CHARS) or refused or said.rest:
        return None
    passage = opened[n]
    own = set(names(passage.numbers))
    told = text[passage.start : said.end]
    if words.past.search(told) or any(
        not own.issuperset(names(other["numbers"])) for other in words.mention.finditer(told)
    ):
        return None
    if said.kind == "act":
        if not said.subject or words.act.search(told) or words.object.match(text, said.end):
            return passage.numbers
        return None
    subject = text[said.start : said.subject_end or said.start].strip(" ,")
    opens = said.start <= passage.body and words.mention.search(subject)
    return passage.numbers if opens or words.general.fullmatch(subject) else None


def by_name(
    reading: Reading, n: int, said: Sequence[Statement], entries: Mapping[str, Place], words: Numbered
) -> dict[str, Own]:
    """Return what is concluded on items that sentences or paragraphs name: "The denial of the splint is upheld".

    Only in letters without headings of their own: in others each service has its own reasons.

    Args:
        reading: The letter.
        n: The line after the list.
        said: The statements from there on.
        entries: The items by number.
        words: The wordings.
    """
    if reading.layout.services["style"] != "findings":
        return {}
    text = reading.view.text
    requests = [text[slice(*place)] for place in entries.values()]
    topics = [topic(request) for request in requests]
    telling = Counter(word for own in topics for word in own)
    found: dict[str, Own] = {}
    concluded = conclusions((one for one in said if topic(" ".join(one.subject))), requests)
    for name, own, evidence in zip(entries, topics, concluded, strict=True):
        if evidence and topics.count(own) == 1 and not any(e.part or e.granted is not None for e in evidence):
            found[name] = None, evidence
    for first, stop in paragraphs(reading, n):
        match = words.head.match(text, *reading.view.lines[first])
        head = topic(match["name"]) if match else frozenset()
        about = [k for k, one in enumerate(topics) if any(telling[word] == 1 for word in one & head)]
        if len(about) == 1:
            name = list(entries)[about[0]]
            others = [request for k, request in enumerate(requests) if k != about[0]]
            start, end = reading.view.lines[first][0], reading.view.lines[stop - 1][1]
            foreign = {word for request in others for word in topic(request) if telling[word] == 1}
            cut = sentences(text, start, end)[1:]
            later = (a for a, b in cut if topic(text[a : min(b, a + _HEADING)]) & foreign)
            place = start, next(later, end)
            if evidence := conclusions(reading.statements.read(text, *place), [requests[about[0]]], others)[0]:
                found[name] = place, [*found.get(name, (None, []))[1], *evidence]
    return found


def paragraphs(reading: Reading, n: int) -> Iterator[Place]:
    """Yield the paragraphs from the line ``n`` on, each as its first line and the line after its last.

    Args:
        reading: The letter.
        n: The line.
    """
    while n < len(reading.view.lines):
        stop = _paragraph(reading, n)
        yield n, stop
        n = stop


def _paragraph(reading: Reading, n: int) -> int:
    """Return the line after the paragraph that begins with the line ``n``: it ends at a blank line or a heading."""
    text, lines = reading.view.text, reading.view.lines
    for k in range(n + 1, len(lines)):
        start, end = lines[k]
        ended = text[start - 2 : start].strip()[-1:] in (".", "?", "!", ":", '"')
        heading = ended and end - start <= _HEADING and text[end - 1] not in ".,;?!" and text[start].isupper()
        if apart(reading, k) or (heading and k + 1 < len(lines)):
            return k
    return len(lines)
