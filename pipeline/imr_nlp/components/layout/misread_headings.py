"""Section headings that a scan misread or glued, or that have a slip: "Decisionrationale:", "Decision ratoinale:".

A slip is a letter that is lost, added, changed, or in the place of its neighbour. Two wordings one slip apart share a
form with one letter left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from imr_nlp.components.layout.definitions import Heading
from imr_nlp.components.layout.service_headings import Title, after_colon
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.misread import squeezed

_MIN_LETTERS = 12  # letters of a heading that is known by its squeezed form
_MIN_SLIPPED = 14  # letters of one that is known with a slip
_END = 6  # letters at either end, of which one slip leaves one end alone
_COLON = 110  # characters of a line in which a heading's colon stands


class MisreadHeadings:
    """Finds headings by their squeezed form, at the beginning of lines where no heading was found as it is written."""

    def __init__(self, headings: Iterable[Heading]) -> None:
        """Read the wordings.

        Args:
            headings: The headings of all layouts.
        """
        self.known: dict[str, list[Heading]] = {}
        for heading in headings:
            for wording in heading.wordings:
                key = squeezed(wording)
                if heading.body == "after" and len(key) >= _MIN_LETTERS:
                    self.known.setdefault(key, []).append(heading)
        self.begins = {key[:2] for key in self.known}
        self.slipped: dict[str, str] = {}
        self.ends: set[str] = set()
        for key in self.known:
            if len(key) >= _MIN_SLIPPED:
                self.slipped |= dict.fromkeys(_without_a_letter(key), key)
                self.ends |= {key[:_END], key[-_END:]}

    def titles(self, view: View, layout: str, matched: set[int]) -> list[Title]:
        """Return the headings of a letter that are misread.

        Args:
            view: The reading view.
            layout: Id of the letter's layout.
            matched: Where wordings were found as they are written; they are left alone.

        Returns:
            The headings in text order.
        """
        if not view.lines:  # nothing but marks
            return []
        found = []
        stops = [*(start for start, _ in view.lines[1:]), len(view.text)]
        for (start, end), following in zip(view.lines, stops, strict=True):
            if start in matched or squeezed(view.text[start : start + 4])[:2] not in self.begins:
                continue
            colon = view.text.find(":", start, min(end, start + _COLON))
            stop = colon if colon >= 0 else end
            heading = self._heading(view.text[start:stop], layout)
            if heading and (colon >= 0 or heading.accept & {"own_line", "line"}):
                begin = following if colon < 0 or not view.text[colon + 1 : end].strip() else colon + 1
                begin = after_colon(view.text, begin)
                found.append(Title(start, begin, heading.category, weak=begin < end))
        return [title for title, after in pairwise([*found, None]) if title and (not after or title.end <= after.start)]

    def _heading(self, written: str, layout: str) -> Heading | None:
        if len(written) > _COLON:
            return None
        key = squeezed(written)
        if key not in self.known and (key[:_END] in self.ends or key[-_END:] in self.ends):
            key = next((self.slipped[form] for form in (key, *_without_a_letter(key)) if form in self.slipped), key)
        for heading in self.known.get(key, ()):
            if not heading.layouts or layout in heading.layouts:
                return heading
        return None


def _without_a_letter(key: str) -> Iterator[str]:
    """Yield the forms of a key with one letter left out, but the first two.

    >>> list(_without_a_letter("cane"))
    ['cae', 'can']
    """
    return (key[:n] + key[n + 1 :] for n in range(2, len(key)))
