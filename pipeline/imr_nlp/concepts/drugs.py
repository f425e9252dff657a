"""Drugs (``concepts/drugs.yml``): ingredients, brand or generic, class, form, and the parts of a compound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from imr_nlp.concepts.catalogue import DRUG_CLASS, INGREDIENT, Concept, concept, slug
from imr_nlp.config import shipped
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular

PATH = "concepts/drugs.yml"
_JOINT = re.compile(r"\s*(?:/|\+|\band\b|\bwith\b|(?<=[a-z]{4})-(?=[a-z]{4}))\s*")
_STRENGTH = re.compile(r"\s*\d[\d.]*\s?(?:%|mg|mcg|gm?|ml)(?:/\w+)?", re.IGNORECASE)
_PART = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z-]{2,30}(?: [A-Za-z-]{3,20}){0,2}) {0,2}(?P<strength>\d{1,2}(?:\.\d{1,4})?)\s?%"
)
_MIN_PARTS = 2


@dataclass(frozen=True, slots=True)
class Drug:
    """What a name of a drug means. ``ingredients`` is empty where the name is that of a class."""

    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    brand: str | None = None

    @property
    def kind(self) -> str:
        """``brand``, ``generic`` or ``class``."""
        return "brand" if self.brand else "generic" if self.ingredients else "class"

    def concepts(self) -> list[Concept]:
        """Return the ingredients, then the classes."""
        return [
            *(concept(INGREDIENT, slug(name), name) for name in self.ingredients),
            *(concept(DRUG_CLASS, slug(name), name) for name in self.classes),
        ]


class Drugs:
    """The tables of ``concepts/drugs.yml``.

    >>> known = drugs()
    >>> known.of("flexeril").ingredients, known.of("Norco").ingredients, known.of("naproxen sodium").classes
    (('cyclobenzaprine',), ('hydrocodone', 'acetaminophen'), ('nsaid',))
    >>> known.of("opioid medications"), known.of("zyrofen").kind
    (Drug(ingredients=(), classes=('opioid',), brand=None), 'generic')
    """

    def __init__(self, path: str = PATH) -> None:
        config = shipped(path)
        self.brands = {str(brand): tuple(str(held).split("/")) for brand, held in config["brands"].items()}
        self.class_of = {str(name): kind for kind, names in config["classes"].items() for name in names}
        self.groups = {str(word): kind for kind, words in config["groups"].items() for word in words}
        self.group_words = sorted(self.groups, key=lambda word: (-len(word), word))
        self.stems = [(str(stem), kind) for kind, stems in config["stems"].items() for stem in stems]
        tails = "|".join(sorted(map(re.escape, config["tails"]), key=len, reverse=True))
        self._tail = compile_pattern(rf"\s+(?:{tails})$")
        self.forms = [
            (compile_pattern(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE), form)
            for form, words in config["forms"].items()
        ]
        self.unit_of = {str(word): str(unit) for unit, words in config["measures"].items() for word in words}
        self._measure = compile_pattern(
            rf"(?<![\d.,/%]) ?(\d{{1,4}}(?:\.\d{{1,2}})?)[ -]?({alternatives(self.unit_of)})\b(?! ?/)", re.IGNORECASE
        )
        self._known: dict[str, Drug] = {}

    def of(self, name: str) -> Drug:
        """Return what a name means: of a brand, a generic, a combination or a class."""
        found = self._known.get(name)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[name] = self._of(" ".join(_STRENGTH.sub(" ", name.lower()).split()))
        return found

    def _of(self, name: str) -> Drug:
        plain = self._bare(name)
        if held := self.brands.get(name) or self.brands.get(plain):
            return Drug(held, self._classes(held), brand=name if name in self.brands else plain)
        if group := self._group(name, plain):
            return Drug((), (group,))
        parts = [self._bare(part) for part in _JOINT.split(name) if part.strip()]
        if len(parts) >= _MIN_PARTS and name not in self.class_of:
            ingredients = tuple(dict.fromkeys(held for part in parts for held in self.brands.get(part, (part,))))
        else:
            ingredients = (plain,)
        return Drug(ingredients, self._classes(ingredients))

    def _bare(self, name: str) -> str:
        while name != (shorter := self._tail.sub("", name)):
            name = shorter
        return name.strip()

    def _group(self, name: str, plain: str) -> str | None:
        if plain in self.class_of:
            return None
        one = singular(plain)
        return self.groups.get(one) or next(
            (self.groups[word] for word in self.group_words if re.search(rf"\b{re.escape(word)}s?\b", name)), None
        )

    def _classes(self, ingredients: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind for name in ingredients if (kind := self._class(name))))

    def _class(self, ingredient: str) -> str | None:
        return self.class_of.get(ingredient) or next(
            (kind for stem, kind in self.stems if ingredient.endswith(stem)), None
        )

    def measure_of(self, request: str) -> tuple[float, str] | None:
        """Return how much of a cream or fluid a request asks for, and its unit; None where it does not say.

        >>> drugs().measure_of("Ketoprofen 10% cream 180 gm"), drugs().measure_of("Fanatrex 25 mg/ml, 420ml")
        ((180.0, 'gram'), (420.0, 'ml'))
        >>> drugs().measure_of("Norco 10/325mg #60") is None
        True
        """
        found = [(float(number), self.unit_of[unit.lower()]) for number, unit in self._measure.findall(request)]
        return max(found, default=None)

    def form_of(self, request: str) -> str | None:
        """Return the dosage form that a request names.

        >>> drugs().form_of("Lidoderm patch #30"), drugs().form_of("Norco 10/325mg #60")
        ('patch', None)
        """
        return next((form for pattern, form in self.forms if pattern.search(request)), None)


def compound_parts(request: str) -> list[dict[str, str]]:
    """Return the parts of a compounded drug, each with its strength; empty where a request names fewer than two.

    >>> compound_parts("Flurbiprofen 20%/Baclofen 5%/Camphor 2% 180gm")
    [{'ingredient': 'flurbiprofen', 'strength': '20%'}, {'ingredient': 'baclofen', 'strength': '5%'}, \
{'ingredient': 'camphor', 'strength': '2%'}]
    >>> compound_parts("Lidocaine 5% patch")
    []
    """
    parts = [
        {"ingredient": match["name"].lower().split(" of ")[-1], "strength": f"{match['strength']}%"}
        for match in _PART.finditer(request[:400])
    ]
    return parts if len(parts) >= _MIN_PARTS else []


@lru_cache(maxsize=1)
def drugs() -> Drugs:
    """Return the shipped tables, read once a process.

    >>> drugs().of("naprosyn").ingredients
    ('naproxen',)
    """
    return Drugs()
