"""Letter layouts as data: how each is recognised and how its disputed services are laid out.

A layout is a file in ``configs/layout/``; ``sections.yml`` holds the headings of all of them and ``decisions.yml``
the words in which they decide. The next layout needs a file, not code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from imr_nlp.config import ConfigError, list_files, read_yaml

UNKNOWN = "unknown"


def compiled(pattern: str, where: str) -> re.Pattern[str]:
    """Compile a pattern of a configuration file, in any case. Raises ConfigError that says where it stands."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"{where}: {pattern!r} is not a regular expression: {error}") from error


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    ``markers`` are phrases (lower case) that only it has; ``services`` is its ``services:`` block, with every pattern
    compiled.
    """

    id: str
    name: str
    markers: tuple[str, ...]
    services: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """Wordings of one section category; ``layouts`` empty means that they serve every layout."""

    category: str
    wordings: tuple[str, ...]
    accept: frozenset[str]
    layouts: frozenset[str]
    body: str  # "after" the heading, or "whole": the heading's words are part of the section's text


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of medical necessity and the decision that it implies."""

    id: str
    decision: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Decisions:
    """``decisions.yml``, compiled."""

    words: dict[str, str]
    statements: tuple[Statement, ...]
    splits: tuple[tuple[str, re.Pattern[str]], ...]
    split_cues: re.Pattern[str]
    lead_in: re.Pattern[str]
    trailing: re.Pattern[str]

    def stated(self, text: str) -> tuple[Statement, re.Match[str]] | None:
        """Return the last statement of medical necessity in ``text`` (of two at one place, the first listed).

        >>> found = load_decisions().stated("The MRI is not medically necessary.")
        >>> found[0].decision
        'upheld'
        """
        best: tuple[Statement, re.Match[str]] | None = None
        for statement in self.statements:
            for match in statement.pattern.finditer(text):
                if best is None or match.start() > best[1].end():
                    best = (statement, match)
        return best


def load_layouts(path: str = "layout") -> list[Layout]:
    """Read every layout file ``N-name.yml`` in ``configs/<path>``, in the order of their names.

    >>> [layout.id for layout in load_layouts()][-1]
    'unknown'
    """
    layouts = []
    for file in list_files(path, "[0-9]-*.yml"):
        data = read_yaml(file)
        markers = tuple(marker.lower() for marker in data.get("markers") or [])
        layouts.append(Layout(data["id"], data["name"], markers, _services(data.get("services") or {}, file)))
    return layouts


def _services(block: dict[str, Any], where: str) -> dict[str, Any]:
    out = dict(block)
    for key in ("cue", "decides"):
        if key in out:
            out[key] = compiled(out[key], where)
    for key in ("headings", "decisions"):
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
        for entry in read_yaml(path)
    ]


def load_decisions(path: str = "layout/decisions.yml") -> Decisions:
    """Read the words in which letters decide."""
    data = read_yaml(path)
    splits = tuple((e["id"], compiled(e["pattern"], path)) for e in data["splits"])
    statements = tuple(Statement(e["id"], e["decision"], compiled(e["pattern"], path)) for e in data["statements"])
    cues = "|".join(re.escape(cue) for cue in data["split_cues"])
    single = {key: compiled(data[key], path) for key in ("lead_in", "trailing")}
    return Decisions(data["words"], statements, splits, split_cues=compiled(cues, path), **single)


def recognise(layouts: list[Layout], text: str) -> Layout:
    """Return the layout with the most of its markers in ``text``; the last one (unknown) where none has any."""
    lower = text.lower()
    hits = [sum(marker in lower for marker in layout.markers) for layout in layouts]
    best = max(range(len(layouts)), key=lambda i: (hits[i], -i))
    return layouts[best] if hits[best] else layouts[-1]
