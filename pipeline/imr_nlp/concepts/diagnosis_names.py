"""What a diagnosis is called: one name in lower case and the singular for all wordings of it.

The names and the words that a name leaves out are in ``concepts/icd10cm/names.yml``, the words for sides in
``words.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from imr_nlp.config import shipped
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular

NAMES = "concepts/icd10cm/names.yml"
WORDS = "concepts/icd10cm/words.yml"
_CACHE_LIMIT = 4096  # names that a process remembers
_LONGEST, _FAILED_UNIONS = 8, "KP"  # characters of a code, the last of which says nonunion or malunion
_SHORT = 3  # letters of a word that is taken for a short form
#: What a title of the classification says of what was not said.
_OPEN = re.compile(
    r",? (?:initial|subsequent) encounter.*$|, sequela$|,? not (?:specified as|elsewhere|intractable).*$|, nec$"
    r"|,? without (?!loss).*$|, unspecified(?: \w+)*$|\bunspecified (?=\w)|^other |, uncomplicated$"
    r"|,? \w*site unspecified$|,? in (?:\w+ )?remission$|,? (?:right|left) (?:worse|greater|more) than .*$"
)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[\"“”]")
_LEVEL = re.compile(
    r"(?:\b(?:at|of|on|from)\s+(?:the\s+)?(?:levels?\s+)?)?\b([clts])-?\d{1,2}\b"
    r"(?:\s?(?:-|/|,|to|and|through|&|on)\s?(?:[clts]-?)?\d{1,2}\b)*(?:\s+levels?\b)?"
)
_SPINE = {"c": "cervical", "t": "thoracic", "l": "lumbar", "s": "sacral"}
_SIZE = re.compile(r"\b\d+(?:\.\d+)?(?:\s?-\s?\d+(?:\.\d+)?)?\s?-?(?:mm|cm|millimeters?|centimeters?|%|percent\b)")
_GRADE = re.compile(
    r",?\s*\b(?:grade|stage|class)\s?-?\s?(?:\d[a-d]?|i{1,3}[ab]?|iv[ab]?|v)(?:\s?(?:-|/|to|or)\s?(?:\d|i{1,3}|iv|v))?\b"
)
_PLACED = re.compile(r"^(?P<what>[^,]+?)(?:,\s*|\s+(?:of|in|to|at|on|involving|affecting)\s+)(?P<where>[^,]+)$")
_WITHIN = re.compile(r"^(?P<what>.+?)\s+of\s+(?:(?:the|a|an|his|her|their)\s+)?(?P<where>.+)$")
_REST = re.compile(r",?\s+(?:with|without|w/o?|due|after|from|following|by|secondary|since|because|as)\b.*$")
_PART = re.compile(r"\b(?:parts?|sites?|aspects?|regions?)\s+of\s+(?:the\s+)?|(?<=al|ic|ar) region\b")
_ARTICLE = re.compile(r"\b(?:the|a|an|his|her|their|its|either|each)\s+")
_LOOSE = re.compile(
    r"^(?:[\s,;:./&-]|(?:and|or|of|in|at|on|to|with|the|a|an)\b)+|(?:[\s,;:./&-]|\b(?:and|or|of|in|at|on|to|with|the|a|an))+$"
)
_BLANKS = re.compile(r"\s+(?=,)|(?<=\s)\s+|,(?=\s*,)")


class DiagnosisNames:
    """Names diagnoses by ``concepts/icd10cm/names.yml``.

    The name of a diagnosis is what this field calls its code. Without one it is the mention's own wording, in one form
    (see `plain`). The title of the code is the name only where that wording is empty or a mere short form.

    >>> names = diagnosis_names()
    >>> names.of("DVT", "I82.409"), names.of("deep vein thrombosis of the left leg", "I82.402")
    ('deep vein thrombosis', 'deep vein thrombosis')
    >>> names.of("severe fractures of the left ankle", "S82.892A", "Other fracture of left lower leg")
    'ankle fracture'
    >>> names.of("XYZ", "S43.306A", "Unspecified dislocation of unspecified part of shoulder girdle, initial encounter")
    'dislocation of part of shoulder girdle'
    """

    def __init__(self, config: Mapping[str, Any], sides: Mapping[str, Iterable[str]]) -> None:
        self._names: Mapping[str, str | Mapping[str, str]] = config["names"]
        self._heads = frozenset(config["heads"])
        side = alternatives([word for words in sides.values() for word in words], blank=r"[\s-]")
        kept = alternatives(config["kept"], blank=r"[\s-]")
        self._kept = compile_pattern(rf"\b(?:{kept})\b")
        self._side = compile_pattern(
            rf"\s*,?\s*(?:\bon\s+(?:the\s+)?|\b(?:the|his|her)\s+)?(?<![\w'])(?:{side})(?![\w/])(?:[\s-]?(?:sided?|sides)\b)?"
        )
        severity = alternatives(config["severity"], blank=r"[\s-]")
        acuity = alternatives(config["acuity"], blank=r"[\s-]")
        self._severity = compile_pattern(rf"(?<![\w-])(?:{severity})(?:\s+(?:to|or|and)\s+(?:{severity}))*(?![\w-])")
        self._acuity = compile_pattern(rf"(?<![\w-])(?:{acuity})(?![\w-])")
        self._written = {_blank(form): long for long, forms in config["written"].items() for form in forms}
        forms = alternatives(self._written, blank=r"[\s-]")
        self._forms = compile_pattern(rf"(?<![\w-])(?:{forms})(?![\w-])")

    def of(self, mention: str, code: str | None = None, title: str = "") -> str:
        """Return the name of a mention with a code, or without one.

        Args:
            mention: What the letter says, short forms that it defines written out.
            code: The likeliest code of the classification.
            title: The code's title.
        """
        own = self.plain(mention, title)
        if code and (known := self._of_code(code, own)):
            return known
        if own and not _is_short_form(own):
            return own
        return plain_title(title) or own or mention.lower()

    def _of_code(self, code: str, own: str) -> str | None:
        if len(code) == _LONGEST and code[-1] in _FAILED_UNIONS:
            return None  # the name of the code is the fracture's
        known = next((self._names[code[:end]] for end in range(len(code), 2, -1) if code[:end] in self._names), None)
        if isinstance(known, Mapping):
            return next((name for said, name in known.items() if re.search(rf"\b{re.escape(said)}", own)), None)
        return known

    def plain(self, mention: str, title: str = "") -> str:
        """Return a mention's own wording in lower case and the singular, without side, level, severity and course.

        A word of acuity ("chronic") stays where the title of the code has it too. A place goes before what is there.

        >>> names = diagnosis_names()
        >>> names.plain("Severe L1 compression fractures"), names.plain("contusions of the right hand")
        ('lumbar compression fracture', 'hand contusion')
        >>> names.plain("chronic cough", "Chronic cough"), names.plain("chronic cough", "Cough, unspecified")
        ('chronic cough', 'cough')
        """
        text = _OPEN.sub(" ", _ASIDE.sub(" ", mention.lower().replace("’", "'")))
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            kept.append(match.group())
            return f"\ue000{chr(0xE001 + len(kept) - 1)}"

        text = self._kept.sub(keep, _PART.sub("", " ".join(text.split())))
        text = _one_blank(_GRADE.sub(" ", _one_blank(_SIZE.sub(" ", text))))
        regions = dict.fromkeys(_SPINE[match[1]] for match in _LEVEL.finditer(text))
        text = _one_blank(_LEVEL.sub(" ", text))
        text = self._severity.sub(" ", self._side.sub(self._parted, text))
        said = title.lower()
        text = self._acuity.sub(lambda match: match.group() if match.group().strip() in said else " ", text)
        text = self._forms.sub(lambda match: self._written[_blank(match.group())], text)
        for number, phrase in enumerate(kept):
            text = text.replace(f"\ue000{chr(0xE001 + number)}", phrase)
        text = _loose(text)
        text = _loose(self._placed(text))
        if len(regions) == 1 and text and not any(region in text for region in _SPINE.values()):
            text = f"{next(iter(regions))} {text}"
        return text

    def _parted(self, match: re.Match[str]) -> str:
        """Leave a comma for a side between a condition and its place: "effusion right knee"."""
        before = match.string[: match.start()].rpartition(" ")[2]
        return ", " if singular(before) in self._heads else " "

    def _placed(self, text: str) -> str:
        """Have the place before the condition, and the condition in the singular."""
        rest = _REST.search(text)
        tail = rest.group() if rest else ""
        text = text[: len(text) - len(tail)] if tail else text
        text = _loose(text)
        found = _PLACED.match(text)
        if found and singular(found["what"]).rpartition(" ")[2] in self._heads:
            where = " and ".join(map(singular, _loose(_ARTICLE.sub("", found["where"])).split(" and ")))
            while inner := _WITHIN.match(where):
                where = f"{inner['where']} {inner['what']}"
            return f"{where} {singular(found['what'])}{tail}"
        what, of, where = _parts(_ARTICLE.sub("", text) if not found else text)
        return f"{singular(what)}{of}{where}{tail}"


def plain_title(title: str) -> str:
    """Return the title of a code in lower case, without what it leaves open.

    >>> plain_title("Other sprain of right wrist, sequela"), plain_title("Asthma, unspecified, uncomplicated")
    ('sprain of right wrist', 'asthma')
    """
    text = title.lower()
    for _ in range(2):
        text = " ".join(_OPEN.sub(" ", text).split()).strip(" ,")
    return text or title.lower()


@lru_cache(maxsize=1)
def diagnosis_names() -> DiagnosisNames:
    """Return the shipped names, read once a process."""
    return DiagnosisNames(shipped(NAMES), shipped(WORDS)["sides"])


@lru_cache(maxsize=_CACHE_LIMIT)
def diagnosis_name(mention: str, code: str | None = None, title: str = "") -> str:
    """Return the name of a diagnosis by the shipped names (see `DiagnosisNames.of`).

    >>> diagnosis_name("neck sprain", "S13.4XXA"), diagnosis_name("left wing rot")
    ('cervical sprain', 'wing rot')
    """
    return diagnosis_names().of(mention, code, title)


def _parts(text: str) -> tuple[str, str, str]:
    """Return what stands before the first preposition or comma, that itself, and what follows."""
    found = re.search(r",?\s+(?:of|in|to|at|on|involving|affecting)\s+|,\s*", text)
    return (text[: found.start()], found.group(), text[found.end() :]) if found else (text, "", "")


def _is_short_form(name: str) -> bool:
    return " " not in name and (len(name) <= _SHORT or not re.search(r"[aeiouy]", name))


def _blank(form: str) -> str:
    return " ".join(form.replace("-", " ").split())


def _one_blank(text: str) -> str:
    """Return a text without runs of blanks, which the patterns that follow would try in many ways."""
    return " ".join(text.split())


def _loose(text: str) -> str:
    """Return a wording without double blanks, and without the words and signs that its ends have lost their mate of."""
    return " ".join(_LOOSE.sub("", _BLANKS.sub("", text)).split())
