"""Running heads that no list knows: lines that most pages of a letter begin or end with."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from imr_nlp.text.intervals import Place

_MIN_PAGES = 3  # two may be one page that was scanned twice
_SHARE = 0.5  # of the pages have the line; the first or the last one may lack it
_LINES = 4  # of one head
_MAX_LENGTH = 100  # characters of a line; a full line of prose has about 95
_WINDOW = (_LINES + 1) * _MAX_LENGTH  # characters beside the end of a page that are looked at
_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"[^\n\f]*[^\W\d_][^\n\f]*")  # a line with a letter


def running_heads(text: str, marks: Iterable[Place]) -> Iterator[Place]:
    """Yield the lines beside the ends of pages that most pages share: a firm's name, the title of a file.

    Numbers may differ in a line without a colon. Linear in the length of the text.

    Args:
        text: The text as it came.
        marks: Where page marks stand. Form feeds end pages too.

    >>> text = "\\f".join(f"{line}\\nRoe & Poe, file {n}\\n" for n, line in enumerate(["Cane", "Sling", "Upheld"]))
    >>> [text[slice(*place)] for place in running_heads(text, [])]
    ['Roe & Poe, file 0', 'Roe & Poe, file 1', 'Roe & Poe, file 2']
    """
    breaks = _page_breaks(text, marks)
    least = max(_MIN_PAGES, math.ceil(_SHARE * len(breaks)))
    if len(breaks) + 1 < least:
        return
    begins, ends = [0, *(end for _, end in breaks)], [*(start for start, _ in breaks), len(text)]
    first = [_lines(text, begin, min(end, begin + _WINDOW)) for begin, end in zip(begins, ends, strict=True)]
    last = [_lines(text, max(begin, end - _WINDOW), end)[::-1] for begin, end in zip(begins, ends, strict=True)]
    for pages in (first, last):
        for depth in range(_LINES):
            pages = [lines for lines in pages if len(lines) > depth]
            heads = [_head(text[slice(*lines[depth])]) for lines in pages]
            shared = {head for head, count in Counter(heads).items() if head and count >= least}
            pages = [lines for lines, head in zip(pages, heads, strict=True) if head in shared]
            yield from (lines[depth] for lines in pages)


def _page_breaks(text: str, marks: Iterable[Place]) -> list[Place]:
    """Return where pages end: page marks and form feeds, those with nothing between them as one."""
    breaks: list[Place] = []
    for start, end in sorted([*marks, *(found.span() for found in re.finditer("\f", text))]):
        if breaks and not text[breaks[-1][1] : start].strip():
            start, end = breaks[-1][0], max(end, breaks[-1][1])
            breaks.pop()
        breaks.append((start, end))
    return breaks


def _lines(text: str, start: int, end: int) -> list[Place]:
    """Return the lines with letters between two offsets."""
    return [found.span() for found in _WORDS.finditer(text, start, end)]


def _head(line: str) -> str:
    """Return what a line has in common with the same head of another page; nothing for what is no head.

    Several pages may end with the words "is not medically necessary."
    """
    plain = " ".join(line.split())
    if len(plain) > _MAX_LENGTH or plain.endswith((".", ",", ";")):
        return ""
    return plain if ":" in plain else _DIGITS.sub("0", plain)
