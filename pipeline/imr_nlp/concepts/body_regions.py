"""Body regions (``concepts/body_regions.yml``): parts of the body inside one another, so that they can be counted."""

from __future__ import annotations

import re
from functools import lru_cache

from imr_nlp.config import ConfigError, at, shipped
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular

PATH = "concepts/body_regions.yml"
_SIDE = re.compile(r"\b(?:left|right|bilateral|both|upper extremities(?=.)|midline)\b\s*")
_LEVEL = re.compile(r"\b([clts])\d{1,2}(?:\s?[-/]\s?[clts]?\d{1,2})?\b\s*")
_SPINE = {"c": "cervical spine", "t": "thoracic spine", "l": "lumbar spine", "s": "lumbar spine"}
_KEPT = {
    "upper extremities": "upper extremity",
    "lower extremities": "lower extremity",
    "feet": "foot",
    "teeth": "mouth",
}


class BodyRegions:
    """The tree of parts.

    >>> regions = body_regions()
    >>> regions.path("left L4-5 facet"), regions.path("low back"), regions.path("right index finger")
    (['lumbar facet', 'lumbar spine', 'back'], ['lumbar spine', 'back'], ['finger', 'hand', 'upper extremity'])
    >>> regions.region("lumbar spine"), regions.region("low back"), regions.region("left rotator cuff")
    ('back', 'back', 'shoulder')
    """

    def __init__(self, path: str = PATH) -> None:
        config = shipped(path)
        self.parent: dict[str, str | None] = config["tree"]
        self.regions = frozenset(config["regions"])
        self.part_of = {str(name): part for part, names in config["names"].items() for name in names}
        places = [(part, ("names", part)) for part in config["names"]]
        places += [(part, ("tree", inner)) for inner, part in self.parent.items() if part is not None]
        for part, place in places:
            if part not in self.parent:
                raise ConfigError(f"{at(path, *place)}: {part!r} is no part of the tree; add it there")
        self.by_code = sorted(
            ((str(code), part) for part, codes in config["by_code"].items() for code in codes),
            key=lambda pair: -len(pair[0]),
        )
        names = sorted({*self.part_of, *self.parent}, key=lambda name: (-len(name), name))
        self._name = compile_pattern(r"\b(?:" + "|".join(map(re.escape, names)) + r")s?\b")
        self._known: dict[str, list[str]] = {}

    def path(self, part: str) -> list[str]:
        """Return a part and what it lies in, from the inside out; empty where the tree has no such part."""
        found = self._known.get(part)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[part] = self._path(part.lower())
        return found

    def _path(self, part: str) -> list[str]:
        level = _LEVEL.search(part)
        bare = _LEVEL.sub("", _SIDE.sub("", part)).strip()
        if level:
            spine = _SPINE[level[1]]
            kind = next((kind for kind in ("facet", "disc") if kind in bare), None)
            return self._up(f"{spine.split()[0]} {kind}" if kind else spine)
        name = _KEPT.get(bare, bare)
        for wording in (name, singular(name)):
            if wording in self.parent or wording in self.part_of:
                return self._up(self.part_of.get(wording, wording))
        match = self._name.search(bare)
        return self._up(self._named(match.group())) if match else []

    def _named(self, word: str) -> str:
        for wording in (word, word.removesuffix("s")):
            if wording in self.part_of or wording in self.parent:
                return self.part_of.get(wording, wording)
        return word

    def _up(self, part: str) -> list[str]:
        found = []
        at: str | None = part
        while at is not None and at in self.parent:
            found.append(at)
            at = self.parent[at]
        return found

    def region(self, part: str) -> str | None:
        """Return the region that a table groups a part by; None where the tree has no such part."""
        return next((name for name in self.path(part) if name in self.regions), None)

    def of_diagnosis(self, text: str, code: str | None = None) -> str | None:
        """Return the region of a diagnosis: by its words, else by its code.

        >>> body_regions().of_diagnosis("lumbar radiculopathy"), body_regions().of_diagnosis("tennis elbow", "M77.10")
        ('back', 'elbow')
        >>> body_regions().of_diagnosis("anxiety", "F41.9"), body_regions().of_diagnosis("impingement", "M75.40")
        ('mind', 'shoulder')
        """
        found = self.region(text)
        if found is None and code:
            part = next((part for prefix, part in self.by_code if code.startswith(prefix)), None)
            found = self.region(part) if part else None
        return found


@lru_cache(maxsize=1)
def body_regions() -> BodyRegions:
    """Return the shipped tree, read once a process."""
    return BodyRegions()
