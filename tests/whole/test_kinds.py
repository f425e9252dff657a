"""Kinds of wording that readers of new letters missed, in sentences of our own (``tests/data/kinds.txt``)."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from imr_nlp.doc.spans import attrs_of, spans_of
from support.paths import DATA
from support.scoring import pipeline
from support.variations import HEADER, SERVICE

#: "{D words value}", or "{N words}" where there is no value: label, words, value.
MARK = re.compile(r"\{(?:([DPM]) ([^{}]+) (\w+)|([NFT-]) ([^{}]+))\}")
LABEL = {"D": "DIAGNOSIS", "P": "PROCEDURE", "M": "MEDICATION", "N": "SESSION_COUNT", "F": "FREQUENCY", "T": "DURATION"}


class Entity(NamedTuple):
    """What a sentence says of a passage: no label where it is no entity, no value where its label has none."""

    label: str | None
    start: int
    end: int
    value: str | None


def lines() -> list[str]:
    text = (DATA / "kinds.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def unmarked(sentence: str) -> tuple[str, list[Entity]]:
    """Return a sentence without its marks, and what they say."""
    plain, entities, last = "", [], 0
    for mark in MARK.finditer(sentence):
        plain += sentence[last : mark.start()]
        words = mark[2] or mark[5]
        entities.append(Entity(LABEL.get(mark[1] or mark[4]), len(plain), len(plain) + len(words), mark[3]))
        plain, last = plain + words, mark.end()
    return plain + sentence[last:], entities


def letter(place: str, service: str, sentence: str) -> str:
    """Return a letter that holds a sentence in its summary (S) or its one rationale (R)."""
    told, reason = (f"{sentence} ", "") if place == "S" else ("", f"{sentence} ")
    rationale = f"{reason}The request is not medically necessary."
    return HEADER.format(summary=told) + SERVICE.format(request=service, decision="Upheld", rationale=rationale)


def found(text: str, sentence: str) -> list[Entity]:
    """Return what the pipeline finds in a sentence of a letter."""
    at = text.index(sentence)
    entities = []
    for span in spans_of(pipeline()(text), "imr"):
        known = attrs_of(span)
        if span.label_ in LABEL.values() and at <= span.start_char < at + len(sentence):
            value = known.get("assertion") or known.get("status")
            entities.append(Entity(span.label_, span.start_char - at, span.end_char - at, value))
    return entities


@pytest.mark.parametrize("line", lines())
def test_kind(line: str) -> None:
    place, service, marked = (piece.strip() for piece in line.split(" | "))
    sentence, expected = unmarked(marked)
    entities = found(letter(place, service, sentence), sentence)
    for entity in expected:
        if entity.label is None:
            assert not [one for one in entities if one.start < entity.end and entity.start < one.end]
        else:
            assert entity in entities


#: How a heading tells what was asked for, what was allowed, and what remains.
SPLIT = """
Acupuncture 2 x 4 for the neck (8 visits) was the original request. Acupuncture for 3 visits was certified at
Utilization Review. The remaining IMR eligible portion, {} is

Acupuncture 8 visits, neck, was the original request. Acupuncture 3 visits was authorized at utilization review.
The remaining IMR eligible portion of the original request, {} is

Acupuncture 8 visits were originally requested; 3 visits were approved on 3/4/2016. The remaining portion is {}

Acupuncture (8 visits) was the original request, Acupuncture for 3 visits was certified. The remaining
eligible portion: {}
"""


@pytest.mark.parametrize("heading", SPLIT.strip().split("\n\n"))
def test_what_remains_of_a_split_request_is_the_service(heading: str) -> None:
    asked = "acupuncture for 5 visits for the neck"
    rationale = "The request is not medically necessary."
    request = heading.format(asked)
    text = HEADER.format(summary="") + SERVICE.format(request=request, decision="Upheld", rationale=rationale)
    (service,) = pipeline()(text)._.letter.services
    assert (service.text, service.decision) == (asked, "upheld")
    assert service.sessions == 5
