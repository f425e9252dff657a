"""Fields of a record by their dotted paths, as audit rules name them: ``case.case_number``, ``service.count``."""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from imr_nlp.records import schema

#: What a path begins with where it is a field of each service.
SERVICE = "service."


def type_of(path: str) -> Any:
    """Return the type of a field.

    Args:
        path: A field of the letter, or of each service with ``service.`` before it.

    Raises:
        ValueError: There is no such field. The message lists those that there are.

    >>> type_of("patient.age")
    int | None
    >>> type_of("service.foo")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: service has no field "foo"; it has start, end, ...
    """
    part: type[BaseModel] = schema.Service if path.startswith(SERVICE) else schema.Letter
    steps = path.removeprefix(SERVICE).split(".")
    at = "service" if path.startswith(SERVICE) else "a letter"
    found: Any = part
    for step in steps:
        model = _model_of(found)
        if model is None:
            raise ValueError(f"{at} has no fields of its own; name {at} itself")
        if step not in model.model_fields:
            raise ValueError(f'{at} has no field "{step[:60]}"; it has {", ".join(model.model_fields)}')
        found, at = model.model_fields[step].annotation, step
    return found


def is_number(path: str) -> bool:
    """Tell whether a field holds a number.

    >>> is_number("service.count"), is_number("service.text")
    (True, False)
    """
    return any(one in (int, float) for one in _members(type_of(path)))


def _members(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union; one type alone is its only member."""
    if get_origin(kind) in (Union, UnionType):
        return tuple(member for one in get_args(kind) for member in _members(one))
    return (kind,)


def _model_of(kind: Any) -> type[BaseModel] | None:
    """Return the part of a record that a type is, or may be; lists have no fields."""
    return next((one for one in _members(kind) if isinstance(one, type) and issubclass(one, BaseModel)), None)
