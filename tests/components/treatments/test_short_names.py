"""Short forms of names that the letter gave in full before."""

import pytest

from imr_nlp.components.treatments.short_names import RULE
from imr_nlp.doc.spans import ENTITIES, spans_of
from support.pipes import Pipes

NLP = Pipes("imr_procedures")


def found(text: str) -> list[tuple[str, str]]:
    """Return the short forms, each with its canonical name."""
    spans = spans_of(NLP(text), ENTITIES, "PROCEDURE")
    return [(" ".join(span.text.split()), span._.canonical) for span in spans if span._.rule == RULE]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("She wears an edema glove. The gloves were worn out.", [("gloves", "edema glove")]),
        ("A dental crown was placed, and the crown came off.", [("crown", "dental crown")]),
        ("He had a stellate ganglion block. A negative block says little.", [("block", "stellate ganglion block")]),
        ("Hand therapy was certified. He gained with therapy.", [("therapy", "hand therapy")]),
        ("Physical therapy was certified. Grip came back in therapy.", [("therapy", "physical therapy")]),
        (
            "Vestibular therapy was denied. Drugs without therapy, he wrote, do little.",
            [("therapy", "vestibular therapy")],
        ),
        ("A hospital bed was asked for. UR denied the bed and a lift.", [("bed", "hospital bed")]),
        ("A ventral hernia repair was asked for. UR certified repair.", [("repair", "ventral hernia repair")]),
        ("A hearing aid was asked for. It is no loss for which an aid would help.", [("aid", "hearing aid")]),
        ("Hearing aids were asked for. UR denied the aids for now.", [("aids", "hearing aid")]),
        ("A hearing aid was denied without a trial of amplification.", [("amplification", "hearing aid")]),
        (
            "A functional restoration program was asked for. Therefore the program is reasonable.",
            [("program", "functional restoration program")],
        ),
        ("A home health aide was asked for. UR cut the aide to 3 weeks.", [("aide", "home health aide")]),
        (
            "Skilled nursing was asked for. I find the nursing needed, and nursing ended.",
            [("nursing", "skilled nursing")] * 2,
        ),
        (
            "A spinal cord stimulator trial was denied. As of now the trial is early.",
            [("trial", "spinal cord stimulator trial")],
        ),
        ("She had root planing in May. Her last cleaning was in June.", [("cleaning", "root planing")]),
        ("An A1 pulley release was asked for. Without release, locking goes on.", [("release", "a1 pulley release")]),
    ],
)
def test_the_head_alone_means_the_treatment_that_was_named(text: str, names: list[tuple[str, str]]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The gloves were worn out. She wears an edema glove.",  # before it was named
        "She wears an edema glove. The work glove was torn.",  # another kind of glove
        "Opioids were started. There was no gain with therapy.",  # no therapy of this kind was named
        "Physical therapy was certified. She is able to participate in therapy.",  # a general ability
        "Physical therapy was certified. Opioids were given for a short course of therapy.",
        "A hospital bed was asked for. He fell out of the bed.",
        "She wears an edema glove. The glove box was closed.",  # a word of another name
        "He had a home exercise program. The program was closed.",  # means too much
        "A spinal cord stimulator trial was denied. An ESI was given after the trial of drugs.",
        "A gym program was asked for. Drugs may be part of a program.",
        "She had root planing in May. She does light cleaning.",  # at home
        "CBT for insomnia was asked for. Insomnia persists.",  # no head
        "A stellate ganglion block (SGB) block was noted.",
    ],
)
def test_other_words_are_no_short_forms(text: str) -> None:
    assert found(text) == []
