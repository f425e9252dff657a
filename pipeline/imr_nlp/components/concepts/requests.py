"""What one disputed service asks for, as concepts and amounts, and which diagnoses the letter gives for it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from imr_nlp.concepts.amounts import Amount, amount_of, days_supply, granted_amount, implied_amount
from imr_nlp.concepts.body_regions import body_regions
from imr_nlp.concepts.catalogue import Concept
from imr_nlp.concepts.drugs import compound_parts, drugs
from imr_nlp.concepts.procedures import procedures
from imr_nlp.concepts.services import procedure_name
from imr_nlp.doc.spans import SpanValues
from imr_nlp.text.numbers import plain

PHARMACEUTICAL = "pharmaceutical"
_TREATMENTS = ("PROCEDURE", "MEDICATION")
_SEPARATE = re.compile(r"(?:\band\b|\bplus\b|\bwith\b|[,;&+]|\bor\b)", re.IGNORECASE)
_PRESENT = ("affirmed", "possible")
_REVIEWED = ("case_summary",)


def request_concepts(service: SpanValues, text: str, begin: int, inside: Sequence[SpanValues]) -> None:
    """Add to a service what it asks for.

    Args:
        service: The service; its facts are added to.
        text: The letter.
        begin: Where the service's heading starts.
        inside: The entities from there to the service's end.
    """
    attrs = service.attrs
    start, end = attrs["start"], attrs["end"]
    request = text[start:end]
    own = [one for one in inside if one.attrs["start"] >= start and one.attrs["end"] <= end]
    attrs["procedures"] = _procedures(attrs, own, request)
    found = _concepts(attrs, own)
    if found:
        attrs["concepts"] = found
    regions = [region for part in attrs.get("body_parts") or () if (region := body_regions().region(part))]
    if regions:
        attrs["body_regions"] = list(dict.fromkeys(regions))
    _amounts(service, text, begin, inside, own)
    if attrs.get("category") == PHARMACEUTICAL:
        _drug(attrs, request)


def _procedures(attrs: dict[str, Any], own: Sequence[SpanValues], request: str) -> list[str]:
    """Return the names of all that is asked for, the service's own first.

    Two names are two procedures where a word such as "and" stands between them.
    """
    first = attrs.get("procedure")
    named = [one for one in own if one.label_ in _TREATMENTS]
    groups: list[list[SpanValues]] = []
    for one in named:
        after = groups[-1][-1].attrs["end"] if groups else one.attrs["start"]
        between = request[after - attrs["start"] : one.attrs["start"] - attrs["start"]]
        if groups and not _SEPARATE.search(between):
            groups[-1].append(one)
        else:
            groups.append([one])
    names = [name for group in groups if (name := procedure_name([(one.label_, one.attrs) for one in group]))]
    if not first:
        return list(dict.fromkeys(names))
    words = set(first.split())
    own_parts = set(re.split(r"[/\s]", first))
    others = [
        name for name in names
        if name != first and not (set(name.split()) <= words) and not (set(re.split(r"[/\s]", name)) <= own_parts)
        and procedures().of(name).id != procedures().of(first).id
    ]  # fmt: skip
    return list(dict.fromkeys([first, *others]))


def _concepts(attrs: dict[str, Any], own: Sequence[SpanValues]) -> list[Concept]:
    found: dict[tuple[str, str], Concept] = {}
    if attrs.get("category") == PHARMACEUTICAL or not attrs["procedures"]:
        names = [str(one.attrs.get("canonical")) for one in own if one.label_ == "MEDICATION"] or attrs["procedures"]
        every = [one for name in names for one in drugs().of(name).concepts()]
    else:
        every = [
            one
            for name in attrs["procedures"]
            for part in procedures().parts_of(name, attrs.get("category"))
            for one in part.concepts()
        ]
    for one in every:
        found.setdefault((one["system"], one["code"]), one)
    return list(found.values())


def _amounts(
    service: SpanValues, text: str, begin: int, inside: Sequence[SpanValues], own: Sequence[SpanValues]
) -> None:
    """Add the amounts: requested at first, authorized before the review, and granted by it."""
    attrs = service.attrs
    at_issue = amount_of(one.attrs for one in own if one.label_ == "SESSION_COUNT") or implied_amount(attrs)
    if at_issue is None and attrs.get("category") == PHARMACEUTICAL:
        at_issue = _measured(text[attrs["start"] : attrs["end"]])
    requested = at_issue
    if original := attrs.get("original_request"):
        requested = _amount_in(original, text, begin, attrs["end"], inside) or at_issue
    if authorized := attrs.get("authorized"):
        attrs["authorized_before"] = _amount_in(authorized, text, begin, attrs["end"], inside)
    if requested is not None:
        attrs["requested"] = requested
    if attrs.get("granted") is None and (granted := granted_amount(service.label_, at_issue)):
        attrs["granted"] = granted


def _measured(request: str) -> Amount | None:
    measure = drugs().measure_of(request)
    if measure is None:
        return None
    number, unit = measure
    return {"min": plain(number), "max": plain(number), "unit": unit}


def _amount_in(portion: str, text: str, begin: int, end: int, inside: Sequence[SpanValues]) -> Amount | None:
    start = text.find(portion, begin, end)
    if start < 0:
        return None
    within = [one for one in inside if start <= one.attrs["start"] and one.attrs["end"] <= start + len(portion)]
    return amount_of(one.attrs for one in within if one.label_ == "SESSION_COUNT")


def _drug(attrs: dict[str, Any], request: str) -> None:
    if (days := days_supply(request)) is not None:
        attrs["days_supply"] = days
    if form := drugs().form_of(request):
        attrs["form"] = form
    if parts := compound_parts(request):
        attrs["compound"] = parts


def services_diagnoses(
    services: Sequence[SpanValues],
    entities: Sequence[SpanValues],
    sections: Sequence[SpanValues],
    rationale: Sequence[SpanValues],
) -> None:
    """Add to each service the ids of the diagnoses that the letter gives for it.

    A diagnosis is given for a service where the service's own rationale names it as present, or where the case summary
    does and it lies in a region of the body that the service is for. The only service of a letter, if it names no part
    of the body, is given all that the summary names as present.
    """
    present = [
        (one.attrs["start"], number, one.attrs.get("body_region"))
        for number, one in enumerate(entities)
        if one.label_ == "DIAGNOSIS" and one.attrs.get("assertion") in _PRESENT
    ]
    if not present or not services:
        return
    starts = [start for start, _, _ in present]

    def between(begin: int, end: int) -> list[tuple[int, int, str | None]]:
        return present[bisect_left(starts, begin) : bisect_left(starts, end)]

    told: dict[str | None, list[int]] = defaultdict(list)  # numbers by region of the body
    for section in sections:
        if section.label_ in _REVIEWED:
            for _, number, region in between(section.attrs["start"], section.attrs["end"]):
                told[region].append(number)
    own: dict[int | None, list[int]] = defaultdict(list)  # numbers by service
    for sentence in rationale:
        found = between(sentence.attrs["start"], sentence.attrs["end"])
        own[sentence.attrs.get("service")] += (number for _, number, _ in found)
    for service in services:
        regions = service.attrs.get("body_regions") or (told if len(services) == 1 else ())
        numbers = {*own[service.attrs.get("service")], *(number for region in regions for number in told[region])}
        if numbers:
            service.attrs["diagnoses"] = [entities[number].id_ for number in sorted(numbers)]
