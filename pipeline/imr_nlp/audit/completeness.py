"""Checks of a record alone: what is missing, and values that a rule names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any

from imr_nlp.audit.view import Finding, LetterView, Place, compiled, on_service
from imr_nlp.records import schema

Check = Callable[[LetterView, dict[str, Any]], Iterator[Finding]]


def missing(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find a value that the record does not have.

    Args:
        view: The record and its text.
        settings: ``value`` is ``layout``, ``services``, a field of the letter (``case.case_number``), a field of each
            service (``service.decision``), or ``service.citations.PARTY``.

    Yields:
        One finding for the letter, or one for each service.
    """
    wanted = str(settings["value"])
    if wanted.startswith("service."):
        for service in view.letter.services:
            if not _of_service(service, wanted.removeprefix("service.")):
                yield on_service(service)
    elif wanted == "layout":
        if view.letter.source.layout == "unknown":
            yield Finding(None, (), {})
    elif not field(view.letter, wanted):
        yield Finding(None, (), {})


def no_role(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find rationales without a sentence of the role ``role``."""
    for service in view.letter.services:
        if service.rationale and not any(sentence.role == settings["role"] for sentence in service.rationale):
            yield on_service(service)


def heading_again(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find that a heading, which each service has once, stands in the letter more often than there are services.

    Where the heading of a service is lost, its reasons stand under the service before.

    Args:
        view: The record and its text.
        settings: ``pattern`` of the heading.

    Yields:
        One finding at most, with the first place that has such a heading too many.
    """
    headings = [found.span() for found in compiled(settings["pattern"]).finditer(view.text)]
    starts = sorted(service.start for service in view.letter.services)
    if starts and len(headings) > len(starts):
        above = [bisect_right(starts, start) for start, _ in headings]
        place = next(place for n, place in enumerate(headings) if not above[n] or above[n] in above[:n])
        yield Finding(None, (Place(*place, "heading"),), {})


def value(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find a field that has the value ``is``, or is a number above ``above`` or below ``below``.

    ``field`` is a field of the letter (``patient.age``) or of each service (``service.sessions``).
    """
    name = str(settings["field"])
    if name.startswith("service."):
        for service in view.letter.services:
            if _meets(field(service, name.removeprefix("service.")), settings):
                yield on_service(service)
    elif _meets(field(view.letter, name), settings):
        yield Finding(None, (), {})


def field(part: schema.Part, path: str) -> Any:
    """Return a field by its dotted path; None where a part on the way is absent.

    >>> field(schema.Frequency(min=1, max=2, per="week"), "max")
    2
    """
    found: Any = part
    for name in path.split("."):
        if found is None:
            return None
        found = getattr(found, name)
    return found


def _of_service(service: schema.Service, name: str) -> Any:
    if name.startswith("citations."):
        party = name.removeprefix("citations.")
        return any(citation.party == party for citation in service.citations)
    return field(service, name)


def _meets(found: Any, settings: dict[str, Any]) -> bool:
    if "is" in settings:
        return bool(found == settings["is"])
    if not isinstance(found, int | float):
        return False
    return bool(found > settings.get("above", float("inf")) or found < settings.get("below", float("-inf")))
