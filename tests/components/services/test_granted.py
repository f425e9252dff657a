"""The amount that a modified decision grants, and its unit."""

from __future__ import annotations

import pytest
from spacy.language import Language

from imr_nlp.records.notebook import html
from imr_nlp.report import markdown
from support.scoring import pipeline


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def text_of(request: str, reasons: str) -> str:
    return f"{request}: Modified\nClaims Administrator guideline: None.\nRationale: {reasons}\n"


@pytest.mark.parametrize(
    ("request_", "reasons", "granted"),
    [
        ("Physical therapy, 12 visits", "Six visits are medically necessary; the rest is not.", (6, "visit")),
        ("Norco 10/325mg #120", "Norco 10/325mg #60 is medically necessary; the rest is not.", (60, "tablet")),
        # A time does not say how many visits or tablets it is.
        (
            "Physical therapy, 12 visits",
            "Four weeks of therapy are medically necessary; the rest is not.",
            None,
        ),
        ("Norco 10/325mg #120", "A one month supply is medically necessary. The rest is not.", None),
        # More than was asked for is counted in another unit.
        ("Lidoderm patches, 2 boxes", "30 patches are medically necessary.", None),
    ],
)
def test_the_unit_is_that_of_the_words(
    nlp: Language, request_: str, reasons: str, granted: tuple[float, str] | None
) -> None:
    (service,) = nlp(text_of(request_, reasons))._.letter.services
    assert service.decision == "modified"
    assert (service.granted and (service.granted.max, service.granted.unit)) == granted


def test_every_form_of_a_letter_tells_what_was_granted(nlp: Language) -> None:
    text = text_of("Physical therapy, 12 visits", "Six visits are medically necessary; the rest is not.")
    letter = nlp(text)._.letter
    assert "Granted: 6 visits" in markdown.letter(letter, text)
    assert "asked for 12 visits, granted 6 visits" in html(letter)
