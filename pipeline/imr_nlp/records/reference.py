"""The page that lists every field of a record, made from the models: ``python -m imr_nlp.records.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from imr_nlp.records.schema import SCHEMA_VERSION, Letter

_HEAD = f"""\
# The record

One letter becomes one record: a line of `letters.jsonl`, or an `imr_nlp.Letter`.
This is schema version {SCHEMA_VERSION}. `imr-nlp schema` prints the same as JSON Schema.

Every `start` and `end` is a character offset into the letter's text exactly as it was decoded. `text[start:end]` cuts
out what was found. What a letter does not say is null or an empty list. `letters.jsonl`
leaves out what is null.

This page is made from the models by `python -m imr_nlp.records.reference`.
"""


def page() -> str:
    """Return the page as Markdown: a section for each part of a record, a row for each field.

    >>> page().splitlines()[0]
    '# The record'
    """
    schema = Letter.model_json_schema()
    parts: dict[str, Any] = schema.pop("$defs")
    sections = [_HEAD, *_section("Letter", schema, parts)]
    for name in _in_order(schema, parts):
        sections += _section(name, parts[name], parts)
    return "\n".join(sections)


def _in_order(schema: dict[str, Any], parts: dict[str, Any]) -> list[str]:
    """Return the names of all parts, each after the first part that uses it."""
    order: list[str] = []
    waiting = list(_used(schema))
    while waiting:
        name = waiting.pop(0)
        if name not in order and "properties" in parts[name]:
            order.append(name)
            waiting = [*_used(parts[name]), *waiting]
    return order


def _used(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _used(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _used(inner)


def _section(name: str, schema: dict[str, Any], parts: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{' '.join(schema.get('description', '').replace('``', '`').split())}\n"
    yield "| field | type | meaning |\n|---|---|---|"
    required = schema.get("required", [])
    for field, value in schema["properties"].items():
        meaning = value.get("description", "").replace("|", "\\|").replace("``", "`")
        needed = "" if field in required or not _optional(value) else " or null"
        yield f"| `{field}` | {_type(value, parts)}{needed} | {meaning} |"
    yield ""


def _optional(value: dict[str, Any]) -> bool:
    return any(one.get("type") == "null" for one in value.get("anyOf", ()))


def _type(value: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return the type of a field: a link to its part, the values that it may have, or a plain name."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        if "properties" in parts[name]:
            return f"[{name}](#{name.lower()})"
        return _type(parts[name], parts)
    if "anyOf" in value:
        kinds = [_type(one, parts) for one in value["anyOf"] if one.get("type") != "null"]
        return "number" if set(kinds) == {"integer", "number"} else " or ".join(dict.fromkeys(kinds))
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if value.get("type") == "array":
        return f"list of {_type(value['items'], parts)}"
    if "minimum" in value and "maximum" in value:
        return f"{value['type']} from {value['minimum']} to {value['maximum']}"
    return str(value.get("type", "any"))


def main() -> None:
    """Print the page."""
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
