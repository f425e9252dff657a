"""Parts of the body that a text names: side, region and vertebral level."""

from __future__ import annotations

import re
from functools import lru_cache

from imr_nlp.config import shipped
from imr_nlp.text.alternatives import whole_words
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import plural, singular

_LEVEL = r"(?P<level>\b[CLTS](?:1[0-2]|[1-9])(?:\s?(?:-|/|to|through|and|,)\s?[CLTS]?(?:1[0-2]|[1-9])\b){0,4})"


_SPINE = {"C": "cervical spine", "T": "thoracic spine", "L": "lumbar spine", "S": "lumbar spine"}


_JOINING = re.compile(r"(?:\s|,|/|&|\(|\)|-|\band\b|\bor\b|\bthe\b|\bto\b|\bof\b|\bpain\b|\baspect\b)*")


#: What may stand between a side and its part: "right total knee", "left endoscopic carpal tunnel release".
_BETWEEN = re.compile(
    r"[\s(]*(?:(?:(?!and\b|or\b|for\b|of\b|to\b|with\b)[A-Za-z-]{3,18}|[1-5](?:st|nd|rd|th))\s){0,2}", re.IGNORECASE
)


MAX_TRAILING = 40  # characters from a part to a side that follows it ("Knee arthroscopy, left")


_IRREGULAR = {"foot": "feet", "tooth": "teeth"}


def body_parts(request: str) -> list[str]:
    """Return the parts of the body that a request is for: lower case, side first, in the order of the text.

    A side is carried on through a list of limbs; vertebral levels stand for their region of the spine.

    >>> body_parts("EMG/NCV of the right hip and foot"), body_parts("cervical and thoracic spine MRI")
    (['right hip', 'right foot'], ['cervical spine', 'thoracic spine'])
    >>> body_parts("Right L5-S1 epidural steroid injection"), body_parts("Open carpal tunnel release")
    (['right lumbar spine'], [])
    """
    words = _Anatomy.shipped()
    found: list[list[str]] = []
    loose: list[list[str]] = []
    sides: list[str] = []
    adjectives: dict[str, bool] = {}  # whether a part was only named as "lumbar", not as "lumbar spine"
    side, reach, after, run = "", -1, -1, 0  # `run` is where a chain of parts begins: "wrist and hand"
    for match in words.pattern.finditer(request):
        near = after >= 0 and _JOINING.fullmatch(request, after, match.start()) is not None
        if match.lastgroup == "skip":
            continue
        if match.lastgroup == "side":
            side = words.side(match.group())
            sides.append(side)
            following = words.pattern.search(request, match.end())
            leads = following and following.lastgroup in ("region", "level") and _JOINING.fullmatch(
                request, match.end(), following.start()
            )  # fmt: skip
            if found and not leads and not found[-1][0] and match.start() - after <= MAX_TRAILING:
                for entry in found[run:-1]:  # "ankle and foot X-rays, right"
                    entry[0] = entry[0] or ("" if entry[1] in words.midline else side)
                found[-1][0], side = side, ""
            elif loose and not found and not leads and not loose[-1][0] and match.start() - after <= MAX_TRAILING:
                loose[-1][0], side = side, ""  # "hearing aids, bilateral"
            reach, after = match.end(), match.end()
            continue
        direct = reach >= 0 and _BETWEEN.fullmatch(request, reach, match.start()) is not None
        if not near or "," in request[after : match.start()]:
            run = len(found)
        near = near or direct
        if not near:
            side = ""
        after = match.end()
        if match.lastgroup == "level":
            _add_level(found, side, match.group()[0].upper())
            continue
        written = match.group("region").lower()
        own_side = side if direct or written not in words.midline else ""
        part = words.part(written)
        target = loose if written in words.inside else found
        if (first := part.partition(" "))[0] in ("bilateral", "left", "right"):
            own_side, part = first[0], first[2]
        _add_part(target, own_side, part)
        adjectives[part] = written != part
    # "Lumbar support for the low back" is for one part: the one named in full.
    both = {words.in_full[part] for _, part in found if part in words.in_full}
    found = [entry for entry in found if not (entry[1] in both and adjectives.get(entry[1]))]
    # "Orthopedic spine consultation, lumbar", "finger splint, left ring finger" are for the part that says more.
    found = [entry for entry in found if entry[0] or not any(part.endswith(f" {entry[1]}") for _, part in found)]
    found = found or [entry for entry in loose if entry[0] and entry[1] not in words.midline]
    if len(found) == 1 and len(set(sides)) == 1 and found[0][1] not in words.midline:
        found[0][0] = found[0][0] or sides[0]  # "left nerve transposition at the elbow": there is no other part
    return list(dict.fromkeys(_worded(side, part) for side, part in found))


