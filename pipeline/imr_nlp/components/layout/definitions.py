"""Letter layouts as data: how each is recognised and how its disputed services are laid out.

A layout is a file in ``configs/layout/``; ``sections.yml`` holds the headings of all of them and ``decisions.yml``
the words in which they decide. The next layout needs a file, not code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from imr_nlp.config import ConfigError, list_files, read_yaml
from imr_nlp.text.compiled import compile_pattern

UNKNOWN = "unknown"


def compiled(pattern: str, where: str) -> re.Pattern[str]:
    """Compile a pattern of a configuration file, in any case. Raises ConfigError that says where it stands."""
    try:
        return compile_pattern(pattern, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"{where}: {pattern!r} is not a regular expression: {error}") from error


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    Attributes:
        id: Name in the record.
        name: Name for people.
        markers: Phrases in lower case that only it has.
        services: Its ``services:`` block, with every pattern compiled.
        minimum: How many of its markers a letter must have.
        decisive: Markers of which one is enough.
    """

    id: str
    name: str
    markers: tuple[str, ...]
    services: dict[str, Any] = field(default_factory=dict)
    minimum: int = 1
    decisive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """Wordings of one section category; ``layouts`` empty means that they serve every layout."""

    category: str
    wordings: tuple[str, ...]
    accept: frozenset[str]
    layouts: frozenset[str]
    body: str  # "after" the heading, or "whole": the heading's words are part of the section's text


def load_layouts(path: str = "layout") -> list[Layout]:
    """Read every layout file ``N-name.yml`` in ``configs/<path>``, in the order of their names.

    >>> [layout.id for layout in load_layouts()][-1]
    'unknown'
    """
    layouts = []
    for file in list_files(path, "[0-9]*-*.yml"):
        data = read_yaml(file, "layout/1-own.yml")
        markers = tuple(marker.lower() for marker in data.get("markers") or [])
        services = _services(data.get("services") or {}, file)
        layouts.append(
            Layout(
                data["id"], data["name"], markers, services, data.get("minimum", 1), tuple(data.get("decisive") or ())
            )
        )
    return layouts


def _services(block: dict[str, Any], where: str) -> dict[str, Any]:
    out = dict(block)
    for key in ("cue", "decides", "entry"):
        if key in out:
            out[key] = compiled(out[key], where)
    if "items" in out:
        out["items"] = [compiled(pattern, where) for pattern in out["items"]]
    for key in ("headings", "labels"):
        if key in out:
            out[key] = [{**entry, "pattern": compiled(entry["pattern"], where)} for entry in out[key]]
    return out


def load_headings(path: str = "layout/sections.yml") -> list[Heading]:
    """Read the section headings of all layouts."""
    return [
        Heading(
            entry["category"],
            tuple(entry["headings"]),
            frozenset(entry.get("accept") or ["upper", "colon", "own_line"]),
            frozenset(entry.get("layouts") or []),
            entry.get("body", "after"),
        )
        for entry in read_yaml(path, "layout/sections.yml")
    ]


def recognise(layouts: list[Layout], text: str) -> Layout:
    """Return the layout with the most of its markers in ``text``; the last one (unknown) where none has any."""
    lower = text.lower()
    found = [
        sum(marker in lower for marker in layout.markers)
        + layout.minimum * sum(marker in lower for marker in layout.decisive)
        for layout in layouts
    ]
    hits = [count if count >= layout.minimum else 0 for count, layout in zip(found, layouts, strict=True)]
    best = max(range(len(layouts)), key=lambda i: (hits[i], -i))
    return layouts[best] if hits[best] else layouts[-1]
