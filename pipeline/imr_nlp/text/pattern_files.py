"""Patterns that a file under ``configs/`` holds by name, each with texts that it must match.

A pattern may stand anywhere in the file. It is a mapping with the keys ``pattern``, ``examples`` and perhaps
``any_case``. ``%name%`` in it stands for an entry of the file's ``parts``, or for words that the reader fills in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from imr_nlp.config import ConfigError, at, read_yaml
from imr_nlp.text.compiled import compile_pattern

_NAMED = re.compile(r"%([A-Za-z_]+)%")


def load_patterns(
    path: str, kind: str, words: Mapping[str, str] | None = None, groups: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Read a file of patterns.

    A pattern is tried on its examples unless it holds ``words``. Those are of another file, which may be a user's own.

    Args:
        path: The file; a relative path is taken from ``configs/``.
        kind: Name of the shipped file of the same kind.
        words: Expressions that are made of another file's words, by the names that stand for them.
        groups: Names of the groups that a pattern must have, split at blanks, by the pattern's key.

    Returns:
        The file's content without its parts, with `re.Pattern` objects in the places of patterns.

    Raises:
        ConfigError: The file does not fit its model, or a pattern cannot be used. The message says where and why.

    >>> load_patterns("citations.yml", "citations.yml", {"TITLES": "knee", "CHAPTERS": "back"})["within"].pattern
    '\\\\b(?:of|in|from|by|per|within|under)\\\\s(?:the\\\\s)?$'
    """
    data: dict[str, Any] = read_yaml(path, kind)
    reader = _Reader(path, words or {}, data.get("parts") or {}, groups or {})
    return {key: reader.read(value, (key,)) for key, value in data.items() if key != "parts"}


class _Reader:
    """Fills parts in and compiles.

    Attributes:
        parts: What each name stands for.
        worded: Names of what holds words of another file.
    """

    def __init__(
        self, path: str, words: Mapping[str, str], parts: Mapping[str, str], groups: Mapping[str, str]
    ) -> None:
        self.path, self.groups = path, groups
        self.parts = dict(words)
        self.worded = set(words)
        for name, part in parts.items():
            self.parts[name] = self._filled(part, ("parts", name))
            if self._has_words(part):
                self.worded.add(name)

    def read(self, value: Any, place: tuple[str | int, ...]) -> Any:
        """Return a value of the file with its patterns compiled."""
        if isinstance(value, list):
            return [self.read(item, (*place, i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if "pattern" not in value:
            return {key: self.read(item, (*place, key)) for key, item in value.items()}
        return self._compiled(value, place)

    def _compiled(self, entry: Mapping[str, Any], place: tuple[str | int, ...]) -> re.Pattern[str]:
        text = self._filled(entry["pattern"], (*place, "pattern"))
        try:
            pattern = compile_pattern(text, re.IGNORECASE if entry.get("any_case") else 0)
        except re.error as error:
            reason = f"not a regular expression with its parts filled in: {error}"
            raise self._refused(reason, *place, "pattern") from error
        for name in self.groups.get(str(place[-1]), "").split():
            if name not in pattern.groupindex:
                reason = f'has no group "{name}"; put (?P<{name}>…) around what is to be read'
                raise self._refused(reason, *place, "pattern")
        for i, example in enumerate(() if self._has_words(entry["pattern"]) else entry["examples"]):
            if not pattern.search(example):
                reason = f'the pattern does not match "{example}"; change the pattern or the example'
                raise self._refused(reason, *place, "examples", i)
        return pattern

    def _filled(self, pattern: str, place: tuple[str | int, ...]) -> str:
        """Return a pattern with its parts filled in."""

        def part(found: re.Match[str]) -> str:
            name = found[1]
            if name not in self.parts:
                close = get_close_matches(name, self.parts, n=1)
                advice = f'did you mean "%{close[0]}%"?' if close else "add it to parts, above its use"
                raise self._refused(f'no part has the name "{name}"; {advice}', *place)
            return self.parts[name]

        return _NAMED.sub(part, pattern)

    def _has_words(self, pattern: str) -> bool:
        return not self.worded.isdisjoint(_NAMED.findall(pattern))

    def _refused(self, reason: str, *place: str | int) -> ConfigError:
        return ConfigError(f"{at(self.path, *place)}: {'.'.join(map(str, place))}: {reason}")
