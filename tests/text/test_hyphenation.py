"""Words that a line's end broke."""

from __future__ import annotations

import pytest

from imr_nlp.text.view import read_view


@pytest.mark.parametrize(
    ("source", "view"),
    [
        ("He had acupunc-\nture twice.", "He had acupuncture twice."),
        ("naprox-\r\n  en helped", "naproxen helped"),
        ("a follow-\nup visit", "a follow-up visit"),
        ("the qz-\nxv device", "the qz-xv device"),
        ("EPI-\ndural", "EPI- dural"),
        ("naprox-  \n en helped", "naproxen helped"),
        ("naprox\u2010\nen helped", "naproxen helped"),
        ("naprox\u00ad\nen helped", "naproxen helped"),
        ("a foot X-\nray", "a foot X-ray"),
    ],
)
def test_the_vocabularies_decide(source: str, view: str) -> None:
    assert read_view(source).text == view


def test_offsets_span_the_broken_word() -> None:
    source = "He had acupunc-\nture twice."
    view = read_view(source)
    start = view.text.index("acupuncture")
    begin, end = view.to_source(start, start + len("acupuncture"))
    assert source[begin:end] == "acupunc-\nture"
