"""Request headings and running text in many invented wordings: category, name, parts of the body, and exact spans.

``tests/data/wordings/`` holds the wordings, one a line; they stand for families of wordings of requests for review.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.concepts.services import request_fields
from imr_nlp.doc.spans import ENTITIES, attrs_of, spans_of
from support.paths import DATA
from support.pipes import Pipes

WORDINGS = DATA / "wordings"
NLP = Pipes("imr_procedures", "imr_medications")
_MARK = re.compile(r"\{([^}]*)\}|\[([^\]]*)\]")


def lines(name: str) -> list[str]:
    text = (WORDINGS / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def fields(text: str) -> dict[str, Any]:
    doc = NLP(text)
    return request_fields(doc.text, [(span.label_, attrs_of(span)) for span in spans_of(doc, ENTITIES)])


@pytest.mark.parametrize("line", lines("requests.txt"))
def test_request(line: str) -> None:
    text, category, procedure, parts = (piece.strip() for piece in (line + " | | ").split("|")[:4])
    found = fields(text)
    assert found["category"] == category
    assert sorted(found["body_parts"]) == sorted(part for part in parts.split(";") if part)
    if procedure:
        assert found["procedure"] == procedure


@pytest.mark.parametrize("line", lines("mentions.txt"))
def test_mentions(line: str) -> None:
    expected = [(procedure or drug, "PROCEDURE" if procedure else "MEDICATION")
                for procedure, drug in _MARK.findall(line)]  # fmt: skip
    doc = NLP(_MARK.sub(lambda mark: mark[1] or mark[2], line))
    assert [(span.text, span.label_) for span in spans_of(doc, ENTITIES)] == expected


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["TENS unit", "Lumbar brace", "Norco", "MRI", "Physical therapy", "Zyro frame"]),
    st.sampled_from(["QTY: 12", "Qty 1.00", "x 12", "x6", "#3", ", quantity 2", "(4)", "times 8", "QTY:1", "QTY 1"]),
)
def test_what_follows_a_name_stays_out_of_it(name: str, rest: str) -> None:
    assert fields(f"{name} {rest}")["procedure"] == name.lower()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Ultrasound of the right shoulder", "diagnostic_imaging"),
        ("Ultrasound, left ankle", "diagnostic_imaging"),
        ("Pelvic ultrasound", "diagnostic_imaging"),
        ("Therapeutic ultrasound x 6", "rehabilitation"),
        ("Ultrasound treatments, 6 sessions", "rehabilitation"),
        ("Portable ultrasound unit", "dmepos"),
    ],
)
def test_ultrasound_is_an_image_or_a_therapy(text: str, category: str) -> None:
    assert fields(text)["category"] == category
