"""Names by composition, in words of no letter."""

import pytest

from imr_nlp.doc.spans import ENTITIES, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures")


def found(text: str) -> list[str]:
    return [" ".join(span.text.split()) for span in spans_of(NLP(text), ENTITIES, "PROCEDURE")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Spinal manipulation therapy was given.", ["Spinal manipulation therapy"]),
        ("A sham ultrasound and a real one.", ["sham ultrasound"]),
        ("He asked for an elbow and knee brace.", ["elbow and knee brace"]),
        ("He had ice/heat therapy.", ["ice/heat therapy"]),
        ("They advise a foam and wedge cushion.", ["foam and wedge cushion"]),
    ],
)
def test_a_name_takes_its_modifiers_and_its_head(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A shoulder replacement specialist saw her.", []),
        ("Physical therapy for hip stabilization, stretching and pain relief.", ["Physical therapy"]),
        ("The treatment plan and the physical exam were reviewed.", []),
        ("An initial therapy of aspirin.", []),
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_goals_end_with_the_sentence() -> None:
    assert found("Physical therapy for knee strengthening. Stretching was taught.") == [
        "Physical therapy",
        "Stretching",
    ]
