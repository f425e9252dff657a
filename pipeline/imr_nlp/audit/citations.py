"""Checks of what each party cites, and of the limits that a rationale quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from imr_nlp.audit.view import Finding, LetterView, Place, compiled, on_service
from imr_nlp.records import schema

#: Earlier sessions count too, so that a small request may exceed a limit. "Not in excess" exceeds nothing.
_EARLIER = re.compile(r"\b(?:not|additional|prior|previous|already|completed|in addition|together|total|initial)\b")


def cited_formally(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find rationales that rely on an authority which the reviewer's formal sentence does not name.

    Settings: ``authorities`` that are looked for; ``parts``, the authorities that another one holds (the MTUS adopted
    the ACOEM chapters); ``unless``, words that say that a guideline has nothing on the request.
    """
    unless = compiled(settings["unless"])
    for service in view.letter.services:
        formal = [citation for citation in service.citations if citation.party == "reviewer"]
        if not formal:
            continue
        cited = {authority for citation in formal for authority in _authorities(citation.authority)}
        cited |= {word for citation in formal for word in settings["authorities"] if word in (citation.title or "")}
        cited |= {part for authority in cited for part in settings["parts"].get(authority, ())}
        for sentence in view.sentences(service, "guideline", "conclusion", "gap"):
            if unless.search(view.text_of(sentence)):
                continue
            mention = next(
                (
                    entity
                    for entity in view.entities_in(sentence.start, sentence.end)
                    if entity.label == "GUIDELINE"
                    and (named := _authorities(entity.authority or "") & set(settings["authorities"]))
                    and not named & cited
                ),
                None,
            )
            if mention:
                yield on_service(service, Place(mention.start, mention.end, "guideline in the rationale"))
                break


def no_guideline(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find decisions for which the reviewer cites no guideline, neither formally nor in the rationale.

    Settings: ``mentions``, words of a rationale that relies on a guideline or on literature; ``unless``, words of one
    or of a request that depends on the decision on another service; ``sure``, the least score of a sentence with the
    role of a guideline that names none: general knowledge has that role too.
    """
    mentions, unless, sure = compiled(settings["mentions"]), compiled(settings["unless"]), settings["sure"]
    for service in view.letter.services:
        formal = [citation for citation in service.citations if citation.party == "reviewer"]
        if not service.rationale or any(citation.authority != "none" for citation in formal):
            continue
        if unless.search(view.text_of(service)):
            continue
        if any(
            (sentence.role == "guideline" and sentence.score >= sure)
            or mentions.search(view.text_of(sentence))
            or unless.search(view.text_of(sentence))
            or any(one.label == "GUIDELINE" for one in view.entities_in(sentence.start, sentence.end))
            for sentence in service.rationale
        ):
            continue
        yield on_service(
            service,
            *(Place(citation.start, citation.end, "citation of the reviewer") for citation in formal),
            *(Place(sentence.start, sentence.end, "rationale") for sentence in service.rationale),
        )


def _authorities(authority: str) -> set[str]:
    """Return the authorities of a citation or mention: "MTUS+ACOEM" is both."""
    return set(authority.replace("/", "+").split("+"))


def citation_repeated(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find reviewers' citations that are the claims administrator's, from ``shortest`` characters on."""
    for service in view.letter.services:
        theirs = {view.text_of(citation): citation for citation in service.citations if citation.party != "reviewer"}
        for citation in service.citations:
            text = view.text_of(citation)
            if citation.party == "reviewer" and len(text) >= settings["shortest"] and text in theirs:
                other = theirs[text]
                yield on_service(
                    service,
                    Place(other.start, other.end, "citation of the claims administrator"),
                    Place(citation.start, citation.end, "citation of the reviewer"),
                )
                break


def limits(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find requests whose amount does not fit a quoted limit and the decision.

    With ``decision: overturned`` it finds requests above the limit, with ``upheld`` requests that do not reach a limit
    which a sentence says is exceeded.
    """
    for service in view.letter.services:
        amount = service.requested
        if service.decision != settings["decision"] or amount is None:
            continue
        quoted = [limit for limit in service.limits if _unit(limit.unit) == _unit(amount.unit)]
        if not quoted:
            continue
        places = [Place(limit.start, limit.end, "quoted limit") for limit in quoted]
        if settings["decision"] == "overturned":
            if amount.min > max(limit.max for limit in quoted):
                yield on_service(service, *places)
        elif amount.max < min(limit.min for limit in quoted) and (said := _says_exceeded(view, service)):
            yield on_service(service, *places, said)


def _unit(unit: str | None) -> str:
    """Return a unit under which sessions, visits and treatments are one."""
    return "session" if unit in schema.SESSION_UNITS else str(unit)


def _says_exceeded(view: LetterView, service: schema.Service) -> Place | None:
    """Return the conclusion or gap that says that this request alone exceeds a limit."""
    for sentence in view.sentences(service, "conclusion", "gap"):
        text = view.text_of(sentence).lower()
        if "exceed" in text and not _EARLIER.search(text):
            return Place(sentence.start, sentence.end, "conclusion")
    return None
