"""How findings look: titles and colours of labels, roles and decisions, read from ``configs/report.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from imr_nlp.config import shipped


@dataclass(frozen=True, slots=True)
class Look:
    """Title and colours of one value. ``light`` and ``dark`` are backgrounds, ``ink`` is for lines and marks."""

    title: str
    light: str
    dark: str
    ink: str
    terminal: str


@cache
def looks(kind: str) -> dict[str, Look]:
    """Return the looks of all values of a kind.

    Args:
        kind: ``labels``, ``roles`` or ``decisions``.

    Returns:
        Looks by value, in the order in which a legend shows them.

    >>> looks("decisions")["overturned"].title
    'Overturned'
    """
    return {value: Look(**look) for value, look in shipped("report.yml")[kind].items()}


def displacy_options() -> dict[str, Any]:
    """Return displaCy's options that show a letter's entities in the project's colours.

    Returns:
        Options for ``displacy.render(doc, style="span", options=...)``.

    >>> displacy_options()["spans_key"], displacy_options()["colors"].get("GUIDELINE")
    ('imr', '#e6dafb')
    """
    return {"spans_key": "imr", "colors": {label: look.light for label, look in looks("labels").items()}}
