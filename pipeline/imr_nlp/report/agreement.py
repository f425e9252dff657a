"""Agreement as one HTML page: the figures, and every disagreement side by side in its sentence.

The page needs nothing but itself: no script, no font, no picture from elsewhere, and a content security policy that
would refuse them. Everything that comes from letters or annotators is escaped by the template
(``templates/agreement.html.j2``), and written so that it can't change the direction of the text around it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from imr_nlp.components.sentences.component import SentenceSplitter
from imr_nlp.config import shipped
from imr_nlp.evaluation.scoring import Span
from imr_nlp.review.agreement import Agreement, Disagreement, is_closed

#: Characters of a sentence shown at most before and after what was marked.
AROUND = 240
_KINDS = {
    "only_a": "marked by one", "only_b": "marked by one", "moved": "boundaries", "relabelled": "label",
    "value": "value",
}  # fmt: skip
#: Control characters (but for tab and line ends) and marks of text direction: shown as what they are, not obeyed.
_UNPRINTABLE = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F),
     *range(0x2066, 0x206A), *range(0xD800, 0xE000)],
    "\N{REPLACEMENT CHARACTER}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """What one annotator marked, in its sentence; ``marked`` is None where nothing was."""

    before: str
    marked: str | None
    after: str
    says: str


def page(agreement: Agreement, texts: Mapping[str, str]) -> str:
    """Return the page of an agreement.

    Args:
        agreement: What people agree on, and where they do not.
        texts: The letters' decoded texts by name.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.tests["closed"] = is_closed
    sentences = _Sentences(texts)
    return environment.get_template("agreement.html.j2").render(
        agreement=agreement, passages=sentences.passages, kinds=_KINDS
    )


def plain(text: str) -> str:
    """Return text without characters that a page must not hold or that would turn the text around them.

    >>> plain("left\\u202eknee\\x00")
    'left�knee�'
    """
    return str(text).translate(_UNPRINTABLE)


class _Sentences:
    """Finds the sentence of a disagreement; each letter is split once."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        splitter = SentenceSplitter(shipped("sentences.yml"))
        self.texts = texts
        self.starts = cache(lambda letter: splitter.starts(texts[letter], 0, len(texts[letter])))

    def passages(self, each: Disagreement) -> tuple[Passage, Passage]:
        """Return what A and what B marked, both in the sentence or sentences that hold either."""
        text = self.texts[each.letter]
        marked = [span for span in (each.a, each.b) if span]
        first, last = min(span[0] for span in marked), max(span[1] for span in marked)
        starts = self.starts(each.letter)
        after = bisect_right(starts, max(first, last - 1))
        sentence = (
            starts[max(0, bisect_right(starts, first) - 1)],
            starts[after] if after < len(starts) else len(text),
        )
        around = (max(sentence[0], first - AROUND), min(sentence[1], last + AROUND))
        a, b = (
            _passage(text, sentence, around, span, says)
            for span, says in ((each.a, each.a_says), (each.b, each.b_says))
        )
        return a, b


def _passage(text: str, sentence: Span, around: Span, span: Span | None, says: str) -> Passage:
    """Cut a passage; an ellipsis stands where the sentence continues."""
    opening = "… " if sentence[0] < around[0] else ""
    closing = " …" if around[1] < sentence[1] else ""
    if span is None:
        return Passage(plain(f"{opening}{text[slice(*around)]}{closing}"), None, "", plain(says))
    return Passage(
        plain(opening + text[around[0] : span[0]]),
        plain(text[slice(*span)]),
        plain(text[span[1] : around[1]] + closing),
        plain(says),
    )
