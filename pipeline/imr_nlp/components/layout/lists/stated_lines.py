"""Lists whose entries are sentences that decide.

"1. The cane is medically necessary." is one, and so is "1. Is the cane medically necessary? No."

Every entry of such a list must decide on its own subject: of a list of reasons or findings some do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.lists.list_owners import decided_by_others
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.components.layout.statements.decision_statement import DECIDERS, Statement
from imr_nlp.components.layout.statements.reader import sentences
from imr_nlp.text.intervals import Place

_LEAD = 40  # characters of an entry before its subject: "Therefore, the request for"
_KINDS = ("necessity", "noun")


def services(reading: Reading) -> Iterator[tuple[Place, list[DecisionEvidence]]]:
    """Yield the subjects of a list's entries with what they decide.

    Args:
        reading: The letter.

    Yields:
        The entries of the first list of which every entry decides; nothing where others decide in it.
    """
    lines = reading.view.lines
    for entries in reading.listed.numbered.series(reading):
        first = entries[0][0]
        if first and decided_by_others(reading, lines[first - 1]):
            continue
        found = list(takewhile(bool, (_entry(reading, entries, n) for n in range(len(entries)))))
        if len(found) == len(entries):
            yield from filter(None, found)
            return


def _entry(
    reading: Reading, entries: Sequence[tuple[int, Place]], n: int
) -> tuple[Place, list[DecisionEvidence]] | None:
    """Return the subject of an entry and what its first sentence, or the answer to it, decides."""
    text, lines = reading.view.text, reading.view.lines
    line, (start, end) = entries[n]
    stop = entries[n + 1][0] if n + 1 < len(entries) else len(lines)
    while line + 1 < stop and not reading.view.apart(lines[line], lines[line + 1]):
        line, end = line + 1, lines[line + 1][1]
    cut = sentences(text, start, end)
    asked = reading.listed.patterns["asks"].match(text, *cut[0])
    stop = cut[1][1] if asked and len(cut) > 1 else cut[0][1]
    said = reading.statements.read(text, start, stop)
    if len(said) != 1 or not said[0].decides or said[0].holder not in DECIDERS:
        return None
    subject = asked.span("request") if asked else _subject(reading, said[0], start)
    if subject is None or not topic(text[slice(*subject)]):
        return None
    return subject, conclusions(said, [text[slice(*subject)]])[0]


def _subject(reading: Reading, said: Statement, start: int) -> Place | None:
    """Return the place of a statement's subject at the beginning of an entry, without its article."""
    text, end = reading.view.text, said.subject_end
    if not said.strong or said.kind not in _KINDS or end is None or said.start - start > _LEAD:
        return None
    lead = reading.findings.wordings.subject_lead.match(text[said.start : end])
    return said.start + (lead.end() if lead else 0), end
