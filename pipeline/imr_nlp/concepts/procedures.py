"""The catalogue of procedures (``concepts/procedures.yml``): one id for all names of one thing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from imr_nlp.concepts.catalogue import HCPCS, ICD10PCS, PROCEDURE, Concept, checked, concept, slug
from imr_nlp.config import shipped
from imr_nlp.text.inflection import singular

PATH = "concepts/procedures.yml"
_UNLISTED = "px-"
#: Two or three things asked for in one breath: "MRI and EMG/NCS", "x-ray, MRI".
_JOINED = re.compile(r"\s(?:and|plus|with|&)\s|\s?[,;+]\s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure of the catalogue. ``sub`` is its kind within the category, such as ``electrodiagnostics``."""

    id: str
    name: str
    category: str | None = None
    sub: str | None = None
    parts: tuple[str, ...] = ()
    hcpcs: tuple[str, ...] = ()
    pcs: tuple[str, ...] = ()

    def concepts(self) -> list[Concept]:
        """Return the procedure, then the free reference codes that stand for it."""
        return [
            concept(PROCEDURE, self.id, self.name),
            *(concept(HCPCS, code, self.name) for code in self.hcpcs),
            *(concept(ICD10PCS, code, self.name) for code in self.pcs),
        ]


class Procedures:
    """The catalogue, by id and by name.

    >>> known = procedures()
    >>> known.of("mri").name, known.of("Magnetic Resonance Imaging").id, known.of("zyro frame").id
    ('magnetic resonance imaging', 'mri', 'px-zyro-frame')
    >>> [found.id for found in known.parts_of("emg/ncv")], [found.id for found in known.parts_of("pt/ot")]
    (['emg', 'ncv'], ['physical-therapy', 'occupational-therapy'])
    """

    def __init__(self, path: str = PATH) -> None:
        entries = checked(path, shipped(path)["procedures"], "id", "name", "category")
        self.by_id = {
            str(entry["id"]): Procedure(
                str(entry["id"]), entry["name"], entry["category"], entry.get("sub"),
                tuple(entry.get("parts") or ()), tuple(map(str, entry.get("hcpcs") or ())),
                tuple(map(str, entry.get("pcs") or ())),
            )
            for entry in entries
        }  # fmt: skip
        self.by_name: dict[str, str] = {}
        for entry in entries:
            for name in (entry["name"], *(entry.get("names") or ())):
                self.by_name.setdefault(str(name).lower(), str(entry["id"]))

    def of(self, name: str, category: str | None = None) -> Procedure:
        """Return the procedure of a canonical name; one of its own, of ``category``, where the catalogue has none."""
        written = " ".join(name.lower().split())
        known = self.by_name.get(written) or self.by_name.get(singular(written))
        return self.by_id[known] if known else Procedure(_UNLISTED + slug(singular(written)), written, category)

    def parts_of(self, name: str, category: str | None = None) -> list[Procedure]:
        """Return the procedures that a name stands for: both of "emg/ncv", one of most."""
        whole = self.of(name, category)
        return [self.by_id[part] for part in whole.parts] or [whole]


@lru_cache(maxsize=1)
def procedures() -> Procedures:
    """Return the shipped catalogue, read once a process."""
    return Procedures()
