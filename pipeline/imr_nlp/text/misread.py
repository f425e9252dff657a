"""Letters that a scan confuses, told as one: "UpheId", "Overtumed", "not medica11y", "n ot".

Two wordings are the same where their squeezed forms are. Use it only where a fixed wording is expected, never in prose.
The confusions are in ``configs/reading.yml``.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from imr_nlp.config import ConfigError, shipped


@lru_cache(maxsize=1)
def _confusions() -> tuple[dict[int, str | None], tuple[tuple[str, str], ...]]:
    listed: dict[str, str] = shipped("reading.yml")["misread"]
    single: dict[int, str | None] = {ord(seen): meant for seen, meant in listed.items() if len(seen) == 1}
    for code in range(128):
        if code not in single and not chr(code).isalnum():
            single[code] = None
    longer = tuple((seen, meant) for seen, meant in listed.items() if len(seen) > 1)
    for seen, meant in longer:
        if len(meant) >= len(seen):  # or replacing would never end
            raise ConfigError(f"reading.yml: misread: {seen!r} must stand for fewer letters, not for {meant!r}")
    return single, longer


def squeezed(text: str) -> str:
    """Return the letters and digits of a text, with one letter for all that a scan confuses with it.

    >>> squeezed("UpheId") == squeezed("Upheld"), squeezed("n ot medica11y") == squeezed("not medically")
    (True, True)
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii())
    single, longer = _confusions()
    out = text.lower().translate(single)
    for seen, meant in longer:
        out = out.replace(seen, meant)
    return out


def squeezed_places(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """Return the squeezed form of ``text[start:end]`` and where each of its characters stands in ``text``.

    >>> squeezed_places("a n ot", 2, 6)
    ('not', [2, 4, 5])
    """
    _, longer = _confusions()
    out: list[str] = []
    places: list[int] = []
    for at in range(start, end):
        for char in squeezed(text[at]):
            out.append(char)
            places.append(at)
    joined = "".join(out)
    for seen, meant in longer:
        while (at := joined.find(seen)) >= 0:
            joined = joined[:at] + meant + joined[at + len(seen) :]
            del places[at + len(meant) : at + len(seen)]
    return joined, places
