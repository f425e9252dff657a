"""The reading view: what it drops, and that every offset finds its way back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.text.view import read_view
from support.growth import growth

PIECES = st.lists(
    st.sampled_from(
        [
            *("Upheld", "lumbar", "MRI", "7.5mg", "#60", "radicul-\nopathy", "[REDACTED]", "ﬁbro", ".", "Claims"),
            *(" ", "  ", "\n", "\r\n", " \n\n", "\f", "\t", "\ufffe", "\u200b", "é", "🦴"),
            *("<b>", "</b>", "<br/>", "**", "&amp;", "&nbsp;", "<x", "&", "</", "# "),
        ]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    ("source", "view"),
    [
        ("one \ntwo\n\n \nthree", "one two three"),
        ("page\fbreak", "page break"),
        ("a line-\nend hyphen", "a line-end hyphen"),
        ("Cane: Up-\n      page 3 of 5\n\nheld", "Cane: Upheld"),
        ("Cane: \x1b[1;32mOver\x1b[0mturned\x1b]0;idle\x07 now", "Cane: Overturned now"),
        ("C4 [5m] and [0m stay", "C4 [5m] and [0m stay"),
        ("electro\ufffemyography", "electromyography"),
        ("electro\ufffe\r\nmyography", "electromyography"),
        ("<b>Case Number:</b>\tCM13-1", "Case Number: CM13-1"),
        ("<td>Priority:</td><td>Standard</td>", "Priority: Standard"),
        ("<style>b {x: y}</style><p>Text</p>", "Text"),
        ("**Decision rationale:** The", "Decision rationale: The"),
        ("### CLINICAL CASE SUMMARY\nThe", "CLINICAL CASE SUMMARY The"),
        ("per [REDACTED] dated", "per REDACTED dated"),
        ("UpheldClaims Administrator", "Upheld Claims Administrator"),
        ("by review.IMR ISSUES", "by review. IMR ISSUES"),
        ("see www.UpToDate.com", "see www.UpToDate.com"),
        ("the patient’s “good” arm – 2×", 'the patient\'s "good" arm - 2x'),
        ("pain <5 or >6 & <redacted>", "pain <5 or >6 & <redacted>"),
        ("Q&amp;A &#233;", "Q&A é"),
        ("<html><body><pre>No brace.</pre></body></html>", "No brace."),
        ("isn&#x27;t, knee&#XA0;sprain, &frac12; &foo; R&D;", "isn't, knee sprain, ½ &foo; R&D;"),
    ],
)
def test_typography_is_taken_out(source: str, view: str) -> None:
    assert read_view(source).text.strip() == view


@given(PIECES)
@settings(max_examples=300, deadline=None)
def test_every_slice_of_the_view_maps_into_the_source(source: str) -> None:
    view = read_view(source)
    last = 0
    for i in range(len(view.text)):
        start, end = view.to_source(i, i + 1)
        assert 0 <= start <= end <= len(source)
        assert start >= last  # the order of the text is kept
        last = start
        if source[start:end] == view.text[i]:
            continue
        assert source[start:end] != "" or view.text[i] == " "  # only glued text gets a blank of its own


@given(PIECES)
@settings(max_examples=200, deadline=None)
def test_many_slices_map_as_one_by_one(source: str) -> None:
    view = read_view(source)
    slices = [(i, min(i + 3, len(view.text))) for i in range(len(view.text))]
    if slices:
        starts, ends = view.all_to_source([a for a, _ in slices], [b for _, b in slices])
        assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [view.to_source(*s) for s in slices]


@given(PIECES)
@settings(max_examples=200, deadline=None)
def test_lines_are_in_order_and_inside(source: str) -> None:
    view = read_view(source)
    flat = [offset for line in view.lines for offset in line]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(view.text) for start, end in view.lines)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_view(source: str) -> None:
    view = read_view(source)
    assert "\n" not in view.text
    assert view.source == source


@pytest.mark.stress
@pytest.mark.parametrize("piece", ["<", "<script>", " \n", "&", "-\n", "<!--", "**", "\ufffe", "<b "])
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    assert growth(lambda repeats: read_view(piece * repeats), 20_000, 100_000) < 14  # the square would be 25
