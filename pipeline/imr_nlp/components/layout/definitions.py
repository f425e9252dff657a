"""Letter layouts as data: how each is recognised and how its disputed services are laid out.

A layout is a file in ``configs/layout/``; ``sections.yml`` holds the headings of all of them and ``decisions.yml``
the words in which they decide. The next layout needs a file, not code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imr_nlp.config import ConfigError, list_files, read_yaml
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.quotes import in_quotation

UNKNOWN = "unknown"
_GLUED = 14  # letters of a marker that is known without its blanks
_QUOTED = 300  # characters on either side of a place in which a quotation that holds it begins and ends


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
        tells: What shows a document that only looks like a letter; None where the markers tell.
    """

    id: str
    name: str
    markers: tuple[str, ...]
    services: dict[str, Any] = field(default_factory=dict)
    minimum: int = 1
    decisive: tuple[str, ...] = ()
    tells: Tells | None = None

    def hits(self, lower: str, *, glued: bool = False) -> int:
        """Return how many markers a letter in lower case has; none where they are fewer than it must have.

        Where it is ``glued``, the letter is given without its blanks, in which short markers are found by chance.
        """
        known = [self.markers, self.decisive]
        if glued:
            known = [tuple(j for m in markers if len(j := m.replace(" ", "")) >= _GLUED) for markers in known]
        markers, decisive = (sum(marker in lower for marker in one) for one in known)
        count = markers + self.minimum * decisive
        return count if count >= self.minimum else 0


@dataclass(frozen=True, slots=True)
class Tells:
    """What shows that a document is none of the letters, such as utilization review or an appeal.

    Attributes:
        unless: Markers of another layout from which the document is taken for such a letter.
        first_lines: Lines at the beginning of which a title is one.
        title: What a title begins with.
        void: What says on a first line that a document decides nothing, whatever its markers.
        void_anywhere: What says so anywhere.
        sentence: Words anywhere.
        appended: A line of a letter from which a party's document is appended.
    """

    unless: int
    first_lines: int
    title: re.Pattern[str]
    void: re.Pattern[str]
    void_anywhere: tuple[WordedPattern, ...]
    sentence: re.Pattern[str]
    appended: WordedPattern

    def cuts(self, view: View) -> list[int]:
        """Return where lines begin from which another's document may be appended to a letter."""
        if not self.appended.likely(view.text.lower()):
            return []
        return [start for start, end in view.lines if self.appended.pattern.fullmatch(view.text, start, end)]

    def fit(self, view: View, hits: int) -> bool:
        """Return whether a document is of this kind; ``hits`` are the markers of another layout in it."""
        first = view.lines[: self.first_lines]
        lower = view.text.lower()
        few = hits < self.unless
        likely = (void.pattern for void in self.void_anywhere if void.likely(lower, few=few))
        if any(self.void.match(view.text, *line) for line in first) or any(_says(p, view.text) for p in likely):
            return True
        if not few:
            return False
        if any(self.title.match(view.text, *line) for line in first):
            return True
        return _says(self.sentence, view.text)


def _says(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether a text says something itself: what a party is quoted with is no text of that party."""
    places = ((max(0, m.start() - _QUOTED), m.start(), m.end() + _QUOTED) for m in pattern.finditer(text))
    return any(not in_quotation(text, *place) for place in places)


@dataclass(frozen=True, slots=True)
class WordedPattern:
    """A pattern over a whole letter that is searched only where the letter has words: that spares nearly all searches.

    Attributes:
        pattern: The pattern.
        words: Phrases in lower case of which a letter must hold one; none for any letter.
        without: Phrases in lower case of which it must hold none.
        few: Whether they count only where a letter has few markers.
    """

    pattern: re.Pattern[str]
    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    few: bool = False

    def likely(self, lower: str, *, few: bool = True) -> bool:
        """Return whether the pattern counts for a letter in lower case; ``few`` says that it has few markers."""
        if self.few and not few:
            return False
        held = not self.words or any(word in lower for word in self.words)
        return held and not any(word in lower for word in self.without)


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
                data["id"],
                data["name"],
                markers,
                services,
                data.get("minimum", 1),
                tuple(data.get("decisive") or ()),
                _tells(data.get("tells"), file),
            )
        )
    return layouts


def _tells(block: dict[str, Any] | None, where: str) -> Tells | None:
    if not block:
        return None
    title, sentence = (compiled("|".join(block[key]), where) for key in ("titles", "sentences"))
    void = compiled("|".join(block["void"]["titled"]), where)
    anywhere = tuple(worded(entry, where) for entry in block["void"]["anywhere"])
    return Tells(
        block["unless"], block["first_lines"], title, void, anywhere, sentence, worded(block["appended"], where)
    )


def worded(entry: Mapping[str, Any], where: str) -> WordedPattern:
    """Return the pattern of an entry with its words.

    Args:
        entry: Its ``pattern``, ``with``, and perhaps ``without`` and ``few``.
        where: The file, for an error.

    Raises:
        ConfigError: The pattern is not a regular expression.
    """
    without, few = tuple(entry.get("without") or ()), bool(entry.get("few"))
    return WordedPattern(compiled(entry["pattern"], where), tuple(entry["with"]), without, few)


def _services(block: dict[str, Any], where: str) -> dict[str, Any]:
    out = dict(block)
    for key in ("cue", "decides", "entry", "bare_entry", "infinitive"):
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


def recognise(layouts: list[Layout], view: View) -> Layout:
    """Return the layout with the most of its markers in a letter; the last one (unknown) where none has any.

    Where no letter of a known layout shows, long markers are looked for without blanks too: "Decisionrationale:".
    A document with few markers that shows to be something else has the layout that says so.
    """
    lower = view.text.lower()
    hits = [layout.hits(lower) for layout in layouts]
    if not any(hits):
        joined = lower.replace(" ", "")
        hits = [layout.hits(joined, glued=True) for layout in layouts]
    best = max(range(len(layouts)), key=lambda i: (hits[i], -i))
    for layout in layouts:
        if layout.tells and layout.tells.fit(view, hits[best]):
            return layout
    return layouts[best] if hits[best] else layouts[-1]
