"""Sentences that name no service."""

import pytest

from imr_nlp.components.layout.definitions import load_layouts
from imr_nlp.components.layout.prose.findings import Findings
from imr_nlp.components.layout.statements.reader import load_statements
from imr_nlp.text.view import read_view

FINDINGS = Findings(load_statements())
UNKNOWN = load_layouts()[-1]


@pytest.mark.parametrize(
    "text",
    [
        "The doctor knows the rules on whether the items in dispute are medically necessary.",
        "The panel asks if the treatment at issue is experimental.",
        "UR denied both, because no scan was sent.",
        "The insurer has denied all of them.",
    ],
)
def test_a_predicate_or_a_pronoun_is_no_service(text: str) -> None:
    assert FINDINGS.read(UNKNOWN, read_view(text), []) == []


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("The services at issue are twelve speech lessons.", "twelve speech lessons"),
        ("UR denied both knee braces because no scan was sent.", "both knee braces"),
    ],
)
def test_a_named_service_is_still_found(text: str, service: str) -> None:
    (found,) = FINDINGS.read(UNKNOWN, read_view(text), [])
    assert text[found.start : found.end] == service


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Issue: Medical necessity of Keppra 500 mg and of a foot bath.\nFindings on Keppra: He has seizures. "
            "This drug is medically necessary.\nFindings on the foot bath: I see no reason to overturn the denial.",
            {"Keppra 500 mg": [], "foot bath": []},
        ),
        (
            "Issue: Medical necessity of Keppra 500 mg and of a foot bath.\nKeppra is medically necessary. "
            "A foot bath is not medically necessary.",
            {"Keppra 500 mg": ["overturned"], "foot bath": ["upheld"]},
        ),
        ("The request was for a foot bath.\nThe foot bath is not medically necessary.", {"foot bath": ["upheld"]}),
        ("The employee requested a lumbar scan.\nA scan of the head is medically necessary.", {"lumbar scan": []}),
        (
            "The employee requested a lumbar scan.\nA scan of the low back is necessary.",
            {"lumbar scan": ["overturned"]},
        ),
    ],
)
def test_a_finding_is_given_to_no_other_service(text: str, wanted: dict[str, list[str]]) -> None:
    found = FINDINGS.read(UNKNOWN, read_view(text), [])
    assert {text[one.start : one.end]: [place.decision for place in one.evidence] for one in found} == wanted
