"""The words of a name of a treatment that tell it from others."""

from __future__ import annotations

import re
from functools import lru_cache

from imr_nlp.config import shipped

_WORD = re.compile(r"[a-z][a-z-]+")


def name_words(text: str, canonical: str | None) -> set[str]:
    """Return the words of a name and of its canonical form that tell which treatment it means.

    >>> sorted(name_words("Lumbar braces", None))
    ['brace', 'lumbar']
    """
    return {word for word in (*split(text.lower()), *split((canonical or "").lower())) if word not in general_words()}


@lru_cache(maxsize=1)
def general_words() -> frozenset[str]:
    """Return the words that say nothing of which treatment a name means (``configs/audit.yml``)."""
    return frozenset(shipped("audit.yml")["general_words"])


def split(text: str) -> list[str]:
    """Return the words of a text in lower case, without the "s" of a plural."""
    return [word.removesuffix("s") for word in _WORD.findall(text)]
