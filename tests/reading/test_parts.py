"""Files that hold several letters: each becomes a letter of its own, with its place in the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.reading.parts import parts_of
from imr_nlp.reading.source import letters_in, read_bytes
from support.letters import LETTER, pdf

OTHER = LETTER.replace("0999001", "0999777")
HEADLESS = LETTER[LETTER.index("HOW THE IMR") :]


def starts(text: str) -> list[int]:
    return [part.start for part in parts_of(text)]


@pytest.mark.parametrize("between", ["", "\n", "\n\n\n", "\f", "\n=====\n"])
def test_letters_one_after_the_other_are_cut_where_each_begins(between: str) -> None:
    text = between.join([LETTER, OTHER, LETTER])
    second = len(LETTER) + len(between)
    assert starts(text) == [0, second, second + len(OTHER) + len(between)]
    assert all(part.sure for part in parts_of(text))
    assert [(part.number, part.count) for part in parts_of(text)] == [(1, 3), (2, 3), (3, 3)]


def test_a_letter_that_quotes_another_case_is_one_letter() -> None:
    quoted = LETTER.replace(
        "She tried a splint.",
        "She tried a splint. An earlier determination,\nCase Number: CM14-0123456, upheld the denial of a brace.",
    )
    assert len(parts_of(quoted)) == 1
    header = "\nCase Number: CM14-0123456 Date Assigned: 01/02/2014\nDate of Injury: 05/06/2013 Priority: Standard\n"
    assert len(parts_of(LETTER.replace("She tried a splint.", header))) == 1


def test_records_of_public_data_are_cut_where_each_begins() -> None:
    record = (
        "REFERENCE ID: MN19-000010{0}\nYEAR: 2019 | AGE RANGE: 41-50\nTREATMENT: Heel cup\n"
        "DETERMINATION: Upheld Decision of Health Plan\nFINDINGS: The reviewer found that a soft shoe would do.\n\n"
    )
    assert starts(record.format(1) + record.format(2)) == [0, len(record) - 2]


def test_a_running_head_with_the_letter_s_own_number_is_no_cut() -> None:
    head = "\n\fCase Number: CM16-0999001\nPage 3 of 4\n"
    assert len(parts_of(LETTER.replace("MRI of the left wrist: Upheld", f"{head}MRI of the left wrist: Upheld"))) == 1


def test_letters_without_a_header_are_cut_with_doubt() -> None:
    found = parts_of(HEADLESS + "\n" + HEADLESS)
    assert [part.start for part in found] == [0, len(HEADLESS) + 1]
    assert not any(part.sure for part in found)


def test_a_pdf_of_two_letters() -> None:
    source = read_bytes(pdf([LETTER, OTHER]), "two.pdf", "application/pdf")
    first, second = letters_in(source)
    assert "0999001" in first.letter
    assert "0999777" not in first.letter
    assert "0999777" in second.letter
    assert first.text == second.text == source.text


PIECES = [LETTER, OTHER, HEADLESS, "Dear Sir,\n", "Case Number: CM16-1\n", "\f", "> "]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_parts_cover_the_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = parts_of(text)
    assert "".join(text[part.start : part.end] for part in found) == text
    assert [part.number for part in found] == list(range(1, len(found) + 1))
