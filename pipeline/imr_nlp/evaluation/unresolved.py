"""Citations and mentions of guidelines that no entry of the catalogue stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

NONE, OTHER = "none", "other"


class Resolved(NamedTuple):
    """How citations and mentions resolve.

    ``citations`` and ``mentions`` are how many there are, ``entries`` and ``named`` how many of each have an entry.
    ``sources`` citations have none and name a source other than MTUS, ACOEM and ODG. ``open`` counts the rest, by
    (citation or mention, authority, what is written).
    """

    citations: int
    entries: int
    sources: int
    mentions: int
    named: int
    open: Counter[tuple[str, str, str]]

    @property
    def share(self) -> float:
        """The share of citations that have an entry or name another source."""
        return (self.entries + self.sources) / self.citations if self.citations else 1.0


def resolved(records: Iterable[Mapping[str, Any]]) -> Resolved:
    """Return how the guidelines of some records resolve. A party that cites nothing does not count.

    >>> cited = [{"authority": "MTUS", "concepts": [{"code": "mtus"}]}, {"authority": "other", "title": "A page"},
    ...          {"authority": "none"}, {"authority": "ODG", "title": "Widgets"}]
    >>> found = resolved([{"entities": [], "services": [{"citations": cited}]}])
    >>> found.citations, found.entries, found.sources, dict(found.open)
    (3, 1, 1, {('citation', 'ODG', 'Widgets'): 1})
    """
    citations = entries = sources = mentions = named = 0
    left: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        for service in record.get("services") or ():
            for cited in service.get("citations") or ():
                if cited["authority"] == NONE:
                    continue
                citations += 1
                if cited.get("concepts"):
                    entries += 1
                elif cited["authority"] == OTHER and cited.get("title"):
                    sources += 1
                else:
                    left["citation", cited["authority"], cited.get("title") or ""] += 1
        for entity in record.get("entities") or ():
            if entity["label"] == "GUIDELINE":
                mentions += 1
                if entity.get("concepts"):
                    named += 1
                else:
                    left["mention", entity.get("authority") or "", " ".join(entity.get("text", "").split())] += 1
    return Resolved(citations, entries, sources, mentions, named, left)
