"""The wording of a diagnosis, brought to one form: what, where, which side, which encounter.

Both sides of a comparison pass here: what a letter writes and what ICD-10-CM says. The words are in
``concepts/icd10cm/words.yml``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.misspellings import Respeller

RIGHT, LEFT, BILATERAL = "right", "left", "bilateral"
_LEVEL = re.compile(
    r"\b([clts])[ -]?(\d{1,2})(?![abd-km-rt-z])"  # "T1DM" is diabetes
    r"(?:\s?(?:-|/|to|through|thru|and|&)\s?([clts])?(\d{1,2})\b)?(?!\s?(?:mm|cm|mg|%))"
)
_ENCOUNTERS = ("A", "D", "S", "K", "P")
_OF_FRACTURES = ("<K>", "<P>")  # a nonunion and a malunion are those of a fracture
_ARABIC = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_LAST = {"c": 8, "t": 12, "l": 5, "s": 5}
_REGION = {"c": "cervical", "t": "thoracic", "l": "lumbar", "s": "sacral"}
_REGIONS = frozenset({*_REGION.values(), "lumbosacral", "thoracolumbar", "cervicothoracic", "back"})
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
             "twelfth")  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_POSSESSIVE = re.compile(r"(?<=[a-z])['’`](?=s\b)")
_IS_LEVEL = re.compile(r"[clts]\d{1,2}")
#: Wordings by their first word, the longest first, and what stands for each.
_Phrases = dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]
_MIN_MISSPELT = 7  # letters
_MAX_LENGTH = 200  # characters that are read


@dataclass(frozen=True, slots=True)
class Wording:
    """A diagnosis in its compared form: its telling words, vertebral levels, side, encounter and course.

    The course ("acute", "stage 2") is no part of what is compared. It only chooses among names that fit equally well.
    """

    words: frozenset[str]
    levels: frozenset[str] = frozenset()
    side: str = ""
    encounter: str = ""
    course: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The words and levels in one string, sorted: two wordings of one thing have the same."""
        return " ".join(sorted(self.words | self.levels))


