"""A letter whose lower case is longer ("İ" has two characters there) moves nothing that stands behind it."""

import pytest
from spacy.language import Language

from imr_nlp.components.layout.decisions import load_decisions
from imr_nlp.components.layout.heading_start import heading_start
from imr_nlp.components.layout.issue_list import shared_parts
from imr_nlp.matching.phrases import placed_words, words
from imr_nlp.text.view import read_view

NAME = "İ" * 80
LETTER = (
    f"IMR Case Number: CM16-0012345\nTo: Mr. {NAME}\nIMR ISSUES, DECISIONS AND RATIONALES\n"
    "Ankle brace: Upheld\nDecision rationale: No sprain is seen. It is not medically necessary.\n%s\n"
    "Rollator: Overturned\nDecision rationale: The gait is weak. It is medically necessary.\n"
)


def _services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(" ".join(one.text.split()), one.decision) for one in nlp(text)._.letter.services]


def test_places_of_decision_words() -> None:
    text = "İİİ Rollator: Upheld"
    assert [text[start:end] for start, end in load_decisions().places(text, 0, len(text))] == ["Upheld"]


def test_a_row_of_a_table(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase Number: CM16-0012345\n\n| Service | UR decision | IMR decision |\n"
        f"| --- | --- | --- |\n| {NAME[:6]} ankle brace | Denied | Overturned |\n| Rollator | Denied | Upheld |\n"
    )
    assert _services(nlp, text) == [(f"{NAME[:6]} ankle brace", "overturned"), ("Rollator", "upheld")]


def test_an_entry_of_a_list(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase Number: CM16-0012345\n\nThe following items are upheld:\n"
        f"- Ankle brace {NAME[:4]}\n- Rollator\n"
    )
    assert _services(nlp, text) == [(f"Ankle brace {NAME[:4]}", "upheld"), ("Rollator", "upheld")]


@pytest.mark.parametrize(
    "notice",
    [
        "Erratum: this part was entered in error.",
        "IT IS ORDERED that the determination of 3/4/2016 is vacated.",
    ],
)
def test_a_correction_is_of_the_service_above_it(nlp: Language, notice: str) -> None:
    assert _services(nlp, LETTER % notice) == [("Ankle brace", None), ("Rollator", "overturned")]
    assert _services(nlp, LETTER % "Signed.") == [("Ankle brace", "upheld"), ("Rollator", "overturned")]


def test_a_heading_whose_original_request_is_told_behind_a_sentence() -> None:
    text = f"Seen by {NAME} today. Two braces were the original request. The remaining portion of it, Ankle brace"
    start = heading_start(read_view(text), load_decisions(), 0, len(text), 0.0)
    assert text[start:].startswith("Two braces")


def test_parts_of_a_shared_rationale() -> None:
    text = f"ODG wants a trial of the brace. {NAME} had none. A scooter needs a walking test. There was none."
    parts = [text[a:b] for a, b in shared_parts(text, 0, len(text), ["Ankle brace", "Scooter, rental"])]
    assert parts == [text[: text.index("A scooter")], text[text.index("A scooter") :]]


def test_places_of_words() -> None:
    text = "No İİ MRI was done."
    assert [text[at : at + len(word)].lower() for at, word in placed_words(text)] == words(text)


def test_a_letter_without_capitals(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase Number: CM16-0012345\n\n"
        "Disputed items:\n1. Rollator\n2. Ankle brace\n3. Shoe lift\n\n"
        "Reasons: The gait is weak. No sprain is seen.\nFor numbers 1 and 3 the denials are overturned. "
        "For number 2 the denial is upheld.\n"
    )
    expected = [("Rollator", "overturned"), ("Ankle brace", "upheld"), ("Shoe lift", "overturned")]
    assert _services(nlp, text) == expected
    assert _services(nlp, text.lower()) == [(name.lower(), decision) for name, decision in expected]
