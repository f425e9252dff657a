"""What the words beside a service in a list decide: a decision word, a printed list of outcomes, a grant of less."""

from __future__ import annotations

from dataclasses import replace

from imr_nlp.components.layout.evidence import DecisionEvidence
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.text.intervals import Place
from imr_nlp.text.numbers import numbers_in


def read_cell(reading: Reading, word: Place, *, labelled: bool) -> DecisionEvidence | None:
    """Return what words decide; None where they decide nothing.

    Args:
        reading: The letter.
        word: Where they stand.
        labelled: Whether a label or the like shows that they are a decision, so that other words may stand among them.

    >>> import spacy
    >>> from imr_nlp.components.layout.component import LayoutSectionizer
    >>> from imr_nlp.text.view import read_view
    >>> component = LayoutSectionizer(spacy.blank("en"))
    >>> reading = component.reading(read_view("Upheld, cane"), component.layouts[-1], [])
    >>> read_cell(reading, (0, 6), labelled=False).decision, read_cell(reading, (0, 12), labelled=False)
    ('upheld', None)
    """
    written = reading.view.text[slice(*word)]
    said = reading.decisions.read(written)
    decision, granted = said.decision, said.granted
    if boxes := reading.findings.options.printed(written):
        decision, granted = (boxes[0].ticked.decision if len(boxes) == 1 and boxes[0].ticked else None), None
        labelled = True
    if decision is None or not (labelled or reading.decisions.only(written)):
        return None
    return DecisionEvidence("heading", decision, *word, "heading.word", granted)


def granting_less(said: DecisionEvidence, granted: str, asked: str) -> DecisionEvidence:
    """Return a grant of less than was asked for as a modification.

    Args:
        said: What the words decide.
        granted: The words.
        asked: The request.

    >>> granting_less(DecisionEvidence("heading", "overturned", 0, 13, "heading.word"), "CERTIFIED #30", "Norco #90")
    DecisionEvidence(by='heading', decision='modified', start=0, end=13, rule='heading.word', granted=30.0, part=False)
    """
    wanted = numbers_in(asked)
    less = [number for number in numbers_in(granted) if number not in wanted and number < max(wanted, default=0)]
    if said.decision != "overturned" or len(less) != 1:
        return said
    return replace(said, decision="modified", granted=less[0])
