"""One concept behind many names: what an entity, a service or a citation is linked to.

A `Concept` is a plain dictionary, so that it travels on a Doc: its system, its code there, its preferred name and a
score from 0 to 1.
"""

from __future__ import annotations

from typing import Any, TypedDict

ICD10CM = "ICD-10-CM"
PROCEDURE = "procedure"
INGREDIENT = "ingredient"
DRUG_CLASS = "drug_class"
GUIDELINE = "guideline"
HCPCS = "HCPCS"
ICD10PCS = "ICD-10-PCS"


class Concept(TypedDict):
    """A concept that something is linked to."""

    system: str
    code: str
    name: str
    score: float


def concept(system: str, code: str, name: str, score: float = 1.0) -> Concept:
    """Return a concept.

    >>> concept(INGREDIENT, "naproxen", "naproxen")
    {'system': 'ingredient', 'code': 'naproxen', 'name': 'naproxen', 'score': 1.0}
    """
    return {"system": system, "code": code, "name": name, "score": score}


def slug(name: str) -> str:
    """Return a name as a code: lower case, hyphens for everything that is not a letter or digit.

    >>> slug("Forearm, Wrist & Hand")
    'forearm-wrist-hand'
    """
    parts = "".join(char if char.isalnum() else " " for char in name.lower()).split()
    return "-".join(parts)


def checked(source: str, found: Any, *fields: str) -> list[dict[str, Any]]:
    """Return the entries of a catalogue file.

    Args:
        source: The file, for messages.
        found: What it holds.
        fields: What each entry must have.

    Raises:
        ConfigError: An entry lacks a field, or two have the same id.

    >>> checked("mine.yml", [{"id": "mri"}], "id", "name")
    Traceback (most recent call last):
    imr_nlp.config.ConfigError: mine.yml: an entry lacks name: mri
    """
    from imr_nlp.config import ConfigError

    seen: set[str] = set()
    for entry in found or []:
        if lacking := [name for name in fields if name not in entry]:
            raise ConfigError(f"{source}: an entry lacks {', '.join(lacking)}: {entry.get('id', '(no id)')}")
        if entry.get("id") in seen:
            raise ConfigError(f"{source}: two entries have the id {entry['id']!r}")
        seen.add(entry.get("id"))
    return list(found or [])
