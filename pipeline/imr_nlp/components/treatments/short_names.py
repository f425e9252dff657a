"""Short forms of names that the letter has given in full: "the glove" after "a custom compression glove".

A head alone ("glove", "implant", "plugs") is too common a word to be a name. Where the letter has named the whole
treatment before, the head alone means it. Words around it must leave it a noun of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spacy.attrs import LOWER
from spacy.tokens import Doc

from imr_nlp.matching.name_finder import NameMatch
from imr_nlp.text.inflection import plural, singular

RULE = "px.short_name"
_MIN_HEAD = 4  # letters
_OF = frozenset(("of", "for", "with", "to", "in", "without", "under"))


class ShortNames:
    """Finds short forms of names.

    Args:
        config: A vocabulary with ``classes`` of parts of the body, which are no heads, and a mapping ``short_names``.
            Its ``not_heads`` are words that mean too much, ``before`` and ``after`` are words that may stand on either
            side, and ``kinds`` are those of the names that have short forms. Its ``own`` are words that mean too much,
            with the names that they are short forms ``of``, their own ``before`` and ``after``, and the pairs of words
            that may ``not_before`` them. Where ``of`` is empty, any name that ends in the word counts.

    >>> import spacy
    >>> rules = {"not_heads": ["unit"], "before": ["the"], "after": ["was"], "kinds": ["device"]}
    >>> short = ShortNames({"short_names": rules, "classes": {}})
    >>> doc = spacy.blank("en")("a compression glove, later the gloves.")
    >>> glove = NameMatch(1, 3, "px.device", "compression glove", "device", "dmepos")
    >>> [(name.start, name.end, name.canonical) for name in short.names(doc, [glove], [(0, len(doc))])]
    [(1, 3, 'compression glove'), (6, 7, 'compression glove')]
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        rules = config["short_names"]
        self._not_heads = frozenset(map(str, rules["not_heads"])) | frozenset(_parts(config["classes"]))
        self._before, self._after = (frozenset(map(str, rules[side])) for side in ("before", "after"))
        self._kinds = frozenset(rules["kinds"])
        self._own = {
            str(word): {key: frozenset(map(str, listed)) for key, listed in own.items()}
            for word, own in rules.get("own", {}).items()
        }

    def names(self, doc: Doc, found: list[NameMatch], within: Sequence[tuple[int, int]]) -> list[NameMatch]:
        """Return the names of a Doc and their short forms, in text order and without overlaps.

        Args:
            doc: The letter.
            found: The names, in text order and without overlaps.
            within: Parts of the Doc (first token, end) where names are looked for.
        """
        if not found:
            return found
        strings = doc.vocab.strings
        words = [strings[lower] for lower in doc.to_array(LOWER).tolist()]
        heads: dict[str, NameMatch] = {}
        for name in found:
            head = singular(words[_head(words, name)])
            if name.end - name.start > 1 and name.kind in self._kinds and self._is_head(head):
                heads.setdefault(head, name)
                heads.setdefault(plural(head), name)
        own = self._own_names(found)
        if not heads and not own:
            return found
        taken = {at for name in found for at in range(name.start, name.end)}
        short = [
            NameMatch(at, at + 1, RULE, known.canonical, known.kind, known.category)
            for start, end in within
            for at in range(start, end)
            if (known := heads.get(words[at])) and at > known.start and at not in taken
            if self._stands_alone(words, at, start, end)
        ]
        if not own.keys().isdisjoint(words):
            short += [
                NameMatch(at, at + 1, RULE, known.canonical, known.kind, known.category)
                for start, end in within
                for at in range(start + 1, end - 1)
                if (known := own.get(words[at])) and at > known.start and at not in taken
                if self._stands_between(words, at)
            ]
        return sorted([*found, *short], key=lambda name: name.start) if short else found

    def _own_names(self, found: Sequence[NameMatch]) -> dict[str, NameMatch]:
        """Return the first name that each word with rules of its own is a short form of."""
        known: dict[str, NameMatch] = {}
        for name in found:
            for word, own in self._own.items():
                ends = not own["of"] and name.end - name.start > 1 and name.canonical.endswith(singular(f" {word}"))
                if ends or name.canonical in own["of"]:
                    known.setdefault(word, name)
        return known

    def _stands_between(self, words: Sequence[str], at: int) -> bool:
        """Return whether a word with rules of its own stands between its own words."""
        own = self._own[words[at]]
        pair = f"{words[at - 2]} {words[at - 1]}" if at > 1 else ""
        return words[at - 1] in own["before"] and pair not in own["not_before"] and words[at + 1] in own["after"]

    def _is_head(self, word: str) -> bool:
        return len(word) >= _MIN_HEAD and word.isalpha() and word not in self._not_heads

    def _stands_alone(self, words: Sequence[str], at: int, start: int, end: int) -> bool:
        """Return whether the words on either side leave a word a noun of its own."""
        before = words[at - 1] if at > start else "."
        after = words[at + 1] if at + 1 < end else "."
        joined = before in ("-", "/") or after in ("-", "/")
        return not joined and before != ")" and (not before.isalpha() or before in self._before) and (
            not after.isalpha() or after in self._after or after.endswith(("ed", "ing"))
        )  # fmt: skip


def _head(words: Sequence[str], name: NameMatch) -> int:
    """Return the token that is a name's head: the last one, or that before "of", "for" and their like."""
    inner = (at for at in range(name.start + 1, name.end) if words[at] in _OF)
    return next(inner, name.end) - 1


def _parts(classes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words for sides and parts of the body."""
    for name in ("side", "region", "region_adj"):
        listed = classes.get(name, ())
        for phrase in listed["words"] if isinstance(listed, Mapping) else listed:
            yield from str(phrase).split()
