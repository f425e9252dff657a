"""Regular expressions that stay compiled between runs.

Vocabularies become patterns of up to 30,000 characters. In a profile of loading, `re` took 2.6 of 6.4 s.
Their compiled form is therefore kept (`imr_nlp.cache`). CPython checks a compiled pattern before it uses it. On a
Python that this module does not know, patterns are compiled as usual.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from functools import cache
from typing import NamedTuple

from imr_nlp.cache import ContentCache, beside

try:
    import _sre  # type: ignore[import-not-found]  # what `re` itself is built on
    from re import _compiler, _parser  # type: ignore[attr-defined]
except ImportError:
    _sre = None

_SHORT = 20  # characters; a shorter pattern is compiled in little more time than it takes to look it up
_CODE = "I"  # type code of the numbers of a compiled pattern
_ENGINE = _sre is not None and getattr(_sre, "CODESIZE", 0) == array(_CODE).itemsize


class _Parts(NamedTuple):
    """What `re` makes of a pattern: what ``_sre.compile`` takes beside the pattern's text."""

    flags: int
    groups: int
    names: dict[str, int]
    code: list[int]

    def to_bytes(self) -> bytes:
        head = json.dumps([self.flags, self.groups, self.names]).encode()
        return head + b"\n" + array(_CODE, self.code).tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> _Parts:
        head, _, code = content.partition(b"\n")
        flags, groups, names = json.loads(head)
        return cls(flags, groups, names, array(_CODE, code).tolist())

    @classmethod
    def made_of(cls, pattern: str, flags: int) -> _Parts:
        """Compile a pattern as `re.compile` does, up to the last step."""
        parsed = _parser.parse(pattern, flags)
        code = _compiler._code(parsed, flags)
        return cls(flags | parsed.state.flags, parsed.state.groups - 1, dict(parsed.state.groupdict), code)

    def pattern(self, text: str) -> re.Pattern[str]:
        by_number: list[str | None] = [None] * (self.groups + 1)
        for name, number in self.names.items():
            by_number[number] = name
        made: re.Pattern[str] = _sre.compile(text, self.flags, self.code, self.groups, self.names, tuple(by_number))
        return made


@cache
def _cache() -> ContentCache:
    return beside(__file__, f"{getattr(_sre, 'MAGIC', 0)} {sys.byteorder}")


def compile_pattern(pattern: str, flags: int = 0, kept: ContentCache | None = None) -> re.Pattern[str]:
    """Return what ``re.compile(pattern, flags)`` returns, from the compiled patterns that are kept where it is there.

    For patterns that are made of a vocabulary.

    Args:
        pattern: The regular expression.
        flags: Flags of `re`.
        kept: Where compiled patterns are kept; by default one file for all of this package.

    Raises:
        re.error: The pattern is not a regular expression.

    >>> compile_pattern("[a-z]+").match("knee 2")[0]
    'knee'
    """
    if not _ENGINE or len(pattern) < _SHORT:
        return re.compile(pattern, flags)
    kept = kept if kept is not None else _cache()
    source = f"{int(flags)} {pattern}"
    try:
        found = kept.get(source)
        parts = _Parts.from_bytes(found) if found is not None else _Parts.made_of(pattern, int(flags))
        made = parts.pattern(pattern)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return re.compile(pattern, flags)
    if found is None:
        kept.put(source, parts.to_bytes())
    return made
