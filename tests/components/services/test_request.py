"""Requests cut out of service headings."""

from __future__ import annotations

import pytest

from imr_nlp.components.layout.decisions import load_decisions
from imr_nlp.components.services.component import find_request

DECISIONS = load_decisions()


def request(heading: str) -> tuple[str, str | None, str | None]:
    found = find_request(DECISIONS, heading, 0, len(heading))
    return heading[found.start : found.end], found.original, found.authorized


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("The request for 10 sessions of massage", "10 sessions of massage"),
        ("Prospective request for one cane", "one cane"),
        ("1. Knee brace:", "Knee brace"),
        ("2) Regarding the request for a walker:", "walker"),
        ("Knee brace is:", "Knee brace"),
        ("Knee brace is :", "Knee brace"),
        ("Associated surgical service: Cane", "Associated surgical service: Cane"),
        ("2 leg wraps", "2 leg wraps"),
        ("1.5 Tesla MRI of the knee", "1.5 Tesla MRI of the knee"),
        ("Retrospective cane (DOS 11/18/16)", "Retrospective cane (DOS 11/18/16)"),
    ],
)
def test_lead_in_and_ending_are_not_the_request(heading: str, expected: str) -> None:
    assert request(heading) == (expected, None, None)


@pytest.mark.parametrize(
    "heading",
    [
        "Massage, 12 visits was the original request. Massage, 4 visits was approved by the carrier. "
        "The remaining IMR eligible portion of the original request, Massage, 8 visits is",
        "Massage, 12 visits were the original request. Massage, 4 visits were certified by the Claims Administrator. "
        "The remaining portion of the request is Massage, 8 visits is:",
        "Massage, 12 visits was the original request. The Claims Administrator authorized Massage, 4 visits, leaving "
        "the original request IMR eligible. The original request, Massage, 8 visits is",
    ],
)
def test_a_split_heading_has_three_portions(heading: str) -> None:
    assert request(heading) == ("Massage, 8 visits", "Massage, 12 visits", "Massage, 4 visits")
