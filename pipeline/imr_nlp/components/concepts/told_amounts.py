"""Amounts that sentences tell: what was authorized before the review, and what the review grants.

A heading says how much is at issue. Of how much was authorized before, and of what a modified decision leaves, often
only the rationale speaks ("UR certified six visits", "modified to #60"). The wordings are in
``configs/concepts/amounts.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from imr_nlp.concepts.amounts import Amount
from imr_nlp.config import shipped
from imr_nlp.doc.spans import SpanValues
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import number_words, plain

_FILE = "concepts/amounts.yml"
_LONGEST = 600  # characters of a sentence that are read


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    data = shipped(_FILE)
    words = "|".join(sorted(number_words(), key=len, reverse=True))
    number = rf"(?P<number>\d{{1,3}}|{words})(?: ?\(\d{{1,3}}\))?(?![\d./-]*\d| ?(?:mg|mcg|%))\b"
    parts = {"{NUMBER}": number, "{UNITS}": data["units"], "{UR}": rf"\b{data['parties']}"}

    def compiled(written: str) -> re.Pattern[str]:
        for name, pattern in parts.items():
            written = written.replace(name, pattern)
        return compile_pattern(written, re.IGNORECASE)

    return {kind: [compiled(one) for one in data[kind]] for kind in ("authorized_before", "granted")}


def told_number(kind: str, sentence: str) -> int | None:
    """Return the amount that a sentence tells; None where it tells none.

    Args:
        kind: ``authorized_before`` or ``granted``.
        sentence: The sentence on one line.

    >>> told_number("authorized_before", "UR approved 10 of the 18 visits.")
    10
    >>> told_number("granted", "The request is reduced to six visits.")
    6
    >>> told_number("authorized_before", "She completed the 6 approved visits.") is None
    True
    """
    for pattern in _patterns()[kind]:
        if found := pattern.search(sentence[:_LONGEST]):
            written = found["number"].lower()
            return int(written) if written.isdigit() else number_words()[written]
    return None


def add_told_amounts(service: SpanValues, sentences: Iterable[SpanValues], text: str) -> None:
    """Add to a service the amounts that sentences tell and its request does not.

    Args:
        service: The service; its facts are added to.
        sentences: Sentences about it alone: those of its rationale.
        text: The letter.
    """
    attrs = service.attrs
    asked: Amount | None = attrs.get("requested")
    if asked is None:
        return
    wanted = [kind for kind in ("authorized_before", "granted") if _open(kind, service)]
    stems: dict[str, list[str]] = shipped(_FILE)["stems"]
    for sentence in sentences if wanted else ():
        written = text[sentence.attrs["start"] : sentence.attrs["end"]]
        lower = written.lower()
        for kind in wanted:
            if not any(stem in lower for stem in stems[kind]):  # nine sentences of ten
                continue
            number = told_number(kind, " ".join(written.split()))
            if number is not None and 0 < number < asked["max"] and attrs.get(kind) is None:
                attrs[kind] = {"min": plain(number), "max": plain(number), "unit": asked["unit"]}


def _open(kind: str, service: SpanValues) -> bool:
    """Return whether an amount is still to be found; the review grants a part only where it modifies."""
    known: Any = service.attrs.get(kind)
    return known is None and (kind != "granted" or service.label_ == "modified")


def of_service(sentences: Sequence[SpanValues], service: SpanValues) -> list[SpanValues]:
    """Return the rationale sentences of one service."""
    number = service.attrs.get("service")
    return [one for one in sentences if one.attrs.get("service") == number]
