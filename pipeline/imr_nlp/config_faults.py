"""Faults of configuration files: the place, the reason and the fix, from the models of `config_models`."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatch
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from imr_nlp.config_models import MODELS

_MAX_LENGTH = 60  # characters of a value that a message quotes


class Fault(NamedTuple):
    """What is wrong in a file.

    Attributes:
        place: Keys and list positions (from 0) that lead to the fault.
        reason: The reason and the fix.
    """

    place: tuple[str | int, ...]
    reason: str


def find_fault(data: Any, kind: str, *, patterns: bool = True) -> Fault | None:
    """Return the first fault of a file's content, or None.

    Args:
        data: The content, as YAML gives it.
        kind: Name of the shipped file of that kind, such as ``"quantities.yml"``.
        patterns: Whether to compile the regular expressions.

    Returns:
        The fault; None if there is none, or if no model is known for the kind.

    >>> find_fault({"worker_mib": 400, "letter_mib": 3000, "waiting_mib": 256, "silense": 9}, "run.yml")
    Fault(place=('silense',), reason='unknown key "silense"; did you mean "silence"?')
    """
    name = next((name for name in MODELS if fnmatch(kind, name)), None)
    return fault_of(data, _adapter(name), patterns=patterns) if name is not None else None


def fault_of(data: Any, model: TypeAdapter[Any], *, patterns: bool = True) -> Fault | None:
    """Return the first fault of a value by its model, or None.

    Args:
        data: The value, as YAML gives it.
        model: The type that it must have.
        patterns: Whether to compile the regular expressions.

    >>> fault_of({"sessions": "six"}, TypeAdapter(dict[str, int]))
    Fault(place=('sessions',), reason='must be a valid integer, unable to parse string as an integer, not str')
    """
    try:
        model.validate_python(data, context={"patterns": True} if patterns else None)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        # A misspelt key is both unknown and missing; the first says more. Of a union, the deepest member counts.
        first = max(faults, key=lambda fault: (fault["type"] == "extra_forbidden", _depth(data, fault["loc"])))
        return Fault(_place(data, first["loc"], first["type"]), _reason(first, model))
    return None


@lru_cache(maxsize=64)
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(MODELS[name])


def _depth(data: Any, loc: tuple[str | int, ...]) -> int:
    return len(_place(data, loc, ""))


def _place(data: Any, loc: tuple[str | int, ...], kind: str) -> tuple[str | int, ...]:
    """Return the part of pydantic's location that leads through the data: it names members of unions too."""
    place: list[str | int] = []
    for step in loc:
        inside = step in data if isinstance(data, dict) else isinstance(step, int) and isinstance(data, list)
        if inside:
            data = data[step]
        elif not (kind == "missing" and step == loc[-1]):
            continue
        place.append(step)
    return tuple(place)


def _reason(fault: Any, model: TypeAdapter[Any]) -> str:
    key, kind, value = str(fault["loc"][-1] if fault["loc"] else ""), fault["type"], fault.get("input")
    if kind == "missing":
        return f'the key "{key}" is missing; add it'
    if kind == "extra_forbidden":
        close = get_close_matches(key, _keys(model), n=1)
        return f'unknown key "{_shown(key)}"; ' + (f'did you mean "{close[0]}"?' if close else "remove it")
    if isinstance(value, bool):
        return 'true or false where a word or number belongs; put yes, no, on and off in quotes ("no")'
    if kind == "string_type" and isinstance(value, int | float):
        return f'a number where a word belongs; put it in quotes ("{value}")'
    if kind == "literal_error":
        return f'"{_shown(value)}" is not known; use {fault["ctx"]["expected"]}'
    if kind == "string_pattern_mismatch":
        return f'"{_shown(value)}" does not have the form {fault["ctx"]["pattern"]}'
    message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message = message.replace("dictionary", "mapping (key: value)").replace("or instance of", "or")
    if "a valid" in message:
        message += f", not {'empty' if value is None else type(value).__name__}"
    return message[0].lower() + message[1:]


def _shown(value: Any) -> str:
    return "".join(sign for sign in str(value)[:_MAX_LENGTH] if sign.isprintable())


@lru_cache(maxsize=64)
def _keys(model: TypeAdapter[Any]) -> tuple[str, ...]:
    """Return all keys that a value of a model can have, at any depth."""
    found: dict[str, None] = {}

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                found.update(dict.fromkeys(properties))
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    walk(model.json_schema())
    return tuple(found)
