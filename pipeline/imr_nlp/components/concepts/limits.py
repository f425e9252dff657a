"""Limits that a rationale quotes from a guideline, such as "up to 10 visits over 8 weeks"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from imr_nlp.config import shipped
from imr_nlp.doc.spans import SpanValues
from imr_nlp.text.compiled import compile_pattern

_ROLES = ("guideline", "gap")
_NEAR = 60  # characters from an amount to the time or frequency that belongs to it
_BEFORE, _ASKED_BEFORE, _AFTER = 80, 40, 80  # characters beside an amount that are read


@lru_cache(maxsize=1)
def _cues() -> dict[str, re.Pattern[str]]:
    return {
        name: compile_pattern(pattern, re.IGNORECASE)
        for name, pattern in shipped("concepts/amounts.yml")["limits"].items()
    }


def limits_of(
    sentences: Sequence[SpanValues], citations: Sequence[SpanValues], entities: Sequence[SpanValues], text: str
) -> None:
    """Add ``limits`` to the rationale sentences that quote one.

    Each limit is ``{"quantity", "duration", "frequency", "concepts"}``: ids of entities, and what the guideline is.
    A sentence quotes a limit where it reports a guideline and a word such as "up to" stands before the amount, or one
    such as "are recommended" after it. The words are in ``configs/concepts/amounts.yml``.
    """
    starts = [one.attrs["start"] for one in entities]
    by_service: dict[Any, list[SpanValues]] = {}
    for one in citations:
        if one.attrs.get("party") == "reviewer" and one.attrs.get("concepts"):
            by_service.setdefault(one.attrs.get("service"), []).append(one)
    last: dict[Any, list[Any]] = {}
    for sentence in sentences:
        attrs = sentence.attrs
        first, end = bisect_left(starts, attrs["start"]), bisect_left(starts, attrs["end"])
        inside = entities[first:end]
        named = [one.attrs["concepts"] for one in inside if one.label_ == "GUIDELINE" and one.attrs.get("concepts")]
        service = attrs.get("service")
        if named:
            last[service] = named[-1]
        if sentence.label_ not in _ROLES or not (sentence.label_ == "guideline" or named):
            continue
        cited = by_service.get(service, [])
        source = (named and named[-1]) or last.get(service) or (cited[0].attrs["concepts"] if len(cited) == 1 else [])
        if found := _limits(inside, attrs["start"], text, source):
            attrs["limits"] = found


def _limits(inside: Sequence[SpanValues], start: int, text: str, source: list[Any]) -> list[dict[str, Any]]:
    found = []
    used: set[str] = set()
    cues = _cues()
    for one in inside:
        if one.label_ != "SESSION_COUNT" and not (one.label_ == "DURATION" and one.id_ not in used):
            continue
        before, after = text[start : one.attrs["start"]], text[one.attrs["end"] : one.attrs["end"] + _AFTER]
        named = cues["before"].search(before[-_BEFORE:]) or cues["after"].search(after.replace("\n", " "))
        if not named or cues["asked"].search(before[-_ASKED_BEFORE:]):
            continue
        limit: dict[str, Any] = {"quantity": one.id_, "concepts": source}
        if one.label_ == "SESSION_COUNT":
            for near in inside:
                if 0 <= near.attrs["start"] - one.attrs["end"] <= _NEAR and near.label_ in ("DURATION", "FREQUENCY"):
                    limit.setdefault(near.label_.lower(), near.id_)
                    used.add(near.id_)
        found.append(limit)
    return found
