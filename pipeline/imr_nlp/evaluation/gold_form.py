"""The part of the form of gold on which comparisons rely. Gold may hold more (annotations/README.md)."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

_Offset = Annotated[int, Field(ge=0, strict=True)]
_Facts = dict[str, Any]


class _Entity(TypedDict):
    label: str
    start: _Offset
    end: _Offset


class _Citation(TypedDict):
    party: str
    authority: str


class _Sentence(TypedDict):
    role: str
    start: _Offset
    end: _Offset


class _Service(TypedDict):
    start: _Offset
    end: _Offset
    citations: NotRequired[list[_Citation] | None]
    rationale: NotRequired[list[_Sentence] | None]
    body_parts: NotRequired[list[str] | None]


class _Gold(TypedDict):
    name: str
    file: NotRequired[str | None]
    sha256: NotRequired[str]
    case: NotRequired[_Facts | None]
    patient: NotRequired[_Facts | None]
    reviewer: NotRequired[_Facts | None]
    entities: list[_Entity]
    services: list[_Service]
    rationale: NotRequired[list[_Sentence] | None]  # where no services are marked


_GOLD = TypeAdapter(_Gold)


def fault_of(record: Any) -> str | None:
    """Return why a record is no gold record: the field and the reason, without its value; None where it is one.

    >>> fault_of({"name": "a", "entities": 5, "services": []})
    'entities: Input should be a valid list'
    """
    try:
        _GOLD.validate_python(record)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, fault['loc']))[:160]}: {fault['msg']}"
    return None
