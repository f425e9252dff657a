"""One entry for each guideline that is cited (``concepts/guideline_entries.yml``), with its regulation and edition.

A chapter of ACOEM that the MTUS adopts resolves to both: ACOEM's chapter and the clinical topic of 8 CCR §9792.23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imr_nlp.concepts.catalogue import GUIDELINE, Concept, checked, concept, slug
from imr_nlp.concepts.guidelines import catalogue
from imr_nlp.config import shipped

PATH = "concepts/guideline_entries.yml"
_YEAR = re.compile(r"\b(?:19[89]|20[0-3])\d\b")
_CHAPTER = re.compile(r"\bchapter (\d{1,2})\b", re.IGNORECASE)
_SECTION = re.compile(r"\b9792\.\d{2}(?:\.\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One guideline: ``of`` is what it is a part of, ``section`` the one of Title 8 CCR that adopts it."""

    id: str
    name: str
    authority: str
    of: str | None = None
    section: str | None = None
    editions: tuple[int, ...] = ()
    mtus: str | None = None
    acoem: int | None = None

    @property
    def title(self) -> str:
        """The name with its authority, as tables count it."""
        return self.name if self.authority == "other" or self.of is None else f"{self.authority}: {self.name}"


class GuidelineEntries:
    """The entries, and how citations and mentions resolve to them.

    >>> entries = guideline_entries()
    >>> [found["code"] for found in entries.resolve("MTUS", "Chronic Pain Medical Treatment Guidelines")]
    ['mtus-chronic-pain']
    >>> [found["code"] for found in entries.resolve("ACOEM", "Chapter 12: Low Back Complaints")]
    ['acoem-12', 'mtus-low-back']
    >>> [found["code"] for found in entries.resolve("MTUS+ACOEM", None)]
    ['mtus', 'acoem']
    >>> [found["code"] for found in entries.resolve("MTUS", "Low Back Complaints")]
    ['mtus-low-back', 'acoem-12']
    """

    def __init__(self, path: str = PATH) -> None:
        entries = checked(path, shipped(path)["entries"], "id", "name", "authority")
        self.by_id = {
            entry["id"]: Entry(
                entry["id"], entry["name"], entry["authority"], entry.get("of"), entry.get("section"),
                tuple(entry.get("editions") or ()), entry.get("mtus"),
                entry.get("acoem"),
            )
            for entry in entries
        }  # fmt: skip
        self.chapters = {entry["chapter"]: entry["id"] for entry in entries if "chapter" in entry}
        self.by_document: dict[tuple[str, str], str] = {}
        for entry in entries:
            for name in (entry.get("document"), entry["name"]):
                if name:
                    self.by_document.setdefault((entry["authority"], name.lower()), entry["id"])
        for entry in entries:  # "MTUS Low Back Complaints" is the clinical topic; the chapter comes after it
            if entry["authority"] == "ACOEM" and ":" in entry["name"]:
                self.by_document.setdefault(("ACOEM", entry["name"].split(": ")[1].lower()), entry["id"])
        self.tops = {"MTUS": "mtus", "ACOEM": "acoem", "ODG": "odg"}
        self.by_section = {
            part.strip(): entry.id for entry in self.by_id.values() if entry.section and entry.of
            for part in entry.section.split(",")
        }  # fmt: skip
        self.sources = {str(source["authority"]).lower(): source for source in catalogue().sources}
        self._known: dict[tuple[str, str | None, str], list[Concept]] = {}

    def resolve(self, authority: str | None, document: str | None, text: str = "") -> list[Concept]:
        """Return the entries of a citation or mention: the document's, else the authority's.

        Args:
            authority: MTUS, ACOEM, ODG, both joined by "+", "other", or a short name of another source.
            document: The catalogue's name of the document, or the title as written.
            text: The mention as written, in which a chapter or section may be told.

        Returns:
            The entries, the most telling first; empty where nothing is known of the authority.
        """
        key = authority or "", document, text if len(text) < 200 else text[:200]
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[key] = [self._concept(entry) for entry in self._resolve(*key)]
        return found

    def _concept(self, entry: Entry) -> Concept:
        return concept(GUIDELINE, entry.id, entry.title)

    def _resolve(self, authority: str, document: str | None, text: str) -> list[Entry]:
        owners = authority.split("+") if authority else []
        told = f"{document or ''} {text}"
        found: list[str] = []
        for owner in owners:
            if owner in self.tops:
                found.append(self._known_document(owner, document, told) or self.tops[owner])
            elif owner not in ("none", ""):
                return self._other(owner, document)
        for one in list(found):
            entry = self.by_id[one]
            found += [adopted for adopted in (entry.mtus, self.chapters.get(entry.acoem or 0)) if adopted]
        return [self.by_id[one] for one in dict.fromkeys(found)]

    def _known_document(self, owner: str, document: str | None, told: str) -> str | None:
        if owner == "MTUS" and (section := _SECTION.search(told)) and section.group() in self.by_section:
            return self.by_section[section.group()]
        chapter = _CHAPTER.search(told)
        if chapter and owner in ("ACOEM", "MTUS") and int(chapter[1]) in self.chapters:
            return self.chapters[int(chapter[1])]
        for title in (document, catalogue().canonical(owner, told.strip())):
            for authority in (owner, "ACOEM") if owner == "MTUS" else (owner,):
                if title and (known := self.by_document.get((authority, title.lower()))):
                    return known
        return None

    def _other(self, owner: str, document: str | None) -> list[Entry]:
        if source := self.sources.get(owner.lower()):
            return [Entry(f"other-{slug(str(source['authority']))}", str(source["name"]), "other")]
        if document and (name := catalogue().canonical("other", document)):
            return [Entry(f"other-{slug(name)}", name, "other")]
        return [Entry(f"other-{slug(owner)}", owner.replace("_", " "), "other")] if owner != "other" else []

    def edition(self, concept_id: str, year: int | None, text: str = "") -> int | None:
        """Return the edition of a citation: its year, or the only edition that the entry has."""
        if year is None and (told := _YEAR.search(text)):
            year = int(told.group())
        entry = self.by_id.get(concept_id)
        if year is None and entry and len(entry.editions) == 1:
            return entry.editions[0]
        return year


@lru_cache(maxsize=1)
def guideline_entries(path: str = PATH) -> GuidelineEntries:
    """Return the shipped entries, read once a process."""
    return GuidelineEntries(path)


def section_of(code: str) -> str | None:
    """Return the section of Title 8 CCR that adopts a guideline; None for one that the MTUS does not hold.

    >>> section_of("mtus-low-back"), section_of("odg-pain")
    ('9792.23.5', None)
    """
    entry: Any = guideline_entries().by_id.get(code)
    return entry.section if entry else None
