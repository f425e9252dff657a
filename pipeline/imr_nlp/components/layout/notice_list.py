"""The notice of 2013: services under cue lines, decided in a numbered list and in each rationale."""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.components.layout.evidence import Evidence, topic
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided, trimmed, with_conclusions

MAX_HEADING = 3000  # characters between a cue and the section that follows it
_MAX_ENTRY = 900  # characters of a list entry
_SAME = 0.6  # share of common words from which two requests are one


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list.

    Attributes:
        number: Its number as written; None without one.
        subject: Offset of "the request for".
        start: Offset of the request.
        end: Offset after it.
        evidence: What the entry determines; None where that can't be read.
        cue: Offset of the entry.
    """

    number: str | None
    subject: int
    start: int
    end: int
    evidence: Evidence | None
    cue: int


def cue_lines(reading: Reading) -> list[ServiceHeading]:
    """Return the services under "Regarding the request for …"; those of the list where there is none.

    A list entry counts for a service only where its request is the service's. An entry that can't be read never takes
    the decision of another.
    """
    text = reading.view.text
    entries = _entries(reading)
    found: list[ServiceHeading] = []
    floor = 0
    for title in reading.titles:
        cues = []
        if title.category in reading.layout.services["before"]:
            cues = list(
                reading.layout.services["cue"].finditer(text, max(floor, title.start - MAX_HEADING), title.start)
            )
        if cues:
            cue = cues[-1]
            end = trimmed(text, cue.end(), title.start)
            own = _of(entries, cue["number"], text[cue.end() : end], text)
            evidence = tuple(entry.evidence for entry in own if entry.evidence)
            found.append(ServiceHeading(cue.start(), end, end, None, None, None, "heading.cue_line", evidence))
        floor = title.end
    return with_conclusions(found, reading) if found else _from_list(entries, text)


def _entries(reading: Reading) -> list[Entry]:
    text = reading.view.text
    cues = list(reading.layout.services["entry"].finditer(text))
    bounds = sorted([*(cue.start() for cue in cues), *(title.start for title in reading.titles), len(text)])
    found = []
    for cue in cues:
        stop = min(next(b for b in bounds if b > cue.start()), cue.end() + _MAX_ENTRY)
        said = reading.statements.read(text, cue.start("subject"), stop)
        first = next((s for s in said if s.decides and s.kind != "act"), None)
        end = first.subject_end if first and first.subject_end and first.subject_end > cue.end() else stop
        evidence = None
        if first and len(said) == 1:
            evidence = Evidence("list", first.decision, first.start, first.end, "list.entry", first.granted)
        found.append(
            Entry(cue["number"], cue.start("subject"), cue.end(), trimmed(text, cue.end(), end), evidence, cue.start())
        )
    return found


def _of(entries: list[Entry], number: str | None, request: str, text: str) -> list[Entry]:
    """Return the entries that are about a request."""
    wanted = topic(request) or frozenset(request.lower().split())
    alike = []
    for entry in entries:
        words = topic(text[entry.start : entry.end]) or frozenset(text[entry.start : entry.end].lower().split())
        share = len(words & wanted) / max(len(words | wanted), 1)
        alike.append((share, entry))
    numbered = [entry for share, entry in alike if entry.number and entry.number == number and share >= _SAME]
    if numbered or (number and any(entry.number for entry in entries)):
        return numbered
    best = max((share for share, _ in alike), default=0.0)
    return [entry for share, entry in alike if share == best and share >= _SAME]


def _from_list(entries: list[Entry], text: str) -> list[ServiceHeading]:
    """Return the services of the list, for a first page without the rest."""
    found: list[ServiceHeading] = []
    seen: dict[str, int] = {}
    for entry in entries:
        key = f"{entry.number} {' '.join(text[entry.start : entry.end].lower().split())}"
        evidence = (entry.evidence,) if entry.evidence else ()
        if key in seen:
            before = found[seen[key]]
            found[seen[key]] = decided(before, [*before.evidence, *evidence])
            continue
        seen[key] = len(found)
        heading = ServiceHeading(entry.subject, entry.end, entry.end, None, None, None, "heading.list_entry")
        found.append(decided(heading, evidence))
    return found
