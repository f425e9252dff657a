"""What an entry of a list names, without the numbers and marks around it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imr_nlp.components.layout.service_headings import Reading, trimmed
from imr_nlp.text.case import lower_case
from imr_nlp.text.intervals import Place

_LEAD = re.compile(r"[\s|]*(?:\(?\d{1,2}[.)]?(?=[\s|])[\s|]*)?")  # the number of a row
_MIN_LETTERS = 2  # of a name, for "B" is the mark of an entry
_REVIEWS = ("insurer", "reviewer", "denial", "denials")  # classes of words by which a line tells of a review


def named_service(reading: Reading, patterns: Mapping[str, re.Pattern[str]], entry: Place) -> Place | None:
    """Return the place of what is asked for; None where an entry names no service.

    Args:
        reading: The letter.
        patterns: The wordings of lists.
        entry: Where the entry stands.

    >>> import spacy
    >>> from imr_nlp.components.layout.component import LayoutSectionizer
    >>> from imr_nlp.text.view import read_view
    >>> component = LayoutSectionizer(spacy.blank("en"))
    >>> reading = component.reading(read_view("| 2 | Heel cup |"), component.layouts[-1], [])
    >>> named_service(reading, component.listed.patterns, (0, 16))
    (6, 14)
    """
    text, decisions = reading.view.text, reading.decisions
    lead = _LEAD.match(text, *entry)
    start = lead.end() if lead else entry[0]
    written = text[start : trimmed(text, start, entry[1])].rstrip("|-– ")
    if written.endswith(".."):  # dots that lead to the decision
        written = written.rstrip(". ")
    end = start + len(written)
    words = decisions.lexicon.words(lower_case(written))
    if (
        sum(c.isalpha() for c in written) < _MIN_LETTERS
        or patterns["goes_on"].match(written)
        or not decisions.names(text, start, end)
        or decisions.label.fullmatch(written)
        or patterns["no_item"].fullmatch(written)
        or any(w.any(*_REVIEWS) for w in words)
        or any(decisions.places(text, start, end))
        or decisions.only(written)
    ):
        return None
    return start, end
