"""The catalogue of guidelines: authorities, their documents, and how letters write them.

The data is in ``configs/concepts/guidelines.yml``.

Both readers of guidelines use it: `imr_nlp.components.citations.parser` for the formal sentences, the component
``imr_guidelines`` for running text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from imr_nlp.config import ConfigError, read_text, read_yaml
from imr_nlp.text.alternatives import alternatives, longest_first
from imr_nlp.text.compiled import compile_pattern

_OTHER_THAN_WORDS = re.compile(r"[^a-z0-9]+")
_CHAPTER_NUMBER = re.compile(r"\bchapter (\d{1,2})\b")


def normal(text: str) -> str:
    """Return ``text`` in lower case with single blanks for everything that is not a letter or digit.

    >>> normal("Forearm, Wrist & Hand")
    'forearm wrist and hand'
    """
    return _OTHER_THAN_WORDS.sub(" ", text.lower().replace("&", " and ")).strip()


def phrase(name: str) -> str:
    """Return a regular expression for a name of the catalogue in any of its spellings.

    >>> bool(re.fullmatch(phrase("wrist and hand"), "wrist & hand")), phrase("low back")
    (True, 'low[\\\\s,/&-]{1,3}back')
    """
    words = ["(?:and|&)" if word in ("and", "&") else re.escape(word) for word in re.split(r"[\s,/]+", name.strip())]
    return r"[\s,/&-]{1,3}".join(words)


def any_of(names: Iterable[str]) -> str:
    """Return a regular expression for any of ``names``, the longest first.

    Names are grouped by their first letter, so that a search looks at a few branches a word, not at all.

    >>> re.findall(any_of(["ODG", "Official Disability Guidelines"]), "the Official  Disability Guidelines (ODG)")
    ['Official  Disability Guidelines', 'ODG']
    """
    groups: dict[str, list[str]] = {}
    for pattern in map(phrase, longest_first(names)):
        first = pattern[0] if pattern[0].isalnum() else ""
        groups.setdefault(first, []).append(pattern.removeprefix(first))
    return "(?:" + "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in groups.items()) + ")"


@dataclass(frozen=True, slots=True)
class Document:
    """One document (or chapter) of an authority: its canonical name and how it is written."""

    name: str
    written: tuple[str, ...]
    number: int | None = None


@dataclass(frozen=True)
class Catalogue:
    """Authorities, their documents and section names; see ``configs/concepts/guidelines.yml``."""

    authorities: dict[str, dict[str, Any]]
    documents: dict[str, tuple[Document, ...]]
    sources: tuple[dict[str, Any], ...]
    sections: frozenset[str]
    mentions: dict[str, list[str]]
    _finders: dict[str, tuple[re.Pattern[str], dict[str, str]]] = field(default_factory=dict, repr=False)

    def written(self, authority: str) -> list[str]:
        """Return every way in which the documents of an authority are written."""
        return [name for document in self.documents[authority] for name in (*document.written, document.name.lower())]

    def authority_pattern(self, authority: str) -> str:
        """Return a regular expression for the authority's name, with an abbreviation in parentheses."""
        known = self.authorities[authority]
        short = alternatives(known["short"])
        return (
            rf"(?:(?i:{any_of(known['names'])})(?:,?\s\((?:{short}|MTUS|OMPG|OEM)\))?"
            rf"|\b(?:{short})\b(?:\s\((?i:{any_of(known['names'])})\))?)"
        )

    def any_authority(self) -> str:
        """Return a regular expression with one named group for each authority."""
        names = [name for known in self.authorities.values() for name in (*known["names"], *known["short"])]
        first = "".join(sorted({letter for name in names for letter in (name[0].lower(), name[0].upper())}))
        groups = "|".join(f"(?P<{name}>{self.authority_pattern(name)})" for name in self.authorities)
        return rf"\b(?=[{first}])(?:{groups})"

    def canonical(self, authority: str, title: str | None) -> str | None:
        """Return the catalogue's name for a document that a letter names ``title``; None where it isn't known.

        >>> catalogue().canonical("MTUS", "Chronic Pain Treatment Guidelines")
        'Chronic Pain Medical Treatment Guidelines'
        >>> catalogue().canonical("ACOEM", "2nd Edition, Chapter 13")
        'Chapter 13: Knee Complaints'
        """
        if not title:
            return None
        text = normal(title)
        number = _CHAPTER_NUMBER.search(text)
        if number and authority in ("MTUS", "ACOEM"):
            for document in self.documents["ACOEM"]:
                if document.number == int(number.group(1)):
                    return document.name
        for owner in {"MTUS": ("MTUS", "ACOEM")}.get(authority, (authority,)):
            pattern, names = self.finder(owner)
            found = pattern.search(text)
            if found:
                return names[found.group()]
        return None

    def finder(self, owner: str) -> tuple[re.Pattern[str], dict[str, str]]:
        """Return a pattern for the documents of ``owner`` in `normal` text, and their canonical names."""
        if owner not in self._finders:
            names: dict[str, str] = {}
            if owner in self.documents:
                for document in self.documents[owner]:
                    for written in (*document.written, document.name):
                        names.setdefault(normal(written), document.name)
            else:
                for source in self.sources:
                    for written in source["written"]:
                        names.setdefault(normal(written), source["name"])
            ordered = longest_first(names)
            self._finders[owner] = compile_pattern(r"\b(?:" + "|".join(ordered) + r")\b"), names
        return self._finders[owner]


def catalogue(path: str = "concepts/guidelines.yml") -> Catalogue:
    """Return the catalogue in a YAML file, read once a process.

    Args:
        path: The file; a relative path is taken from ``configs/``.

    Raises:
        ConfigError: The file is missing, is not YAML or lacks one of the parts.
    """
    return _catalogue(path, read_text(path))


@lru_cache(maxsize=8)
def _catalogue(path: str, text: str) -> Catalogue:
    raw = read_yaml(path, "concepts/guidelines.yml")
    try:
        documents = {
            authority: tuple(Document(item["name"], tuple(item["written"]), item.get("number")) for item in items)
            for authority, items in raw["documents"].items()
        }
        return Catalogue(
            raw["authorities"],
            documents,
            tuple(raw["sources"]),
            frozenset(map(normal, raw["sections"])),
            raw["mentions"],
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: the catalogue lacks {error}") from error
