"""Documents in which nobody decides, and determinations that tell of such documents.

Settled and closed cases, reports and guides with invented cases, letters that break off, notices that a letter is void,
lessons, and results of earlier cases. Each kind has mirror images: they hold the same words and decide plainly.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language

from imr_nlp.components.layout.definitions import load_layouts, recognise
from imr_nlp.components.layout.statements.reader import load_statements
from imr_nlp.letter import read_letters
from imr_nlp.reading.source import read_bytes
from imr_nlp.text.view import read_view

FILE = Path(__file__).parents[2] / "data/undecided_documents.jsonl"
LETTERS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("letter", LETTERS, ids=[letter["name"] for letter in LETTERS])
def test_only_what_a_reviewer_decides_is_given(nlp: Language, letter: dict[str, Any]) -> None:
    read = list(read_letters(nlp, read_bytes(letter["text"].encode(), "letter.txt")))
    given = [[" ".join(s.text.split()), s.decision] for one in read for s in one.services if s.decision]
    assert [decision for _, decision in given] == [decision for _, decision in letter["services"]]
    assert all(
        wanted in text or text in wanted for (text, _), (wanted, _) in zip(given, letter["services"], strict=True)
    )


@pytest.mark.parametrize("letter", [one for one in LETTERS if not one["services"]], ids=lambda one: one["name"])
def test_a_warning_says_why_nothing_is_decided(nlp: Language, letter: dict[str, Any]) -> None:
    read = list(read_letters(nlp, read_bytes(letter["text"].encode(), "letter.txt")))
    assert {w.code for one in read for w in one.warnings} & {"other_document", "no_decision", "no_service"}


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("Case closed.\nYour review is closed without a decision.", "other-document"),
        ("Claims Administrator guideline: None.\nThe review is closed without a decision.", "other-document"),
        ("The worker is not a real surgical candidate.", "unknown"),
        ("The exercise is made up of two parts.", "unknown"),
        ('The plan wrote: "We rescind our letter of May." It sent another.', "unknown"),
        ("Please disregard our letter of May. This one is a corrected determination.", "unknown"),
    ],
)
def test_what_makes_a_document_void(text: str, layout: str) -> None:
    assert recognise(load_layouts(), read_view(text)).id == layout


@pytest.mark.parametrize(
    ("text", "holders"),
    [
        ("The plan cited a textbook. It found the wig not medically necessary.", ["insurer"]),
        ("The plan cited a textbook. They considered the wig not medically necessary.", ["insurer"]),
        ("Maximus named a dermatologist. It found the wig not medically necessary.", ["narrator"]),
        ("The plan cited a textbook. It is medically necessary.", ["narrator"]),
        ("The plan cited a textbook. The reviewer found the wig not medically necessary.", ["reviewer"]),
    ],
)
def test_a_pronoun_means_the_insurer_of_the_sentence_before(text: str, holders: list[str]) -> None:
    assert [said.holder for said in load_statements().read(text)] == holders


def test_a_medical_evaluators_report_decides_nothing(nlp: Language) -> None:
    text = (
        "PANEL QUALIFIED MEDICAL EVALUATOR\nSUPPLEMENTAL REPORT\n\n"
        "You have asked me to comment on the denial of a thumb splint. If it were mine to decide I would overturn "
        "the denial of the splint. I hold the splint to be medically necessary.\n"
    )
    assert [one.decision for one in nlp(text)._.letter.services if one.decision] == []
