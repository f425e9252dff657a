"""Words that a line's end broke: which hyphen belongs to the word, and which only to the line.

The vocabularies decide. "ther-" and "apy" are one word, since "therapy" is a word of theirs. "follow-" and "up" keep
their hyphen, since the vocabularies write it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imr_nlp.config import folder

_WORD = re.compile(r"[a-z]{4,40}(?:-[a-z]{2,40})?")
#: The words at both sides of a line's end.
_LEFT, _RIGHT = re.compile(r"[A-Za-z]{1,40}\Z"), re.compile(r"[a-z]{1,40}")


@lru_cache(maxsize=1)
def lexicon() -> frozenset[str]:
    """Return the words of the shipped configuration files, hyphenated words among them. Read when first needed."""
    texts = (path.read_text(encoding="utf-8").lower() for path in sorted(folder("configs").rglob("*.yml")))
    return frozenset(word for text in texts for word in _WORD.findall(text))


def is_broken_word(text: str, start: int, end: int) -> bool:
    """Return whether the hyphen at ``text[start:end]`` only marks a line's end.

    Args:
        text: The letter's text.
        start: Where the hyphen stands.
        end: Where the next line's first letter stands.

    >>> is_broken_word("ther-\\napy", 4, 6), is_broken_word("follow-\\nup", 6, 8), is_broken_word("xq-\\nzz", 2, 4)
    (True, False, False)
    """
    left, right = _LEFT.search(text, max(0, start - 40), start), _RIGHT.match(text, end)
    if left is None or right is None or (len(left.group()) == 1 and left.group().isupper()):
        return False  # "X-ray" keeps its hyphen
    first, second = left.group().lower(), right.group()
    known = lexicon()
    if f"{first}-{second}" in known:
        return False
    joined = first + second
    return any(word in known for word in (joined, joined.removesuffix("s"), joined.removesuffix("es")))
