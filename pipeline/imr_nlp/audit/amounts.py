"""Checks of amounts outside the conclusion: in the case summary, and in the parts of a split request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from imr_nlp.audit.names import name_words
from imr_nlp.audit.view import Finding, LetterView, Place, compiled, numbered, on_service
from imr_nlp.records import schema
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.numbers import numbers_in

#: What ends a sentence of running text. "7.5 mg" and "No. 2" do not.
_STOP = re.compile(r"[.;]\s+(?=[A-Z])")
#: Characters after a treatment in which its amount is looked for.
_REACH = 90

Figures = dict[str, dict[float, Place]]


def summary_amounts(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find requests that the case summary repeats, each time with another amount.

    Settings: ``section`` of the entities; ``cue``, words of a sentence that states a request; ``unless``, words of one
    that refers to another amount on purpose; ``unless_split``, the same for a split request; ``patterns`` of written
    amounts (group 1 is the number); ``between``, words between a count of sessions and the treatment that it counts;
    ``again``, words of a request that follows others of its kind. Only sentences with ``again`` or ``denied`` state
    such a request.
    """
    patterns = {name: compiled(pattern) for name, pattern in settings["patterns"].items()}
    cue = compiled(settings["cue"])
    between = compiled(rf"\s*\)?\s*(?:{alternatives(settings['between'])}\s+)*")
    again, denied = compiled(settings["again"]), compiled(settings["denied"])
    requests = [(one, _treatments(view, one.start, one.end)) for one in view.letter.services]
    known = Counter(name for _, treatments in requests for name in set(map(_name, treatments)))
    summary = [one for one in view.letter.entities if one.section == settings["section"]]
    mentions: dict[str, list[tuple[schema.Entity, int]]] = {}  # each with the start of the next treatment
    listed = [one for one in summary if one.label in ("PROCEDURE", "MEDICATION")]
    for one, follower in zip_longest(listed, listed[1:]):
        mentions.setdefault(_name(one), []).append((one, follower.start if follower else len(view.text)))
    for service, treatments in requests:
        names = set(map(_name, treatments))
        if not _one_treatment(treatments) or any(known[name] > 1 for name in names):
            continue  # an amount may be the other one's
        unless = compiled(settings["unless" if service.original_request is None else "unless_split"])
        follows = again.search(view.text_of(service)) is not None
        asked: Figures = {}
        seen: dict[str, set[float]] = {}
        for one, follower_start in (mention for name in names for mention in mentions.get(name, ())):
            start, end = _sentence(view.text, one.start, one.end)
            found = _figures(view, patterns, between, one, start, min(end, follower_start, one.end + _REACH))
            for kind, figures in found.items():
                seen.setdefault(kind, set()).update(figures)
            sentence = " ".join(view.text[start:end].split())
            if one.status != "requested" or not cue.search(sentence) or unless.search(sentence):
                continue
            if not follows or again.search(sentence) or denied.search(sentence):
                for kind, figures in found.items():
                    asked.setdefault(kind, {}).update(figures)
        own = _own(view, patterns, service)
        places = [
            place
            for kind, figures in asked.items()
            if own.get(kind) and not own[kind] & seen[kind]
            for place in figures.values()
        ]
        if places:
            yield on_service(service, *sorted(set(places)))


def split_amounts(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find split requests whose remaining part is not the original amount without the authorized one."""
    for service in view.letter.services:
        asked, before = service.requested, service.authorized_before
        parts = (service.original_request, service.authorized)
        if not (asked and before and all(parts)) or asked.min != asked.max or before.min != before.max:
            continue
        rest = next(
            (one for one in (service.sessions, service.implied_sessions, service.count) if one is not None), None
        )
        if rest is None or asked.min == before.min:  # split by something else, such as refills
            continue
        if asked.min not in numbers_in(str(parts[0])) or before.min not in numbers_in(str(parts[1])):
            continue  # a part without an amount of its own
        if not name_words(str(parts[0]), None) & name_words(str(parts[1]), None):
            continue
        if asked.min - before.min != rest:
            places = (_found(view, str(part), service.start) for part in parts)
            names = ("original request", "authorized part")
            found = (Place(*place, name) for place, name in zip(places, names, strict=True) if place)
            yield on_service(service, *found)


def _found(view: LetterView, words: str, near: int) -> tuple[int, int] | None:
    """Return the place of words that the record has on one line, the nearest to an offset."""
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())))
    places = [match.span() for match in pattern.finditer(view.text)]
    return min(places, key=lambda place: abs(place[0] - near), default=None)


def _name(entity: schema.Entity) -> str:
    return (entity.canonical or entity.text).lower()


def _treatments(view: LetterView, start: int, end: int) -> list[schema.Entity]:
    return [one for one in view.entities_in(start, end) if one.label in ("PROCEDURE", "MEDICATION")]


def _one_treatment(entities: list[schema.Entity]) -> bool:
    """Whether names of treatments are one, or a drug's names: "Ultram (tramadol)"."""
    if len(entities) < 2:
        return len(entities) == 1
    codes = [{concept.code for concept in one.concepts} for one in entities]
    return all(one.label == "MEDICATION" for one in entities) and bool(set.intersection(*codes))


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the sentence around a place."""
    before = max(0, start - 400)
    begin = max((stop.end() for stop in _STOP.finditer(text, before, start)), default=before)
    stop = _STOP.search(text, end, min(len(text), end + 400))
    return begin, stop.start() if stop else min(len(text), end + 400)


def _figures(
    view: LetterView, patterns: dict[str, re.Pattern[str]], between: re.Pattern[str], entity: schema.Entity,
    start: int, end: int,
) -> Figures:  # fmt: skip
    """Return the amounts of a treatment by kind, with their places: those right before it, and up to ``end``."""
    found: Figures = {}
    for kind, pattern in patterns.items():
        for match, number in numbered(pattern, view.text, entity.start, end):
            found.setdefault(kind, {})[number] = Place(match.start(), match.end(), "amount in the summary")
    product: list[schema.Entity] = []
    for one in view.entities_in(start, end):
        if one.min is None or (one.end <= entity.start and not between.fullmatch(view.text, one.end, entity.start)):
            continue
        if one.label == "SESSION_COUNT":
            for bound in (one.min, one.max if one.max is not None else one.min):
                place = Place(one.start, one.end, "amount in the summary")
                found.setdefault("sessions", {})[float(bound)] = place
        elif one.label in ("FREQUENCY", "DURATION"):
            product.append(one)
    if len(product) == 2 and product[0].label == "FREQUENCY" and product[1].label == "DURATION":
        often, long = product
        if often.per == long.unit:
            place = Place(often.start, long.end, "amount in the summary")
            for first, second in ((often.min, long.min), (often.max, long.max)):
                found.setdefault("sessions", {})[float(first or 0) * float(second or 0)] = place
    return found


def _own(view: LetterView, patterns: dict[str, re.Pattern[str]], service: schema.Service) -> dict[str, set[float]]:
    """Return the amounts of a request by kind, with those of the parts it was split into."""
    parts = [view.text_of(service), service.original_request or "", service.authorized or ""]
    own = {kind: {n for part in parts for _, n in numbered(pattern, part)} for kind, pattern in patterns.items()}
    if service.sessions is not None or service.implied_sessions is not None:
        known = {service.sessions, service.implied_sessions}
        for amount in (service.requested, service.authorized_before, service.granted, service.frequency):
            known |= {amount.min, amount.max} if amount else set()
        own["sessions"] = {float(one) for one in known if one is not None}
        own["sessions"] |= {number for part in parts for number in numbers_in(part)}
    return own
