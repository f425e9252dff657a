"""The medical professional review: the issues in a list, one rationale for all of them."""

from __future__ import annotations

import re
from itertools import pairwise

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.prose.findings import running_text
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.text.case import lower_case

_ITEM = re.compile(r"(?:\A|(?<= ))(?:\(?\d{1,2}[.)]|[•*-]) (?=\S)")
_JOINED = re.compile(r"\s{0,3}(?:and\s)?\s{0,3}", re.IGNORECASE)


def issue_list(reading: Reading) -> list[ServiceHeading]:
    """Return the services of the section "issue", decided by the rationale and by its heading."""
    text, titles = reading.view.text, reading.titles
    issue = next((i for i, title in enumerate(titles) if title.category == "issue"), None)
    if issue is None:
        return running_text(reading)
    start = titles[issue].end
    end = titles[issue + 1].start if issue + 1 < len(titles) else len(text)
    lines = [(max(a, start), min(b, end)) for a, b in reading.view.lines if a < end and b > start]
    found: list[ServiceHeading] = []
    labelled = ":" in text[start:end]  # "Decision: Upheld" below each item
    for begin, stop in _in_one_block(reading, _items(reading, start, end, lines)):
        if found and not labelled and any(said.decides for said in reading.statements.read(text, begin, stop)):
            continue  # the reviewer's words below a list without a heading between
        if item := text[begin:stop].rstrip(" ;,"):
            stop = begin + len(item)
            found.append(ServiceHeading(begin, stop, stop, None, None, None, "heading.issue_list", shared=True))
    title, evidence = _rationale(reading, [text[h.start : h.text_end] for h in found])
    single = len(found) == 1
    return [decided(h, [*title, *e] if single or not e else e) for h, e in zip(found, evidence, strict=True)]


def _items(reading: Reading, start: int, end: int, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return where the items of the list ``start:end`` stand, without their marks."""
    text = reading.view.text
    if not lines:
        return []
    for mark in reading.layout.services.get("items", ()):
        marks = [match for a, b in lines if (match := mark.match(text, a, b))]
        if len(marks) > 1 and marks[0].start() == lines[0][0]:
            stops = [*(match.start() for match in marks[1:]), end]
            return [(match.end(), stop) for match, stop in zip(marks, stops, strict=True)]
    inline = list(_ITEM.finditer(text[start:end]))
    if inline:
        stops = [*(start + match.start() for match in inline[1:]), end]
        return [(start + match.end(), stop) for match, stop in zip(inline, stops, strict=True)]
    starts = [a for i, (a, b) in enumerate(lines) if i == 0 or not text[a].islower()]
    if len(starts) == 1 and ";" in text[start:end]:
        return _between_semicolons(text, starts[0], end)
    return list(zip(starts, [*starts[1:], end], strict=True))


def _in_one_block(reading: Reading, items: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the items, of which the last one ends at a blank line where none stands between the others."""
    view = reading.view
    if len(items) < 2:
        return items
    blanks = [b[0] for a, b in pairwise(view.lines) if items[0][0] < b[0] < items[-1][1] and view.apart(a, b)]
    begin, stop = items[-1]
    if blanks and blanks[0] > begin:
        stop = blanks[0]
    return [*items[:-1], (begin, stop)]


def _between_semicolons(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the items of "A; B" where each begins as an item does and names something; else the whole."""
    parts = []
    begin = start
    for part in text[start:end].split(";"):
        lead = _JOINED.match(part)
        parts.append((begin + (lead.end() if lead else 0), begin + len(part)))
        begin += len(part) + 1
    parts = [(a, b) for a, b in parts if text[a:b].strip()]
    apart = all(text[a].isupper() or text[a].isdigit() for a, _ in parts[1:])
    return parts if apart and all(topic(text[a:b]) for a, b in parts) else [(start, end)]


def _rationale(reading: Reading, requests: list[str]) -> tuple[list[DecisionEvidence], list[list[DecisionEvidence]]]:
    """Return what the rationale's heading says and what the rationale concludes on each service."""
    text, titles = reading.view.text, reading.titles
    for i, title in enumerate(titles):
        if title.category == "rationale":
            end = titles[i + 1].start if i + 1 < len(titles) else len(text)
            decision = reading.decisions.titled(text[title.start : title.end])
            told = [DecisionEvidence("heading", decision, title.start, title.end, "heading.title")] if decision else []
            return told, conclusions(reading.statements.read(text, title.end, end), requests)
    return [], conclusions(reading.statements.read(text), requests)


def shared_parts(text: str, start: int, end: int, requests: list[str]) -> list[tuple[int, int]]:
    """Divide a rationale that several services share: a service's part begins where it is first mentioned.

    Where the services are not taken one after the other, the whole rationale serves each.

    Args:
        text: Text of the reading view.
        start: Where the rationale begins.
        end: Where it ends.
        requests: The texts of the services.

    Returns:
        (start, end) for each service.

    >>> text = "ODG wants a trial of the brace. None was had. A scooter needs a walking test. There was none."
    >>> [text[a:b] for a, b in shared_parts(text, 0, len(text), ["Knee brace", "Scooter, purchase"])]
    ['ODG wants a trial of the brace. None was had. ', 'A scooter needs a walking test. There was none.']
    """
    whole = [(start, end)] * len(requests)
    lower = lower_case(text[start:end])
    cuts = []
    for request in requests:
        words = re.findall(r"[a-z][a-z-]{3,}", request.lower())[:4]
        places = [place for place in (lower.find(word) for word in words) if place >= 0]
        if not places:
            return whole
        cuts.append(start + max(lower.rfind(". ", 0, min(places)) + 2, 0) if ". " in lower[: min(places)] else start)
    if len(cuts) < 2 or cuts != sorted(set(cuts)):
        return whole
    cuts[0] = start
    return list(zip(cuts, [*cuts[1:], end], strict=True))
