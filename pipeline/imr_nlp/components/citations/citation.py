"""One cited document, as `imr_nlp.components.citations.parser` reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Citation:
    """One cited document: what was written (``title``, ``sections``, ``pages``) and what it is (``canonical_title``).

    ``start:end`` is the passage of the parsed text (plus the parser's offset) that names the document. ``rule`` is the
    kind of sentence that it was read from.
    """

    party: str
    authority: str
    start: int
    end: int
    rule: str
    title: str | None = None
    canonical_title: str | None = None
    year: int | None = None
    sections: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    outside_mtus: bool = False


def merged(citations: list[Citation]) -> list[Citation]:
    """Return citations in which repeated mentions of one MTUS document in one sentence are a single one."""
    kept: list[Citation] = []
    places: dict[tuple[str, str, int | None], int] = {}
    for citation in citations:
        key = (citation.authority, citation.title or "", citation.year)
        at = places.setdefault(key, len(kept))
        if at == len(kept) or citation.authority != "MTUS" or not citation.title:
            kept.append(citation)
        else:
            first = kept[at]
            kept[at] = replace(
                first,
                end=max(first.end, citation.end),
                sections=tuple(dict.fromkeys((*first.sections, *citation.sections))),
                pages=tuple(dict.fromkeys((*first.pages, *citation.pages))),
            )
    return kept
