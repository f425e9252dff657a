"""Services as the styles of layout find them, and the reviewer's conclusions added to them.

`styles` says which style reads which layout. A style gives places and evidence; the evidence is weighed here, the same
way for all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.decisions import Decisions
from imr_nlp.components.layout.definitions import Layout
from imr_nlp.components.layout.evidence import DecisionEvidence, decide
from imr_nlp.components.layout.statements.reader import Statements
from imr_nlp.doc.tokenizer import View

if TYPE_CHECKING:
    from imr_nlp.components.layout.lists.listed import Listed
    from imr_nlp.components.layout.prose.findings import Findings


@dataclass(frozen=True, slots=True)
class Title:
    """A section heading that was found.

    Attributes:
        start: Offset of its first character.
        end: Offset at which the section's own text begins.
        category: Category of the section.
        service: Index of the one service that the section serves; None where the layout tells.
        weak: Whether text follows on its line and it is not in capitals, so that it may be running text.
    """

    start: int
    end: int
    category: str
    service: int | None = None
    weak: bool = False


@dataclass(frozen=True, slots=True)
class ServiceHeading:
    """Where a service is named and what decides on it.

    Attributes:
        start: Offset of its first character.
        end: Offset after it, with its decision where that follows.
        text_end: Offset at which the request ends and the decision begins.
        decision: ``upheld``, ``overturned``, ``modified``; None where nobody decides.
        decision_start: Offset of the words that decide.
        decision_end: Offset after them.
        rule: Ids of the rules that found and decided it.
        evidence: Every place that decides.
        granted: How many of what was asked are granted.
        rationale: Passages of reasons that no heading opens.
        open: Whether the heading answers that nothing is decided, so that no sentence decides either.
        shared: Whether rationale sections serve all services of the letter.
        in_sentence: Whether the service is named within a sentence, not in a heading.
        text_start: Offset of the request where words before it belong to the heading; None for ``start``.
        before: Where the section stands before which the service is counted, if it has none; None for its own place.
    """

    start: int
    end: int
    text_end: int
    decision: str | None
    decision_start: int | None
    decision_end: int | None
    rule: str
    evidence: tuple[DecisionEvidence, ...] = ()
    granted: float | None = None
    rationale: tuple[tuple[int, int], ...] = ()
    open: bool = False
    shared: bool = False
    in_sentence: bool = False
    text_start: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a style reads a letter with.

    Attributes:
        layout: The letter's layout.
        decisions: Decision words.
        statements: Reader of statements.
        findings: Reader of services in running text.
        listed: Reader of lists of services with their decisions.
        view: The reading view.
        titles: Section headings in text order.
    """

    layout: Layout
    decisions: Decisions
    statements: Statements
    findings: Findings
    listed: Listed
    view: View
    titles: list[Title]


def wording(reading: Reading, one: ServiceHeading) -> str:
    """Return the words of a request in lower case, by which the same service is known again."""
    return " ".join(reading.view.text[one.start : one.text_end].lower().split())


def decided(heading: ServiceHeading, evidence: Sequence[DecisionEvidence]) -> ServiceHeading:
    """Give a heading its evidence and the decision that follows from it.

    Args:
        heading: The service.
        evidence: All places that decide on it, in text order.

    Returns:
        The heading with decision, its place, and the evidence.
    """
    outcome = decide(evidence)
    place = outcome.place
    start, end = (place.start, place.end) if place else (None, None)
    return replace(
        heading, decision=outcome.decision, decision_start=start, decision_end=end,
        evidence=tuple(evidence), granted=outcome.granted,
        rule=f"{heading.rule}+{place.rule}" if place and place.by != "heading" else heading.rule,
    )  # fmt: skip


def with_conclusions(
    found: list[ServiceHeading], reading: Reading, without: Sequence[ServiceHeading] = ()
) -> list[ServiceHeading]:
    """Add what the reviewer concludes in each service's own rationale.

    Args:
        found: Services in text order, each with the evidence of its heading or list entry.
        reading: The letter.
        without: Services of the letter that have no rationale of their own.

    Returns:
        The services, decided.
    """
    text = reading.view.text
    requests = [text[heading.start : heading.text_end] for heading in [*found, *without]]
    out = []
    for n, heading in enumerate(found):
        if heading.open or not reading.decisions.names(text, heading.start, heading.text_end):
            out.append(decided(heading, ()))  # "Deferred", or a placeholder: "[Service 1]"
            continue
        others = requests[:n] + requests[n + 1 :]
        following = found[n + 1].start if n + 1 < len(found) else len(text)
        evidence = list(heading.evidence)
        for number, (start, end) in enumerate(_rationales(reading, heading.end, following)):
            if number and not heading.evidence:
                break  # the reasons of another service, whose heading is lost
            said = reading.statements.read(text, start, end)
            evidence += conclusions(said, [requests[n]], others)[0]
        out.append(decided(heading, evidence))
    return out


def _rationales(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the rationale sections between ``start`` and ``end``."""
    titles = reading.titles
    first, last = (bisect_left(titles, at, key=lambda title: title.start) for at in (start, end))
    for n in range(first, last):
        if titles[n].category == "rationale":
            yield titles[n].end, min(titles[n + 1].start if n + 1 < len(titles) else len(reading.view.text), end)


def count_told(found: Sequence[ServiceHeading]) -> int:
    """Return on how many services something decides, also where it contradicts itself."""
    return sum(bool(one.evidence) for one in found)


def after_colon(text: str, at: int) -> int:
    """Return an offset moved right over blanks and colons.

    >>> after_colon("Rationale : none", 9)
    12
    """
    while at < len(text) and text[at] in " :":
        at += 1
    return at


def trimmed(text: str, start: int, end: int) -> int:
    """Return ``end`` moved left over blanks, colons and commas."""
    while end > start and text[end - 1] in " :,;":
        end -= 1
    return end
