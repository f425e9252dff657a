"""The chapters of ICD-10-CM (``concepts/icd10cm/chapters.yml``)."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from imr_nlp.config import shipped


@lru_cache(maxsize=1)
def _chapters() -> tuple[list[str], list[tuple[str, str]]]:
    rows = shipped("concepts/icd10cm/chapters.yml")["chapters"]
    return [first for first, _, _ in rows], [(last, name) for _, last, name in rows]


def chapter_of(code: str) -> str | None:
    """Return the name of the chapter that a code stands in; None for what is no code.

    >>> chapter_of("M54.16"), chapter_of("S33.5XXA"), chapter_of("?")
    ('Musculoskeletal system', 'Injury and poisoning', None)
    """
    firsts, rest = _chapters()
    at = bisect_right(firsts, code[:3]) - 1
    return rest[at][1] if at >= 0 and code[:3] <= rest[at][0] else None