def _add_level(found: list[list[str]], side: str, letter: str) -> None:
    part = _SPINE[letter]
    for entry in found:
        if "spine" in entry[1] or "back" in entry[1] or entry[1] == "neck":
            entry[0] = entry[0] or side
            return
    found.append([side, part])


def _add_part(found: list[list[str]], side: str, part: str) -> None:
    """Add a part; one that is there already only learns its side ("left L5 injection, lumbar spine")."""
    for entry in found:
        if entry[1] == part and (not entry[0] or not side or entry[0] == side):
            entry[0] = entry[0] or side
            return
    found.append([side, part])


def _worded(side: str, part: str) -> str:
    if side == "bilateral" and "spine" not in part and not part.endswith(("s", "feet", "teeth", "back")):
        part = _IRREGULAR.get(part) or plural(part)
    return f"{side} {part}".strip()


class _Anatomy:
    """The words of ``concepts/anatomy.yml`` that name a part of the body, as one pattern."""

    def __init__(self) -> None:
        config = shipped("concepts/anatomy.yml")
        implied = shipped("concepts/service_categories.yml")["implied_parts"]
        self.canonical: dict[str, str] = {**config["canonical"], **implied}
        self.plurals = frozenset(config["plurals"])
        self.inside = frozenset([*config["inside"], *implied, *(plural(word) for word in implied)])
        self.midline = frozenset(config["midline"])
        self.in_full: dict[str, str] = config["in_full"]
        self.sides: dict[str, str] = {}
        for word in (*config["classes"]["side"], *config["short_sides"]):
            self.sides[word] = _side(word)
        regions = {word for word in config["classes"]["region"]["words"] if word not in config["not_parts"]}
        regions |= set(config["classes"]["region_adj"]) & set(self.canonical) | set(implied)
        regions |= {plural(word) for word in regions}
        short = [word for word in regions if word in config["capitals"]]
        long = [word for word in regions if word not in config["capitals"]]
        # "L knee", "(R) wrist"; "L spine" is no left one
        letter = rf"(?<![\w/-])(?:\([LR]\)|[LR]\b\.?)(?=\s{{1,2}}(?!spine)(?i:{whole_words(long)}))"
        skip = "|".join(f"(?:{name})" for name in config["not_body"])
        self.pattern = compile_pattern(
            rf"(?P<skip>(?i:\b(?:{skip})\b))|(?P<side>(?i:{whole_words(self.sides)})|{letter})|{_LEVEL}"
            rf"|(?P<region>(?i:{whole_words(long)})|(?:{whole_words(word.upper() for word in short)}))"
        )

    @staticmethod
    @lru_cache(maxsize=1)
    def shipped() -> _Anatomy:
        """Return the shipped anatomy, compiled once a process."""
        return _Anatomy()

    def side(self, written: str) -> str:
        """Return the side for a wording: "L", "(R)", "bilat."."""
        return self.sides.get(written.lower()) or _side(written.lower().strip("()."))

    def part(self, written: str) -> str:
        """Return the name of a part in the record, for a wording."""
        if known := self.canonical.get(written):
            return known
        one = singular(written)
        return self.canonical.get(one) or (written if written in self.plurals else one)


def _side(word: str) -> str:
    if word.startswith(("bi", "both")) or any(joint in word for joint in ("and", "/", "&")):
        return "bilateral"
    return {"l": "left", "r": "right"}.get(word[0], "")
