"""PDFs with a second layer: each page's text once, without its watermark."""

from __future__ import annotations

import pytest

from imr_nlp.reading.source import read_bytes
from support.letters import pdf

WORDS = [
    "The injured worker has had eight visits of therapy", "for the left knee and reports some relief of pain",
    "The guideline supports further visits when function", "improves and the notes document such improvement",
]  # fmt: skip
PAGE = "\n".join(WORDS)


def layered(extra: str, *, before: bool = False) -> bytes:
    """A PDF of one page whose content stream has other operators as well."""
    data = pdf([PAGE])
    start, end = data.index(b"stream\n") + 7, data.index(b"\nendstream")
    content = data[start:end]
    both = [extra.encode(), content] if before else [content, extra.encode()]
    return data[:start] + b"\n".join(both) + data[end:]


def shown(lines: list[str], mode: int = 0, left: int = 40) -> str:
    text = "".join(f"({line}) Tj 0 -12 Td\n" for line in lines)
    return f"BT {mode} Tr /F1 8 Tf {left} 800 Td\n{text}ET"


def text_of(data: bytes) -> str:
    length = data.index(b"/Length ")
    end = data.index(b" >>", length)
    size = data.index(b"\nendstream") - data.index(b"stream\n") - 7
    return read_bytes(data[:length] + b"/Length %d" % size + data[end:], "a.pdf", "application/pdf").text.strip()


@pytest.mark.parametrize("before", [True, False])
def test_an_invisible_copy_of_the_page_is_read_once(before: bool) -> None:
    assert text_of(layered(shown(WORDS, mode=3, left=41), before=before)) == PAGE


def test_an_invisible_layer_alone_is_the_text_of_a_scan() -> None:
    data = pdf([PAGE]).replace(b"BT /F1", b"BT 3 Tr /F1")
    assert text_of(data) == PAGE


@pytest.mark.parametrize("before", [True, False])
def test_a_diagonal_watermark_is_no_text(before: bool) -> None:
    mark = "BT 0 Tr /F1 60 Tf 0.7 0.7 -0.7 0.7 200 200 Tm (CONFIDENTIAL) Tj ET"
    assert text_of(layered(mark, before=before)) == PAGE
