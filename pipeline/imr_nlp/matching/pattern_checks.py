"""Check the patterns of users' rules before any letter is read.

A pattern that can match no text gives empty spans. One whose repetition has no end covers a whole letter. One that can
match one text in many ways may take hours. Each would fail letters of a run, so it is refused when the rules file is
read. The checks read a pattern only: their time grows with its length and not with what it can match.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from imr_nlp.matching.regex_ambiguity import ambiguities

_MAX_LENGTH = 20_000  # characters of a regular expression; the longest shipped one has under 500
_MAX_DEPTH = 50  # nested groups; Python's own parser fails at some hundred
_MAX_TOKENS = 60  # descriptions of one token pattern
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
#: Parts of a regular expression that stand for nearly every character.
_WIDE = (sre.ANY, sre.NOT_LITERAL)
_TEXT_KEYS = frozenset({"ORTH", "TEXT", "LOWER", "LEMMA", "NORM"})


def regex_fault(pattern: str) -> str | None:
    """Return why a regular expression cannot be a rule's pattern, or None.

    Args:
        pattern: The regular expression as the user wrote it.

    Returns:
        One line with the reason and the fix; None for a pattern that can be used.

    >>> regex_fault(r"gel\\s?pads?")
    >>> regex_fault("(gel)?")
    'the pattern can match no text at all; make a part of it required'
    >>> regex_fault("gel.*pad")
    'a repetition without end of nearly every character; give it a bound, such as .{0,80}'
    """
    tree = _parsed(pattern)
    if isinstance(tree, str):
        return tree
    if tree.getwidth()[0] == 0:
        return "the pattern can match no text at all; make a part of it required"
    return next(_endless(tree), None) or next(ambiguities(tree), None)


def _parsed(pattern: str) -> Any:
    """Return an expression as parsed, or why it cannot be."""
    if _depth(pattern) > _MAX_DEPTH:
        return f"groups are nested more than {_MAX_DEPTH} deep; split the pattern into several rules"
    if len(pattern) > _MAX_LENGTH:
        return f"the pattern has more than {_MAX_LENGTH:,} characters; split it into several rules"
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            re.compile(pattern)
            return _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        return f"bad regular expression: {error}"


def _depth(pattern: str) -> int:
    """Return how deep the groups of an expression are nested, at least; escaped brackets count for none."""
    depth = deepest = 0
    for bracket in re.sub(r"\\.", "", pattern, flags=re.DOTALL):
        depth += (bracket == "(") - (bracket == ")")
        deepest = max(deepest, depth)
    return deepest


def _endless(tree: Any) -> Iterator[str]:
    """Yield a reason for each repetition without end that is wide."""
    for operator, argument in tree:
        if operator in _REPEATS and argument[1] is sre.MAXREPEAT and _holds_wide(argument[2]):
            yield "a repetition without end of nearly every character; give it a bound, such as .{0,80}"
        for part in _parts(argument):
            yield from _endless(part)


def _holds_wide(tree: Any) -> bool:
    return any(_is_wide(*item) or any(map(_holds_wide, _parts(item[1]))) for item in tree)


def _is_wide(operator: Any, argument: Any) -> bool:
    if operator is sre.IN:
        kinds = {str(item) for _, item in argument}
        both = any({f"CATEGORY_{name}", f"CATEGORY_NOT_{name}"} <= kinds for name in ("SPACE", "DIGIT", "WORD"))
        return argument[0][0] is sre.NEGATE or both or bool(kinds & {"CATEGORY_NOT_DIGIT", "CATEGORY_NOT_WORD"})
    return operator in _WIDE


def _parts(argument: Any) -> Iterator[Any]:
    """Yield the expressions within the argument of a parsed operator."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, list | tuple):
        for item in argument:
            yield from _parts(item)


def token_pattern_fault(pattern: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why a list of spaCy token descriptions cannot be a rule's pattern, or None.

    >>> token_pattern_fault([{"LOWER": "gel"}, {"LOWER": "pad", "OP": "?"}])
    >>> token_pattern_fault([{"OP": "*"}])
    'the pattern can match no token at all; leave OP away from one of its tokens'
    >>> token_pattern_fault([{"LOWER": "gel"}, {"IS_ALPHA": True, "OP": "+"}])
    'a repetition without end of nearly every token; give it a bound, such as OP: "{1,5}"'
    """
    if len(pattern) > _MAX_TOKENS:
        return f"the pattern has more than {_MAX_TOKENS} token descriptions; split it into several rules"
    bounds = [_times(str(token.get("OP", "1"))) for token in pattern]
    if not any(least for least, _ in bounds):
        return "the pattern can match no token at all; leave OP away from one of its tokens"
    for token, (_, most) in zip(pattern, bounds, strict=True):
        if most is not None and most > 1_000:
            return "a token is repeated more than 1,000 times; give it a smaller bound"
        if most is None and not _names_text(token):
            return 'a repetition without end of nearly every token; give it a bound, such as OP: "{1,5}"'
        for regex in _regexes(token):
            tree = _parsed(regex)
            if fault := tree if isinstance(tree, str) else next(ambiguities(tree), None):
                return fault
    return None


def _times(operator: str) -> tuple[int, int | None]:
    """Return how often a token stands, at least and at most (None: without end), by its OP; "!" takes one token."""
    if operator in ("?", "*", "+"):
        return (1 if operator == "+" else 0), (1 if operator == "?" else None)
    if found := re.fullmatch(r"\{(\d{0,9})(,?)(\d{0,9})\}", operator):
        least = int(found[1] or 0)
        return least, (int(found[3]) if found[3] else None) if found[2] else least
    return 1, 1


def _names_text(token: Mapping[str, Any]) -> bool:
    """Tell whether a description names words; one by flags, a negation or an expression suits most tokens."""
    return any(
        key.upper() in _TEXT_KEYS and (isinstance(value, str) or (isinstance(value, Mapping) and "IN" in value))
        for key, value in token.items()
    )


def _regexes(value: Any) -> Iterator[str]:
    """Yield the regular expressions of a description: ``REGEX: x``, ``REGEX: {IN: [x, y]}``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner) if key == "REGEX" else _regexes(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | Mapping):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
