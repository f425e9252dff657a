"""What a person should look at in a record: the warnings. Messages never carry text of the letter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from imr_nlp.config import folder, read_yaml
from imr_nlp.records import schema as records

_ALL = frozenset({"case_number", "claims_administrator_guideline", "reviewer_guideline", "rationale"})


def warnings_of(letter: records.Letter) -> list[records.Warning]:
    """Return the warnings on a record, in the order of its parts.

    Args:
        letter: The record; its layout tells which parts it should have.

    Returns:
        The warnings.
    """
    expected = expected_parts().get(letter.source.layout, _ALL)
    services = (warning for service in letter.services for warning in _on_service(service, expected))
    return [*_on_letter(letter, expected), *services]


@lru_cache(maxsize=1)
def expected_parts() -> dict[str, frozenset[str]]:
    """Return the parts that a letter of each layout should have (``expects`` of its file), by the layout's id.

    >>> sorted(expected_parts()["findings"])
    ['rationale']
    """
    files = sorted((folder("configs") / "layout").glob("[0-9]*-*.yml"))
    return {data["id"]: frozenset(data.get("expects", _ALL)) for data in map(read_yaml, files)}


def contradicts(service: records.Service) -> bool:
    """Return whether the places that decide on a service contradict each other.

    Args:
        service: The service with its evidence.

    Returns:
        False where the parts of a modified decision differ.
    """
    found = {evidence.decision for evidence in service.decision_evidence}
    return len(found) > 1 and service.decision != "modified"


def _on_letter(letter: records.Letter, expected: frozenset[str]) -> Iterator[records.Warning]:
    if letter.source.layout == "unknown":
        yield records.Warning(code="layout_unknown", message="no known layout of IMR letters was recognised")
    if not letter.services:
        yield records.Warning(code="no_service", message="no disputed service was found; is this an IMR letter?")
    if letter.case.case_number is None and "case_number" in expected:
        yield records.Warning(code="no_case_number", message="no case number was found")


def _on_service(service: records.Service, expected: frozenset[str]) -> Iterator[records.Warning]:
    at = {"start": service.start, "end": service.end}
    if service.decision is None:
        yield records.Warning(code="no_decision", message=f"{service.id}: no decision was found", **at)
    if contradicts(service):
        message = f"{service.id}: the letter's decisions on it contradict each other"
        yield records.Warning(code="decision_conflict", message=message, **at)
    if not service.rationale and "rationale" in expected:
        yield records.Warning(code="no_rationale", message=f"{service.id}: no rationale was found", **at)
    for party in ("claims_administrator", "reviewer"):
        cited = any(citation.party == party for citation in service.citations)
        if not cited and f"{party}_guideline" in expected:
            words = party.replace("_", " ")
            yield records.Warning(code=f"no_{party}_guideline", message=f"{service.id}: no {words} guideline", **at)
    if service.category == "other":
        yield records.Warning(code="category_other", message=f"{service.id}: no category fits the request", **at)
