"""Services named by the heading of a paragraph that ends with an act on the denial, and paragraphs that name none."""

import pytest
from spacy.language import Language

_HEAD = "Independent medical review CM18-0000101. The worker is a cook with heel pain.\n\n"


def _decided(nlp: Language, text: str) -> dict[str, str | None]:
    return {service.text: service.decision for service in nlp(_HEAD + text)._.letter.services}


@pytest.mark.parametrize(
    "text",
    [
        "Night splint\nHe has one. The denial is upheld.\n\nHeel lift\nHis leg is short. The denial is overturned.\n",
        "Night splint - He has one. The denial is upheld.\n\nHeel lift - His leg is short. The denial is overturned.\n",
        "(a) Night splint\nIt fits. The refusal is not disturbed.\n\n(b) Heel lift\nHe limps. The refusal is lifted.\n",
        "1. Night splint\n\nHe has one. The denial stands.\n\n2. Heel lift\n\nHe limps. The denial is reversed.\n",
    ],
)
def test_headings_of_decided_paragraphs_are_services(nlp: Language, text: str) -> None:
    assert _decided(nlp, text) == {"Night splint": "upheld", "Heel lift": "overturned"}


def test_one_decided_paragraph_suffices_under_a_title(nlp: Language) -> None:
    text = (
        "DISPUTED ITEMS AND DECISIONS\n\nNight splint - Granted by the insurer in May. No longer in dispute.\n\n"
        "Heel lift - His leg is short. The denial is overturned.\n"
    )
    assert _decided(nlp, text) == {"Night splint": None, "Heel lift": "overturned"}


@pytest.mark.parametrize(
    "text",
    [
        "Analysis\nHe limps. The denial is upheld.\n\nDiscussion\nThe file is thin. The denial is overturned.\n",
        "Dr. Roe - He limps. The denial should be overturned.\n\nMs. Poe - He does not. The denial should be upheld.\n",
        "What the insurer did then\n\nNight splint\nThe denial is upheld.\n\nHeel lift\nThe denial is overturned.\n",
        "Her sister's earlier review:\n\nNight splint\nThe denial is upheld.\n\nHeel lift\nThe denial is overturned.\n",
        "Night splint\nHe asks that the denial be overturned.\n\nHeel lift\nThe insurer says the denial stands.\n",
        "Night splint\nThe denial was upheld in 2014.\n\nHeel lift\nThe denial was overturned in 2015.\n",
    ],
)
def test_other_headings_and_acts_of_others_decide_nothing(nlp: Language, text: str) -> None:
    assert set(_decided(nlp, text).values()) <= {None}


def test_a_heading_that_is_not_read_gives_its_paragraph_to_none(nlp: Language) -> None:
    text = (
        "Night splint\nHe has one. The denial is upheld.\n\nHeel lift\n\n"
        "What is he to do with a cast?\nNothing is known. The denial is upheld.\n\n"
        "Shoe insert\nHe has none. The denial is overturned.\n"
    )
    assert _decided(nlp, text) == {"Night splint": "upheld", "Heel lift": None, "Shoe insert": "overturned"}
