"""What the checks read of a record: its services with their sentences, texts and entities."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from imr_nlp.audit.names import name_words, split
from imr_nlp.records import schema
from imr_nlp.text.compiled import compile_pattern


class Place(NamedTuple):
    """A place that a finding is about: character offsets of the letter's text, and what stands there."""

    start: int
    end: int
    what: str


@dataclass(frozen=True)
class LetterView:
    """A record with the text that its offsets point into.

    >>> view = LetterView(schema.Letter(source=schema.Source(text_sha256="0" * 64, characters=0, layout="unknown",
    ...                   pipeline_version="0")), "")
    >>> view.entities_in(0, 10)
    []
    """

    letter: schema.Letter
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [entity.start for entity in self.letter.entities]

    def entities_in(self, start: int, end: int) -> list[schema.Entity]:
        """Return the entities within ``start:end``, in text order."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return [entity for entity in self.letter.entities[first:last] if entity.end <= end]

    def words_of(self, service: schema.Service) -> set[str]:
        """Return the words that name a service: its request's, and those of the entities in it."""
        words = name_words(self.text_of(service), service.procedure)
        for entity in self.entities_in(service.start, service.end):
            words |= name_words(entity.text, entity.canonical)
        return words

    @cached_property
    def service_words(self) -> frozenset[str]:
        """The words that name any service (`words_of`)."""
        return frozenset().union(*map(self.words_of, self.letter.services))

    @cached_property
    def request_words(self) -> frozenset[str]:
        """The words of all requests, without those of their entities."""
        return frozenset().union(*(name_words(self.text_of(one), one.procedure) for one in self.letter.services))

    @cached_property
    def body_words(self) -> frozenset[str]:
        """The words of the parts of the body that the requests name."""
        parts = (part for service in self.letter.services for part in service.body_parts)
        return frozenset(word for part in parts for word in split(part))

    def text_of(self, item: schema.Located) -> str:
        """Return the text of an item on one line."""
        return " ".join(self.text[item.start : item.end].split())

    def on_one_line(self, start: int, end: int) -> tuple[str, list[int]]:
        """Return a passage on one line, and where each of its characters stands in the letter.

        A rule's words may stand on two lines of the print.
        """
        kept = [
            at for at in range(start, end)
            if not self.text[at].isspace() or (at > start and not self.text[at - 1].isspace())
        ]  # fmt: skip
        return "".join(" " if self.text[at].isspace() else self.text[at] for at in kept), kept

    def sentences(self, service: schema.Service, *roles: str) -> Iterator[schema.RationaleSentence]:
        """Yield the rationale sentences of a service that have one of ``roles``."""
        return (sentence for sentence in service.rationale if sentence.role in roles)

    def fact(self, name: str) -> Place | None:
        """Return where a case fact was read, such as ``decision_date``."""
        for fact in self.letter.facts:
            if fact.name == name:
                return Place(fact.start, fact.end, name)
        return None


class Finding(NamedTuple):
    """What a check found: the service (None for the letter), the places involved, and words for the message."""

    service: schema.Service | None
    places: tuple[Place, ...]
    words: dict[str, str]


def on_service(service: schema.Service, *places: Place) -> Finding:
    """Return a finding on a service. Its request is always the first place."""
    return Finding(service, (Place(service.start, service.end, "request"), *places), {"service": service.id})


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a rule's pattern, compiled once. Case does not count."""
    return compile_pattern(pattern, re.IGNORECASE)


def numbered(
    pattern: re.Pattern[str], text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[re.Match[str], float]]:
    """Yield the amounts that a rule's pattern finds, with their numbers; what its group holds may be no number.

    >>> [number for _, number in numbered(re.compile("#(.+?) "), "#60 and #sixty ")]
    [60.0]
    """
    for match in pattern.finditer(text, start, len(text) if end is None else end):
        with suppress(TypeError, ValueError):
            yield match, float(match[1])
