"""What brat is told of the label scheme: annotation.conf and visual.conf, made from `imr_nlp.records.schema`."""

from __future__ import annotations

from imr_nlp.labels import CHOICES, LABELS

_QUANTITIES = ("SESSION_COUNT", "FREQUENCY", "DURATION")
#: Attributes by kind of span, and the set of values where its name is another.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "DIAGNOSIS": ("assertion",),
    "PROCEDURE": ("status",),
    "MEDICATION": ("status",),
    "SERVICE": ("decision", "category"),
    "CITATION": ("party", "authority"),
    "RATIONALE": ("role",),
    "LETTER": ("Answer",),
}
_VALUES = {"authority": "cited"}
_ANSWERS = ("accepted", "rejected")
_COLOURS = {
    "DIAGNOSIS": "#f4b6b6",
    "PROCEDURE": "#b6d3f4",
    "MEDICATION": "#c9f0c0",
    "SESSION_COUNT": "#f7e3a1",
    "FREQUENCY": "#f5d38a",
    "DURATION": "#f3c473",
    "GUIDELINE": "#d9c3f0",
    "SERVICE": "#cfe8e8",
    "DECISION": "#9fd6d2",
    "CITATION": "#e3d0ea",
    "RATIONALE": "#e6e6e6",
    "FACT": "#f0e0d0",
    "LETTER": "#ffffff",
}


def _values(name: str) -> tuple[str, ...]:
    return _ANSWERS if name == "Answer" else CHOICES[_VALUES.get(name, name)]


def annotation_conf() -> str:
    """Return annotation.conf: types of span, relations between them, attributes with their values."""
    relations = {f"HAS_{label}": label for label in LABELS if label not in _QUANTITIES}
    relations |= {"HAS_QUANTITY": "|".join(_QUANTITIES)}
    relations |= {"HAS_DECISION": "DECISION", "CITES": "CITATION", "HAS_RATIONALE": "RATIONALE"}
    kinds: dict[str, list[str]] = {}
    for kind, names in ATTRIBUTES.items():
        for name in names:
            kinds.setdefault(name, []).append(kind)
    return "\n".join(
        [
            "[entities]",
            *_COLOURS,
            "[relations]",
            *(f"{name}\tArg1:SERVICE, Arg2:{tail}" for name, tail in relations.items()),
            "<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>",
            "[events]",
            "[attributes]",
            *(f"{name}\tArg:{'|'.join(of)}, Value:{'|'.join(_values(name))}" for name, of in kinds.items()),
            "",
        ]
    )


def visual_conf() -> str:
    """Return visual.conf: colours, and the values of attributes as words beside their spans."""
    names = dict.fromkeys(name for of in ATTRIBUTES.values() for name in of)
    glyphs = (
        f"{name}\t{', '.join(f'glyph:[{value}]' if i == 0 else f'[{value}]' for i, value in enumerate(values))}"
        for name, values in ((name, _values(name)) for name in names)
    )
    return "\n".join(
        [
            "[labels]",
            *(f"{kind} | {kind.replace('_', ' ').capitalize()}" for kind in _COLOURS),
            "[drawing]",
            "SPAN_DEFAULT\tfgColor:black, bgColor:lightgrey, borderColor:darken",
            "ARC_DEFAULT\tcolor:black, arrowHead:triangle-5",
            "ATTRIBUTE_DEFAULT\tglyph:*",
            *(f"{kind}\tbgColor:{colour}" for kind, colour in _COLOURS.items()),
            *glyphs,
            "",
        ]
    )
