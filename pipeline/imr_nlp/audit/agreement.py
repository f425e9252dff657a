"""Checks that a rationale is about its own request: amounts, parts of the body, treatment, patient."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from imr_nlp.audit.names import name_words, split
from imr_nlp.audit.view import Finding, LetterView, Place, compiled, numbered, on_service
from imr_nlp.concepts.anatomy import body_parts
from imr_nlp.records import schema
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import numbers_in

_SIDES = frozenset({"left", "right"})


def decisions_agree(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find services whose places of decision do not say the same, and those that stand twice with two decisions."""
    twice: dict[str, list[schema.Service]] = defaultdict(list)
    for service in view.letter.services:
        twice[" ".join(view.text_of(service).lower().split())].append(service)
    for same in twice.values():
        if len({evidence.decision for service in same for evidence in service.decision_evidence}) > 1 < len(same):
            for service in same:
                yield on_service(service)
    for service in view.letter.services:
        found = service.decision_evidence
        # The parts of a modified request are decided differently.
        if len({evidence.decision for evidence in found}) > 1 and service.decision != "modified":
            yield on_service(service, *(Place(one.start, one.end, one.by) for one in found))


def modified_agrees(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find services whose heading modifies the denial, while the rationale grants or denies the whole request.

    Settings: ``part``, words of a rationale that decides on a part. A number that the request does not have is one too.
    """
    part = compiled(settings["part"])
    for service in view.letter.services:
        heading = [one for one in service.decision_evidence if one.by == "heading" and one.decision == "modified"]
        concluded = [one for one in service.decision_evidence if one.by in ("conclusion", "panel")]
        decisions = {one.decision for one in concluded}
        if service.decision != "modified" or not heading or len(decisions) != 1 or "modified" in decisions:
            continue
        own = numbers_in(view.text_of(service)) | {service.sessions, service.implied_sessions}
        texts = [(sentence.role, view.text_of(sentence)) for sentence in service.rationale]
        if any(part.search(text) for _, text in texts):
            continue
        if any(numbers_in(text) - own for role, text in texts if role in settings["roles"]):
            continue
        yield on_service(service, *(Place(one.start, one.end, one.by) for one in (*heading, *concluded)))


def amounts_agree(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find conclusions that repeat a request with another amount.

    Settings: ``roles`` of the sentences, ``patterns`` of written amounts (group 1 is the number), ``unless``, words
    that make a sentence refer to another amount on purpose, and optionally ``unless_split``, the same for a split
    request. There the amounts of the original request and of the authorized part count as the request's own.
    """
    patterns = {name: compiled(pattern) for name, pattern in settings["patterns"].items()}
    for service in view.letter.services:
        if service.decision == "modified":
            continue  # its conclusion names the amount that is granted
        split_up = service.original_request is not None
        unless = compiled(settings.get("unless_split" if split_up else "unless", settings["unless"]))
        request = " ".join(filter(None, (view.text_of(service), service.original_request, service.authorized)))
        for sentence in view.sentences(service, *settings["roles"]):
            text, at = view.on_one_line(sentence.start, sentence.end)
            if not _about_request(text) or unless.search(text):
                continue
            if _other_service_named(view, service, text):
                continue
            place = _other_sessions(view, service, sentence) or _other_figure(patterns, request, text, at)
            if place:
                yield on_service(service, place)
                break


def _about_request(text: str) -> bool:
    return re.search(r"request|necessary|necessity", text, re.IGNORECASE) is not None


def _other_sessions(view: LetterView, service: schema.Service, sentence: schema.RationaleSentence) -> Place | None:
    """Return the count of sessions in a sentence that is none of the request's own amounts."""
    if service.sessions is None and service.implied_sessions is None:
        return None
    own = {service.sessions, service.implied_sessions}
    inside = view.entities_in(service.start, service.end)
    own |= {bound for entity in inside for bound in (entity.min, entity.max) if bound is not None}
    if service.original_request is not None:
        own |= numbers_in(f"{service.original_request} {service.authorized or ''}")
        for amount in (service.requested, service.authorized_before):
            own |= {amount.min, amount.max} if amount else set()
    for entity in view.entities_in(sentence.start, sentence.end):
        if entity.label == "SESSION_COUNT" and not own & {entity.min, entity.max}:
            return Place(entity.start, entity.end, "amount in the rationale")
    return None


def _other_figure(patterns: dict[str, re.Pattern[str]], request: str, text: str, at: Sequence[int]) -> Place | None:
    """Return a written figure of a sentence that the request has too, with another number."""
    for pattern in patterns.values():
        wanted = {number for _, number in numbered(pattern, request)}
        found = list(numbered(pattern, text))
        if wanted and found and not wanted & {number for _, number in found}:
            match = found[0][0]
            return Place(at[match.start()], at[match.end() - 1] + 1, "amount in the rationale")
    return None


def sessions_product(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find requests whose sessions are not frequency times duration, by more than the share ``tolerance``."""
    weeks = {"day": 1 / 7, "week": 1.0, "month": 30.4 / 7, "year": 52.2}
    for service in view.letter.services:
        frequency, duration, stated = service.frequency, service.duration, service.sessions
        if not (frequency and duration and stated):
            continue
        if frequency.per not in weeks or duration.unit not in weeks:
            continue
        unit = weeks[duration.unit] / weeks[frequency.per]
        low, high = frequency.min * duration.min * unit, frequency.max * duration.max * unit
        if duration.unit == "month" and frequency.per == "week":
            low = frequency.min * duration.min * 4  # a month is often taken as four weeks
        slack = settings["tolerance"]
        if not low * (1 - slack) <= stated <= high * (1 + slack):
            yield on_service(service)


def body_parts_agree(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find sentences of the roles ``roles`` that name other parts of the body than the request.

    They name none of the request's, or another one in the place of one of the request's. ``groups`` lists parts that
    letters use for one another. Names there are without side, in the singular.
    """
    groups = settings["groups"]
    for service in view.letter.services:
        own = {_without_side(part) for part in service.body_parts}
        if not own:
            continue
        for sentence in view.sentences(service, *settings["roles"]):
            text = view.text_of(sentence)
            named = {_without_side(part) for part in _parts(text)}
            if not named or not _about_request(text):
                continue
            known = [part for part in named if any(_related(part, one, groups) for one in own)]
            if len(known) < min(len(own), len(named)):  # another stands in the place of one of the request's
                if not _other_service_named(view, service, text, view.body_words):
                    yield on_service(service, Place(sentence.start, sentence.end, "conclusion"))
                break


def sides_agree(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find rationales that name a part of the request only with the other side."""
    for service in view.letter.services:
        own = {_without_side(part): _side(part) for part in service.body_parts if _side(part)}
        if not own:
            continue
        seen: dict[str, dict[str, Place]] = {}
        for sentence in view.sentences(service, *settings["roles"]):
            for part in _parts(view.text_of(sentence)):
                place = Place(sentence.start, sentence.end, "side in the rationale")
                seen.setdefault(_without_side(part), {}).setdefault(_side(part) or "none", place)
        for part, side in own.items():
            sides = seen.get(part, {})
            other = next(iter(_SIDES - {side})) if side in _SIDES else None
            if other in sides and side not in sides and "bilateral" not in sides:
                yield on_service(service, sides[str(other)])
                break


def service_agrees(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find conclusions that name treatments, none of which is the request's."""
    for service in view.letter.services:
        sentences = list(view.sentences(service, *settings["roles"]))
        if not sentences:
            continue
        last = sentences[-1]
        treatments = [
            entity
            for entity in view.entities_in(last.start, last.end)
            if entity.label in ("PROCEDURE", "MEDICATION") and entity.status in ("requested", "general", "planned")
        ]
        general = set(settings["general"])
        if not treatments or any(general & set(split(entity.text.lower())) for entity in treatments):
            continue
        named = [entity for entity in treatments if entity.canonical and entity.rule != "px.heading"]
        if len(named) != len(treatments):
            continue
        own = view.words_of(service)
        if any(name_words(entity.text, entity.canonical) & own for entity in named):
            continue
        first = named[0]
        others = view.service_words  # as none of the words is this service's own
        if any(name_words(entity.text, entity.canonical) & others for entity in named):
            continue  # one conclusion may serve a group of services
        if any(_kin(view, service, entity) for entity in named):
            continue
        yield on_service(service, Place(first.start, first.end, "treatment in the conclusion"))


def _kin(view: LetterView, service: schema.Service, entity: schema.Entity) -> bool:
    """Whether a treatment may be another name for the request: initials, or the start of a word in common."""
    own = view.text_of(service).lower()
    initials = "".join(word[0] for word in re.findall(r"[a-z]+", own))
    short = re.sub(r"[^a-z]", "", (entity.canonical or entity.text).lower())
    if len(short) >= 2 and short in initials:
        return True
    stems = {word[:5] for word in name_words(own, None)}
    return any(word[:5] in stems for word in name_words(entity.text, entity.canonical))


def sex_agrees(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find rationales that use pronouns of the other sex, and none of the patient's own.

    Settings: ``roles`` of the sentences, and ``words`` by sex.
    """
    sex = view.letter.patient.sex
    if sex is None:
        return
    other = "female" if sex == "male" else "male"
    for service in view.letter.services:
        first: Place | None = None
        own = 0
        for sentence in view.sentences(service, *settings["roles"]):
            text = view.text[sentence.start : sentence.end]
            own += len(_words_of(tuple(settings["words"][sex])).findall(text))
            match = _words_of(tuple(settings["words"][other])).search(text)
            if match and first is None:
                first = Place(sentence.start + match.start(), sentence.start + match.end(), "pronoun")
        if first and not own:
            yield on_service(service, first)


def phrase(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find a wording in the rationale. This is the check for rules of the user's own.

    Settings: ``pattern``, a regular expression without groups that repeat; ``roles`` of the sentences; ``decision``
    (optional), the only decision of the service for which it counts.
    """
    pattern = compiled(settings["pattern"])
    for service in view.letter.services:
        if settings.get("decision") not in (None, service.decision):
            continue
        for sentence in view.sentences(service, *settings["roles"]):
            text, at = view.on_one_line(sentence.start, sentence.end)
            match = pattern.search(text)
            if match and match.end() > match.start():
                yield on_service(service, Place(at[match.start()], at[match.end() - 1] + 1, "wording"))
                break


def rationale_repeated(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find services whose rationale is the text of an earlier service's; from ``shortest`` characters on."""
    seen: dict[str, schema.Service] = {}
    for service in view.letter.services:
        text = " ".join(view.text_of(sentence) for sentence in view.sentences(service, "fact", "gap", "guideline"))
        earlier = seen.get(text)
        if earlier and len(text) >= settings["shortest"] and earlier.rationale[0].start != service.rationale[0].start:
            first = service.rationale[0]
            yield on_service(
                service,
                Place(earlier.rationale[0].start, earlier.rationale[-1].end, "earlier rationale"),
                Place(first.start, service.rationale[-1].end, "rationale"),
            )
        seen.setdefault(text, service)


def _other_service_named(
    view: LetterView, service: schema.Service, text: str, unless: frozenset[str] = frozenset()
) -> bool:
    """Whether a sentence is about another service of the letter, which a shared rationale may do.

    Words of ``unless`` name no service.
    """
    if len(view.letter.services) == 1:
        return False
    own = name_words(view.text_of(service), service.procedure) | unless
    return any(word in view.request_words and word not in own for word in split(text.lower()))


@lru_cache(maxsize=2048)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(body_parts(text))


def _side(part: str) -> str | None:
    first = part.split(" ", 1)[0]
    return first if first in ("left", "right", "bilateral") else None


def _without_side(part: str) -> str:
    side = _side(part)
    name = part[len(side) + 1 :] if side else part
    return name.removesuffix("s")


def _related(one: str, other: str, groups: list[list[str]]) -> bool:
    """Whether two parts may be one region: one name holds the other, or a group of the rule holds both."""
    if one in other or other in one:
        return True
    return any(one in group and other in group for group in groups)


@lru_cache(maxsize=8)
def _words_of(words: Iterable[str]) -> re.Pattern[str]:
    return compile_pattern(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
