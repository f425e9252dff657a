"""Decision words that a scan misread, cut off or spaced out, or in which one letter is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imr_nlp.text.misread import squeezed
from imr_nlp.text.misspellings import Respeller

_SPACED = re.compile(r"\b(?:\w ){4,}\w\b")  # "U p h e l d"
_MIN_LENGTH = 6  # letters of a decision word from which a misread form is known


class MisreadDecisions:
    """Puts decision words right.

    >>> misread = MisreadDecisions(["upheld", "overturned"], ["upheld", "overturned"])
    >>> misread.put_right("uphe1d"), misread.put_right("overturncd"), misread.put_right("overtur")
    ('upheld', 'overturned', 'overturned')
    """

    def __init__(self, words: Iterable[str], misprints: tuple[str, ...]) -> None:
        """Learn the words.

        Args:
            words: Decision words, in lower case.
            misprints: Those that are known where one letter is wrong, or where their end is cut off.
        """
        #: The decision words of one word, by what a scan leaves of them.
        self._scanned = {squeezed(word): word for word in words if len(word) >= _MIN_LENGTH and word.isalpha()}
        self._respelt = Respeller(misprints, _MIN_LENGTH, ending=0)
        self._misprints = misprints

    def put_right(self, plain: str) -> str:
        """Return a text in lower case with the decision words that it means."""
        words = without_spacing(plain).split()
        return " ".join(self._scanned.get(squeezed(word)) or self._respelt(word) or self._cut(word) for word in words)

    def _cut(self, word: str) -> str:
        """Return the decision word of which the edge of a page leaves the greater part, or the word."""
        meant = (whole for whole in self._misprints if len(word) > len(whole) // 2 and whole.startswith(word))
        return next(meant, word)


def without_spacing(written: str) -> str:
    """Return a text with spaced words put together.

    >>> without_spacing("U p h e l d by us")
    'Upheld by us'
    """
    return _SPACED.sub(lambda match: match.group().replace(" ", ""), written)
