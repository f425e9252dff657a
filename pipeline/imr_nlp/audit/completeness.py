"""What a person should look at in a record: the warnings. Messages never carry text of the letter."""

from __future__ import annotations

from collections.abc import Iterator

from imr_nlp.records import schema as records


def warnings_of(letter: records.Letter) -> list[records.Warning]:
    """Return the warnings on a record, in the order of its parts."""
    return [*_on_letter(letter), *(warning for service in letter.services for warning in _on_service(service))]


def _on_letter(letter: records.Letter) -> Iterator[records.Warning]:
    if letter.source.layout == "unknown":
        yield records.Warning(code="layout_unknown", message="no known layout of IMR letters was recognised")
    if not letter.services:
        yield records.Warning(code="no_service", message="no disputed service was found; is this an IMR letter?")
    if letter.case.case_number is None:
        yield records.Warning(code="no_case_number", message="no case number was found")


def _on_service(service: records.Service) -> Iterator[records.Warning]:
    at = {"start": service.start, "end": service.end}
    if service.decision is None:
        yield records.Warning(code="no_decision", message=f"{service.id}: no decision was found", **at)
    if not service.rationale:
        yield records.Warning(code="no_rationale", message=f"{service.id}: no rationale was found", **at)
    for party in ("claims_administrator", "reviewer"):
        if not any(citation.party == party for citation in service.citations):
            words = party.replace("_", " ")
            yield records.Warning(code=f"no_{party}_guideline", message=f"{service.id}: no {words} guideline", **at)
    if service.category == "other":
        yield records.Warning(code="category_other", message=f"{service.id}: no category fits the request", **at)
