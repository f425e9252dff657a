"""Amounts that sentences tell: what was authorized before the review, and what the review grants.

A heading says how much is at issue. How much was authorized before, and what a modified decision leaves, often stand in
the rationale alone ("UR certified six visits", "modified to #60"). ``configs/concepts/amounts.yml`` has the wordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from imr_nlp.config import shipped
from imr_nlp.doc.spans import SpanValues
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import number_words

_FILE = "concepts/amounts.yml"
_KINDS = ("authorized_before", "granted")
_LONGEST = 600  # characters of a sentence that are read


class _Wordings(NamedTuple):
    """The wordings of one kind of amount, and beginnings of words without one of which none of them matches."""

    patterns: list[re.Pattern[str]]
    stems: list[str]


@lru_cache(maxsize=1)
def _wordings() -> dict[str, _Wordings]:
    data = shipped(_FILE)
    words = "|".join(sorted(number_words(), key=len, reverse=True))
    number = rf"(?P<number>\d{{1,3}}|{words})(?: ?\(\d{{1,3}}\))?(?![\d./-]*\d| ?(?:mg|mcg|%))\b"
    parts = {"{NUMBER}": number, "{UNITS}": data["units"], "{UR}": rf"\b{data['parties']}"}

    def compiled(written: str) -> re.Pattern[str]:
        for name, pattern in parts.items():
            written = written.replace(name, pattern)
        return compile_pattern(written, re.IGNORECASE)

    return {kind: _Wordings([compiled(one) for one in data[kind]], data["stems"][kind]) for kind in _KINDS}


def told_number(kind: str, sentence: str) -> int | None:
    """Return the amount that a sentence tells; None where it tells none.

    Args:
        kind: ``authorized_before`` or ``granted``.
        sentence: The sentence.

    >>> told_number("authorized_before", "UR approved 10 of the 18 visits.")
    10
    >>> told_number("granted", "The request is reduced to six visits.")
    6
    >>> told_number("authorized_before", "She completed the 6 approved visits.") is None
    True
    """
    patterns, stems = _wordings()[kind]
    lower = sentence.lower()
    if not any(stem in lower for stem in stems):  # nine sentences of ten
        return None
    on_one_line = " ".join(lower.split())[:_LONGEST]
    found = next((match for pattern in patterns if (match := pattern.search(on_one_line))), None)
    if found is None:
        return None
    written = found["number"]
    return int(written) if written.isdigit() else number_words()[written]


def add_told_amounts(service: SpanValues, sentences: Iterable[SpanValues], text: str) -> None:
    """Add to a service the amounts that sentences tell and its request does not, with the place of the sentence.

    Args:
        service: The service; its facts are added to. The review grants a part only where it is ``modified``.
        sentences: Sentences about it alone: those of its rationale.
        text: The letter.
    """
    attrs = service.attrs
    asked = attrs.get("requested")
    open_kinds = [
        kind for kind in _KINDS if attrs.get(kind) is None and (kind != "granted" or service.label_ == "modified")
    ]
    if asked is None or not open_kinds:
        return
    for sentence in sentences:
        start, end = sentence.attrs["start"], sentence.attrs["end"]
        for kind in open_kinds:
            number = told_number(kind, text[start:end]) if attrs.get(kind) is None else None
            if number is not None and 0 < number < asked["max"]:
                attrs[kind] = {
                    "min": number, "max": number, "unit": asked["unit"],
                    "start": start, "end": end, "rule": f"told.{kind}",
                }  # fmt: skip
