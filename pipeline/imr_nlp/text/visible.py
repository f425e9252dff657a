"""Text made safe to show: characters that steer a terminal or turn the text around them become visible."""

from __future__ import annotations

import re

#: Control characters but for white space; marks of text direction; characters without width; surrogates; annotation
#: marks and tags.
STEERING = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f"
)
_STEERING = re.compile(f"[{STEERING}]")
_STEERING_IN_JSON = re.compile(f"[\\x85\\u2028\\u2029{STEERING}]")
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


def json_line(text: str) -> str:
    """Return JSON in which such characters stand as escapes, so that a terminal can show it; its value is the same.

    Args:
        text: JSON as `json.dumps` writes it with ``ensure_ascii=False``.

    >>> json_line('{"path": "left\u202eknee"}')
    '{"path": "left\\\\u202eknee"}'
    """
    return _STEERING_IN_JSON.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