class WordingReader:
    """Reads wordings by ``concepts/icd10cm/words.yml``.

    >>> from imr_nlp.config import shipped
    >>> reader = WordingReader(shipped("concepts/icd10cm/words.yml"))
    >>> reader("Left shoulder adhesive capsulitis").key, reader("Radiculopathy, lumbar region").key
    ('frozenshoulder shoulder', 'lumbar radiculopathy')
    >>> read = reader("Herniated disk at L5-S1, right side")
    >>> sorted(read.words), read.side
    (['disc', 'displacement', 'lumbosacral'], 'right')
    """

    def __init__(self, config: Mapping[str, Any], known: Iterable[str] = ()) -> None:
        self.ignored = frozenset(map(str, config["ignored"]))
        self._joining = frozenset(map(str, config["joining"]))
        self._course = frozenset(map(str, config["course"]))
        self._canonical: set[str] = set()
        self._sides: _Phrases = {}
        self._phrases: _Phrases = {}
        own: set[str] = set()
        kinds = {f"<{side}>": forms for side, forms in config["sides"].items()}
        kinds |= {f"<{code}>": forms for code, forms in config["encounters"].items()}
        for canonical, forms in {**kinds, **config["rewrites"]}.items():
            is_side = canonical.startswith("<")
            target = _marked(canonical) if is_side else tuple(canonical.split())
            for form in dict.fromkeys([canonical, *map(str, forms)]):
                words = tuple(word for word in _words(form) if is_side or word not in self._joining)
                if words and words != target:
                    (self._sides if is_side else self._phrases).setdefault(words[0], []).append((words, target))
                own.update(words)
            own.update(target)
            self._canonical.update(target)
        for options in (*self._sides.values(), *self._phrases.values()):
            options.sort(key=lambda option: -len(option[0]))
        cut = "|".join(sorted(map(re.escape, config["cut"]), key=len, reverse=True))
        self._absent = [
            (compile_pattern("|".join(map(re.escape, forms))), word) for word, forms in config["absent"].items()
        ]
        self._cut = compile_pattern(rf"[\s,]+(?:{cut})(?!\w)[^,]*")
        tails = "|".join(sorted(map(re.escape, config["tails"]), key=len, reverse=True))
        self._aside = compile_pattern(rf"\([^()]*\)|(?<=\w)[\s,]+(?:{tails})\s.*$")
        self.known = frozenset(own).union(known, self.ignored)
        self._respell = Respeller((word for word in own if len(word) >= _MIN_MISSPELT), _MIN_MISSPELT)

    def __call__(self, text: str) -> Wording:
        """Return what a wording says; empty where all its words are ignored ones."""
        text = _POSSESSIVE.sub(" ", text.lower()[:_MAX_LENGTH])
        for pattern, word in self._absent:
            text = pattern.sub(f" {word} ", text)
        text = self._cut.sub("", text)
        levels: list[str] = []
        text = _LEVEL.sub(lambda match: self._level(match, levels), text)
        raw = [self._spelt(word) for word in _words(text)]
        marked = self._rewritten(raw, self._sides)
        sides = [word for word in marked if word in ("<right>", "<left>", "<bilateral>")]
        encounter = next((word[1:-1] for word in marked if word[1:-1] in _ENCOUNTERS), "")
        plain = [word for word in marked if word[0] != "<" and word not in self._joining]
        once = self._rewritten(plain, self._phrases)
        singular = [word if word in self._canonical else _singular(word) for word in once]
        telling = self._rewritten(singular, self._phrases)
        kept = {word for word in telling if word not in self.ignored and word not in levels} or {
            word for word in telling if word.isalpha() and len(word) > 2
        }
        if "fracture" in kept:
            kept.discard("displacement")  # what is not called undisplaced counts as displaced
        levels += self._numbered(telling, kept)
        self._regions(kept, levels)
        side = "" if not sides else sides[0][1:-1] if len(set(sides)) == 1 else BILATERAL
        return Wording(frozenset(kept), frozenset(levels), side, encounter, self._course_in(raw))

    def shorter(self, text: str) -> str:
        """Return a mention without what stands in brackets and without its tail ("after a fall")."""
        return self._aside.sub(" ", text.lower()[:_MAX_LENGTH])

    def course(self, text: str) -> frozenset[str]:
        """Return the words of a wording's course, as `Wording` has them.

        >>> from imr_nlp.config import shipped
        >>> sorted(WordingReader(shipped("concepts/icd10cm/words.yml")).course("Acute kidney disease, stage II"))
        ['2', 'acute']
        """
        return self._course_in(_words(self._cut.sub("", text.lower())))

    def _course_in(self, words: Iterable[str]) -> frozenset[str]:
        return frozenset(_ARABIC.get(word, word) for word in words if word in self._course)

    def _spelt(self, word: str) -> str:
        if word in self.known or word.isdecimal():
            return word
        one = _singular(word)
        if one in self.known:
            return one
        return self._respell(word) or one

    def _rewritten(self, words: list[str], phrases: _Phrases) -> list[str]:
        found: list[str] = []
        i = 0
        while i < len(words):
            for phrase, target in phrases.get(words[i], ()):
                if tuple(words[i : i + len(phrase)]) == phrase:
                    found += target
                    i += len(phrase)
                    break
            else:
                found.append(words[i])
                i += 1
        return found

    @staticmethod
    def _level(match: re.Match[str], levels: list[str]) -> str:
        letter, number, other, to = match.groups()
        if int(number) > _LAST[letter] or not int(number):
            return match.group()
        levels.append(f"{letter}{int(number)}")
        if to and 0 < int(to) <= _LAST[other or letter]:
            levels.append(f"{other or letter}{int(to)}")
        return " "

    @staticmethod
    def _numbered(words: list[str], kept: set[str]) -> Iterator[str]:
        """Yield the levels that are spelt out: "first lumbar vertebra"."""
        for ordinal, region in itertools.pairwise(words):
            if ordinal in _ORDINALS and region in _REGION.values():
                kept.discard(ordinal)
                yield f"{region[0]}{_ORDINALS.index(ordinal) + 1}"

    @staticmethod
    def _regions(kept: set[str], levels: list[str]) -> None:
        """Have the levels name the region: L5-S1 is lumbosacral, whatever else the wording calls it."""
        if not levels:
            return
        region = _region_of(levels)
        if region and not (kept & _REGIONS and region not in ("lumbosacral", "thoracolumbar", "cervicothoracic")):
            kept -= _REGIONS
            kept.add(region)


def _region_of(levels: list[str]) -> str | None:
    letters = {level[0] for level in levels}
    distinct = set(levels)
    if letters == {"l", "s"}:
        return "lumbosacral" if distinct == {"l5", "s1"} else "lumbar"
    if letters == {"s"}:
        return "lumbosacral" if distinct == {"s1"} else "sacral"
    if letters == {"t", "l"}:
        return "thoracolumbar"
    if letters == {"c", "t"}:
        return "cervicothoracic"
    return _REGION[min(letters)] if len(letters) == 1 else None


def is_level(word: str) -> bool:
    """Return whether a word of a key is a vertebral level.

    >>> is_level("l4"), is_level("lumbar")
    (True, False)
    """
    return _IS_LEVEL.fullmatch(word) is not None


def _marked(mark: str) -> tuple[str, ...]:
    return (mark, "fracture") if mark in _OF_FRACTURES else (mark,)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("xes", "ches", "shes")) and not word.endswith("aches") else word[:-1]
