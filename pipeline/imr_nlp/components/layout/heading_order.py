"""Headings in their place: words of a heading inside a summary or a rationale end nothing.

A letter's parts come in one order: header, summary, decisions, the services with guidelines and rationale, closing. A
heading that stands where its part can't begin is running text.
"""

from __future__ import annotations

import re

from imr_nlp.components.layout.decisions import Decisions
from imr_nlp.components.layout.definitions import Layout
from imr_nlp.components.layout.service_headings import Title
from imr_nlp.text.quotes import quotation_end

OF_SERVICE = frozenset({"claims_guideline", "reviewer_guideline", "both_guidelines", "rationale"})
_SERVICES = frozenset({"decision_line", "cue_line"})  # styles in which each service has sections of its own
_BEFORE = frozenset({"how_made", "reviewer", "documents", "case_summary", "issue"})  # they precede the reasons
_QUOTING = frozenset({"case_summary", "documents", "issue"})  # parts in which an earlier letter is quoted
_QUOTED = 3000  # characters of a quotation before and after a heading in it
_SENTENCE = re.compile(r"[a-z0-9)\]\"'][.!?][\"')\]]?\s*\Z")


def in_place(layout: Layout, text: str, titles: list[Title], decisions: Decisions) -> list[Title]:
    """Return the headings that stand where their part can begin.

    Args:
        layout: The letter's layout.
        text: Text of the reading view.
        titles: What has the words of a heading, in text order.
        decisions: Decision words.

    Returns:
        The headings, in text order.
    """
    style = layout.services["style"]
    titles = _not_quoted(text, titles)
    titles = _not_within(layout, text, titles) if style != "findings" else _summed_up_once(text, titles)
    if style in _SERVICES:
        titles = _after_services_begin(layout, text, titles)
        titles = _opened(text, titles, decisions, layout)
    last = max((title.start for title in titles if title.category in OF_SERVICE), default=None)
    return [title for title in titles if title.category != "closing" or last is None or title.start > last]


def _not_quoted(text: str, titles: list[Title]) -> list[Title]:
    """Leave out the headings of an earlier letter that a summary quotes, where the letter's own ones follow."""
    own = max((title.start for title in titles if title.category == "decisions"), default=0)
    kept: list[Title] = []
    for title in titles:
        if kept and title.start < own and kept[-1].category in _QUOTING:
            begin = max(kept[-1].end, title.start - _QUOTED)
            # The mark may be the first character of a heading that is misread.
            end = quotation_end(text, begin, title.start + 1, title.start + _QUOTED)
            if end is not None and end <= own:
                continue
        kept.append(title)
    return kept


def _not_within(layout: Layout, text: str, titles: list[Title]) -> list[Title]:
    """Leave out headings with text after them, inside a summary or rationale.

    "Documents reviewed: all of them." is a sentence there. The heading of such a part stands before the summary, in
    capitals or on a line of its own.
    """
    sectioned = layout.services["style"] in _SERVICES
    parts = [title.category for title in titles]
    kept: list[Title] = []
    for n, title in enumerate(titles):
        within = kept[-1].category if kept else ""
        late = title.category == "documents" and within == "case_summary" and "decisions" in parts[n:]
        weak = title.weak or late
        begun = (title.weak and late) or (text[kept[-1].end : title.start].strip(" .:") if kept else "")
        others = parts[:n] + parts[n + 1 :]
        if weak and begun and within == "rationale" and title.category in _BEFORE:
            if sectioned or title.category != "reviewer":
                continue
        elif (
            weak and begun and within == "case_summary" and title.category in _BEFORE
            and (sectioned or title.category in ("documents", "case_summary") or title.category in others)
        ):  # fmt: skip
            continue
        kept.append(title)
    return kept


def _summed_up_once(text: str, titles: list[Title]) -> list[Title]:
    """Leave out "Summary: …" or "Background: …" inside the reasons, where the case was summed up before."""
    kept: list[Title] = []
    for title in titles:
        if title.weak and title.category == "case_summary" and kept and kept[-1].category == "rationale":
            summed_up = any(one.category == "case_summary" for one in kept)
            if summed_up and text[kept[-1].end : title.start].strip(" .:"):
                continue
        kept.append(title)
    return kept


def _after_services_begin(layout: Layout, text: str, titles: list[Title]) -> list[Title]:
    """Leave out sections of a service before the services begin."""
    if layout.services["style"] == "cue_line":
        cue = layout.services["cue"].search(text)
        begin = cue.start() if cue else 0
    else:
        begin = next((title.start for title in titles if title.category == "decisions"), 0)
    return [title for title in titles if title.category not in OF_SERVICE or title.start >= begin]


def _opened(text: str, titles: list[Title], decisions: Decisions, layout: Layout) -> list[Title]:
    """Leave out sections that begin again inside a rationale, where no heading of a service stands before them."""
    kept: list[Title] = []
    for title in titles:
        if title.category in OF_SERVICE and kept and kept[-1].category == "rationale":
            before = text[max(kept[-1].end, title.start - 80) : title.start]
            if "decides" not in layout.services and _SENTENCE.search(before):
                cue = layout.services.get("cue")
                decided = decisions.at_end.search(before) or decisions.place_stated(before.rstrip(" ."))
                if not (decided or (cue and cue.search(text, kept[-1].end, title.start))):
                    continue
        kept.append(title)
    return kept
