"""Text made safe to show: characters that steer a terminal or turn the text around them become visible."""

from __future__ import annotations

import re

#: Control characters but for white space; marks of text direction; surrogates; annotation marks and tags.
STEERING = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f"
)
_STEERING = re.compile(f"[{STEERING}]")
_SPACE = re.compile(r"\s+")


def visible(text: object) -> str:
    """Return text in which no character steers a terminal or the direction of the text around it.

    Such a character is written as its code point, so that a reader sees that it is there. Line ends and tabs stay.

    >>> visible("left\\u202eknee\\x1b[2J")
    'left‹U+202E›knee‹U+001B›[2J'
    """
    return _STEERING.sub(lambda found: f"‹U+{ord(found[0]):04X}›", str(text))


def one_line(text: object) -> str:
    """Return visible text on one line, its white space as single spaces.

    >>> one_line(" MRI of the\\n  left knee ")
    'MRI of the left knee'
    """
    return _SPACE.sub(" ", visible(text)).strip()
