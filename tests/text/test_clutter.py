"""Quotation marks of e-mail, heads of e-mails, lines of fax machines, notes and words of web pages around a letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.text.clutter import without_clutter
from imr_nlp.text.view import read_view
from support.letters import LETTER


def test_a_quoted_and_forwarded_letter_reads_like_the_letter() -> None:
    head = "---------- Forwarded message ---------\nFrom: A <a@example.org>\nSubject: CM01-0000001\n\n"
    quoted = head + "".join(f"> {line}\n" for line in LETTER.splitlines())
    assert read_view(quoted).text.strip() == read_view(LETTER).text.strip()


def test_a_letter_out_of_a_browser_reads_like_the_letter() -> None:
    page = f"Skip to main content\nHome\nSearch\n\n{LETTER}\nPrint this page\nBack to top\n"
    assert read_view(page).text.strip() == read_view(LETTER).text.strip()


@pytest.mark.parametrize("bar", "|│║")
@pytest.mark.parametrize("closed", [True, False])
def test_a_letter_in_a_box_reads_like_the_letter(bar: str, closed: bool) -> None:
    lines = [f"{bar} {line:<130} {bar if closed else ''}" for line in LETTER.splitlines()]
    boxed = "\n".join(["+" + "-" * 130 + "+", *lines, "+" + "-" * 130 + "+"])
    assert read_view(boxed).text.strip("+- ").split() == read_view(LETTER).text.split()


def test_rows_of_a_table_keep_their_bars() -> None:
    table = "| Service | Decision |\n|---|---|\n" + "| Heel cup | Upheld |\n" * 8
    assert without_clutter(table) == table


def test_numbers_of_lines_that_pass_ninety_nine() -> None:
    text = LETTER + "Nothing else was sent.\n" * 90
    numbered = "".join(f"{n:>4} {line}\n" for n, line in enumerate(text.splitlines(), 1))
    assert read_view(numbered).text.split() == read_view(text).text.split()


def test_offsets_point_into_the_text_as_it_came() -> None:
    quoted = "".join(f"> {line}\n" for line in LETTER.splitlines())
    view = read_view(quoted)
    start, end = view.to_source(at := view.text.index("sprained left wrist"), at + len("sprained left wrist"))
    assert quoted[start:end] == "sprained left wrist"


def test_a_line_of_the_letter_that_looks_like_a_head_stays() -> None:
    text = "Dates of service\nFrom: 02/03/2014 to 03/03/2014\nUpheld"
    assert without_clutter(text) == text


def test_a_greater_sign_in_prose_stays() -> None:
    assert "> 50%" in without_clutter("relief of\n> 50% for two weeks")


@given(st.text(alphabet="> \n\rFrom:tPin", max_size=200))
def test_the_length_stays(text: str) -> None:
    assert len(without_clutter(text)) == len(text)


def test_page_marks_and_running_heads_are_read_as_blanks() -> None:
    text = "Case Number: CM15-0990001\nfor the\nPage 3 of 7\nIMR Case Number CM15-0990001 4\nleft knee\n"
    assert without_clutter(text).split() == ["Case", "Number:", "CM15-0990001", "for", "the", "left", "knee"]
    assert len(without_clutter(text)) == len(text)


def test_numbers_of_a_list_stay() -> None:
    assert without_clutter("12\nvisits\n") == "12\nvisits\n"


def test_numbers_of_the_lines_of_pleading_paper_are_read_as_blanks() -> None:
    lines = LETTER.splitlines()
    pages = [lines[n : n + 24] for n in range(0, len(lines), 24)]
    paper = "\n   Exhibit B - Page 2\n".join(
        "\n".join(f"{n:2}  {line}" for n, line in enumerate(page, 1)) for page in [["The letter"] * 24, *pages]
    )
    assert read_view(paper).text.split() == (["The", "letter"] * 24) + read_view(LETTER).text.split()
    assert len(without_clutter(paper)) == len(paper)


def test_numbers_that_are_no_lines_of_paper_stay() -> None:
    row = "\n".join(f"{n}  visits" for n in range(1, 20))  # too few
    numbers = "\n".join(f"{n}.  Cane" for n in range(1, 30))  # a list
    gap = "\n".join(f"{n}  visits" for n in range(1, 30) if n != 9)
    for text in (row, numbers, gap, f"12\nvisits\n{numbers}"):
        assert without_clutter(text) == text
    paper = "\n".join(f"{n}  line" for n in range(1, 26))
    assert without_clutter(f"{paper}\nthe end\n1 tablet a day\n").endswith("1 tablet a day\n")


def test_a_case_number_alone_is_a_pages_only_beside_a_page_mark() -> None:
    head = "Case Number: CM15-0990001\nfor the\n"
    for mark in ("Page 3 of 7\nCM15-0990001", "CM15-0990001\n\nPage 3 of 7", "IMR case CM15-0990001\np. 4"):
        text = f"{head}{mark}\nleft knee\n"
        assert without_clutter(text).split() == ["Case", "Number:", "CM15-0990001", "for", "the", "left", "knee"]
        assert len(without_clutter(text)) == len(text)
    apart = f"{head}CM15-0990001\nleft knee\nPage 3 of 7\n"
    assert "CM15-0990001\nleft knee" in without_clutter(apart)
    other = f"{head}Page 3 of 7\nCM15-0990002\nleft knee\n"
    assert "CM15-0990002" in without_clutter(other)


@pytest.mark.parametrize(
    "line",
    [
        "01/04/2017  09:15   FROM: 5550100199   TO: 5550100188   P.02/09",
        "Jan 04 2017 9:15AM  Office Jet Fax   page 2",
        "AnyFax 7   1/4/2017 9:15:01 AM   PAGE 2/009",
        "01/04/17 WED 09:15 FAX 555 010 0199  REVIEW UNIT  @002/009",
        "2017-01-04 09:15:01 (GMT)   15550100188   From: 15550100199",
        "SCANNED 01/04/2017 09:15 BY MAIL DESK",
        "SCANNED 01/04/2017",
        "RECEIVED JAN 04 2017",
        "BATES ROE 000812",
        "ROE-000812",
        "ROE_000812 - ROE_000813",
        "Doc ID: 7700123   Scan date: 01/04/2017",
        "Claim: 0123499   DOI: 01/04/2014   Pg 2",
        "Case 1:17-cv-00001-XY Document 12-1 Filed 01/04/17 Page 2 of 9 Page ID #:77",
        "CONFIDENTIAL",
    ],
)
def test_what_stands_at_the_edge_of_a_page_is_read_as_blanks(line: str) -> None:
    text = f"splint for the left\n  {line}\nwrist\n"
    assert without_clutter(text).split() == ["splint", "for", "the", "left", "wrist"]
    assert len(without_clutter(text)) == len(text)


@pytest.mark.parametrize(
    "line",
    [
        "Received: 01/04/2017",
        "He was seen on 01/04/2017 at 9:15 AM and called back on page 2.",
        "Fax: 2 sheets came at 9:15, the rest did not. Asked again.",
        "Therapy 9:00 to 10:00 on 01/04/2017",
        "HCPCS L3908",
        "CPT 25000",
        "Claim denied, see the letter",
    ],
)
def test_a_line_of_the_letter_with_times_or_numbers_stays(line: str) -> None:
    assert without_clutter(f"splint\n{line}\nwrist\n") == f"splint\n{line}\nwrist\n"


@pytest.mark.parametrize(
    "note",
    [
        "  << handwritten: refused in May",
        "  <-- note in margin: pay it?",
        " >> handwritten (RB): paid",
        "   <- who signed this?",
        "  (margin note: allowed)",
        "  [in pen: refused",
        "\nHandwritten: upheld in May",
        "\nMarginal note: overturned?",
        "  << handwritten: refused in May\n     by the desk",
    ],
)
def test_a_note_in_the_margin_is_read_as_blanks(note: str) -> None:
    text = f"Wrist splint: Overturned{note}\nNone.\n"
    assert without_clutter(text).split() == ["Wrist", "splint:", "Overturned", "None."]
    assert len(without_clutter(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Grip is 3 << 8 kg.",
        "The handwritten notes of May are short: no swelling.",
        "Handwritten notes of May: no swelling.",
        "(handwritten chart of May: no swelling)",
        "a <<REDACTED>> clinic",
    ],
)
def test_words_on_notes_stay(text: str) -> None:
    assert without_clutter(text) == text


@pytest.mark.parametrize("numbered", [True, False])
def test_lines_that_most_pages_begin_and_end_with(numbered: bool) -> None:
    lines = LETTER.splitlines()
    pages = [lines[n : n + 12] for n in range(0, len(lines), 12)]
    printed = [
        "\n".join(
            ["Roe and Poe, attorneys", "in re 77-B", *page, f"Exhibit F, sheet {n}", f"Page {n}" if numbered else "\f"]
        )
        for n, page in enumerate(pages, 1)
    ]
    assert read_view("\n".join(printed)).text.split() == read_view(LETTER).text.split()


def test_lines_of_pages_that_differ_stay() -> None:
    pages = [f"Heel cup {name}: Upheld\n\fNorco, {name}\n" for name in ("left", "right", "both", "none")]
    assert without_clutter("".join(pages)) == "".join(pages)


def test_sentences_with_which_pages_end_stay() -> None:
    pages = [f"A cane helps {name}.\nThe request is\nmedically necessary.\n\f" for name in ("him", "her", "them")]
    assert without_clutter("".join(pages)) == "".join(pages)


@given(st.text(alphabet="ab1:\n\f ", max_size=300))
def test_running_heads_keep_the_length(text: str) -> None:
    assert len(without_clutter(text)) == len(text)
