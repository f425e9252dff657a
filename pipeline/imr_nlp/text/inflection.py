"""English inflection: the plural, the singular and the stem of a word or phrase."""

from __future__ import annotations

import re
from functools import lru_cache

from imr_nlp.config import shipped


def plural(phrase: str) -> str:
    """Return the regular plural of a phrase's last word.

    >>> [plural(word) for word in ("tear", "disc herniation", "biopsy", "reflex", "arthrodesis")]
    ['tears', 'disc herniations', 'biopsies', 'reflexes', 'arthrodeses']
    """
    if phrase.endswith("sis"):
        return phrase[:-2] + "es"
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return phrase[:-1] + "ies"
    return phrase + ("es" if phrase.endswith(("s", "x", "ch", "sh", "z")) else "s")


def singular(phrase: str) -> str:
    """Return a phrase with its last word in the singular (``configs/inflection.yml``).

    >>> [singular(word) for word in ("leg wraps", "biopsies", "lumbar fusion", "mri's", "ultrasounds", "arthrodesis")]
    ['leg wrap', 'biopsy', 'lumbar fusion', 'mri', 'ultrasound', 'arthrodesis']
    >>> [singular(word) for word in ("scoliosis series", "reading glasses", "prism lenses", "abscesses")]
    ['scoliosis series', 'reading glasses', 'prism lens', 'abscess']
    """
    phrase = phrase.removesuffix("'s").removesuffix(" '")
    if phrase.rpartition(" ")[2].rpartition("-")[2] in _unchanged():
        return phrase
    for ending, replacement in _endings():
        if phrase.endswith(ending):
            return phrase.removesuffix(ending) + replacement
    if phrase.endswith("s") and not phrase.endswith(_singular_endings()):
        return phrase[:-1]
    return phrase


@lru_cache(maxsize=1)
def _unchanged() -> frozenset[str]:
    return frozenset(shipped("inflection.yml")["unchanged"])


@lru_cache(maxsize=1)
def _endings() -> tuple[tuple[str, str], ...]:
    return tuple((ending, replacement) for ending, replacement in shipped("inflection.yml")["endings"])


@lru_cache(maxsize=1)
def _singular_endings() -> tuple[str, ...]:
    return tuple(shipped("inflection.yml")["singular_endings"])


_WORD = re.compile(r"[a-z0-9]+")


#: "sessions", "mris"; not "discus", "abscess", "analysis", "arthritis".
_PLURAL = re.compile(r"..(?<![su])(?<!si)(?<!ti)s$")


def stems(name: str) -> list[str]:
    """Return the words of a name in lower case, without the ending of the plural."""
    return [word[:-1] if _PLURAL.search(word) else word for word in _WORD.findall(name.lower())]
