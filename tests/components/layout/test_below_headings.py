"""Decisions below the names of services: on the next line, under a label alone, in sentences, one cell a line."""

import pytest
from spacy.language import Language

_TOP = "INDEPENDENT MEDICAL REVIEW\nFinal determination\nCase Number: CM20-0098765\n\n"
_CELLS = "No.\nRequested treatment\nUR decision\nIMR decision\n"


def _decisions(nlp: Language, text: str) -> str:
    return "".join((one.decision or "-")[0].upper() for one in nlp(_TOP + text)._.letter.services)


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (_CELLS + "1\nHeel cup\nDenied\nOverturned\n2\nStair ramp\nModified\nUpheld\n", "OU"),
        (_CELLS + "1\nHeel cup, padded\non both sides\nDenied\nUpheld\n2\nRamp\nDenied\nModified\nPage 1\n", "UM"),
        ("Item\nOur decision\nUR decision\nHeel cup\nUpheld\nDenied\nRamp\nOverturned\nDenied\nShe limps.\n", "UO"),
        (_CELLS + "1\nHeel cup\nDenied\nDeferred\n2\nStair ramp\nDenied\nUpheld\n", "-U"),
        # Mirror images: a cell is missing, one too many, columns one below the other, the insurer's column alone.
        (_CELLS + "1\nHeel cup\nDenied\n2\nStair ramp\nModified\nUpheld\n", ""),
        (_CELLS + "1\nHeel cup\nDenied\nUpheld\nOverturned\n2\nStair ramp\nModified\nUpheld\n", ""),
        (_CELLS + "1\n2\nHeel cup\nStair ramp\nDenied\nModified\nUpheld\nOverturned\n", ""),
        ("No.\nRequested treatment\nUR decision\n1\nHeel cup\nModified\n2\nRamp\nDenied\n", ""),
    ],
)
def test_tables_of_one_cell_a_line(nlp: Language, text: str, decisions: str) -> None:
    assert _decisions(nlp, text).strip("-") == decisions.strip("-")


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (
            "Disputed item 1\nHeel cup\nDECISION\nUpheld\nREASON\nNone.\n\nDisputed item 2\nRamp\nDECISION\nModified\n",
            "UM",
        ),
        ("1. Heel cup\nOverturned\nShe limps.\n2. Stair ramp\nUpheld\nHer house has none.\n", "OU"),
        ("Item 1: Heel cup\nUpheld\nItem 2: Stair ramp\nOverturned\n", "UO"),
        (
            "A. Asked: Heel cup\nDecided: Upheld\nB. Asked: Ramp, steel\nDecided: Modified\nAuthorize: ramp, wood\n",
            "UM",
        ),
        # Mirror images: decisions torn from their services, words that insurers use, and another's labels.
        ("1. Heel cup\n2. Stair ramp\nUpheld\nOverturned\n", ""),
        ("1. Heel cup\nDenial upheld\n2. Stair ramp\nNobody decided.\n", ""),
        ("UPHELD\n1. Heel cup\nOVERTURNED\n2. Stair ramp\n", "UO"),
        ("1. Heel cup\nDenied\n2. Stair ramp\nApproved\n", ""),
        ("1. Heel cup\nModified\n2. Stair ramp\nModified\n", ""),
        ("1. Heel cup\nUR decision\nUpheld\n2. Stair ramp\nUR decision\nUpheld\n", ""),
        ("Disputed item 1\nHeel cup\nDECISION\nPending\n\nDisputed item 2\nRamp\nDECISION\nPending\n", ""),
    ],
)
def test_decisions_on_the_line_below(nlp: Language, text: str, decisions: str) -> None:
    assert _decisions(nlp, text).strip("-") == decisions.strip("-")


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (
            "(1) Heel cup\nReviewer's answer: I agree with the utilization review denial.\nShe walks well.\n"
            "(2) Twelve visits of yoga\nReviewer's answer: I agree in part with the utilization review denial.\n"
            "Four visits are medically necessary. The rest is not.\n"
            "(3) Ramp\nReviewer's answer: I disagree with the denial. A ramp is medically necessary.\n",
            "UMO",
        ),
        (
            "Decision on the heel cup\nWe cannot uphold the denial. It is medically necessary.\n\n"
            "Decision on the stair ramp\nWe find no ground to overturn the denial. It is not medically necessary.\n\n"
            "Decision regarding yoga, 12 visits\nThe denial is neither fully upheld nor fully overturned. Six visits "
            "are medically necessary, six are not.\n",
            "OUM",
        ),
        # Mirror images: a label leaves it open, others agree, nobody answers, the passage contradicts itself.
        (
            "(1) Heel cup\nOur finding: Late. UR had upheld it.\n(2) Ramp\nOur finding: Deferred; the denial falls.\n",
            "",
        ),
        ("(1) Heel cup\nUR's answer: I agree with the denial.\n(2) Ramp\nUR's answer: I disagree.\n", ""),
        (
            "Decision on the heel cup\nUR denied it.\n\nDecision on the ramp\nThe surgeon disagrees with the denial.\n",
            "",
        ),
        (
            "Decision on the heel cup\nThe denial is upheld. The denial is overturned.\n\n"
            "Decision on the ramp\nWhether the denial is upheld will be told.\n",
            "",
        ),
        ("Decision on the heel cup\nIt is neither upheld nor overturned.\n\nDecision on the ramp\nSo is this.\n", ""),
    ],
)
def test_sentences_below_headings(nlp: Language, text: str, decisions: str) -> None:
    assert _decisions(nlp, text).strip("-") == decisions.strip("-")


def test_a_determination_at_a_glance_is_one(nlp: Language) -> None:
    text = "DETERMINATION AT A GLANCE\nIMR CM20-0098765\n\nItem 1: Heel cup\nUpheld\nItem 2: Ramp\nOverturned\n"
    assert [one.decision for one in nlp(text)._.letter.services] == ["upheld", "overturned"]
    other = "IMR AT A GLANCE: a guide\n\nItem 1: Heel cup\nUpheld\nItem 2: Ramp\nOverturned\n"
    assert {one.decision for one in nlp(other)._.letter.services} <= {None}
