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
_JOINED = frozenset("-/")
_OF = frozenset(("of", "for", "with", "to", "in", "without", "under"))


class ShortNames:
    """Finds short forms of names.

    Args:
        config: A vocabulary with ``classes`` of parts of the body, which are no heads, and a mapping ``short_names``.
            Its ``not_heads`` are words that mean too much, ``before`` and ``after`` are words that may stand on either
            side, and ``kinds`` are those of the names that have short forms. Its ``own`` are words that mean too much,
            with the names that they are short forms ``of``, their own ``before`` and ``after``, and the pairs of words
            that may ``not_before`` them. Where ``of`` is empty, any name that ends in the word counts, and any name of
            its own ``kinds``.

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
            str(word): {key: frozenset(map(str, listed)) for key, listed in ({"kinds": ()} | own).items()}
            for word, own in rules.get("own", {}).items()
        }

    def names(self, doc: Doc, found: list[NameMatch], within: Sequence[tuple[int, int]]) -> list[NameMatch]:
        """Return the names of a Doc and their short forms, in text order and without overlaps.

        Args:
            doc: The letter.
            found: The names, in text order and without overlaps.
            within: Parts of the Doc (first token, end) where names are looked for.
        """
        strings = doc.vocab.strings
        heads: dict[int, NameMatch] = {}
        for name in found:
            if name.end - name.start > 1 and name.kind in self._kinds and self._is_head(head := _head(doc, name)):
                for form in (head, plural(head)):
                    heads.setdefault(strings[form], name)
        own = {strings[word]: name for word, name in self._own_names(found).items()}
        if not heads and not own:
            return found
        words = doc.to_array(LOWER).tolist()
        taken = {at for name in found for at in range(name.start, name.end)}
        ways = ((own, self._stands_between), (heads, self._stands_alone))
        short: list[NameMatch] = []
        for start, end in within:
            for at in range(start, end):
                for names, stands in ways:
                    known = names.get(words[at])
                    if known and at > known.start and at not in taken and stands(doc, at, start, end):
                        short.append(NameMatch(at, at + 1, RULE, known.canonical, known.kind, known.category))
                        break
        return sorted([*found, *short], key=lambda name: name.start) if short else found

    def _own_names(self, found: Sequence[NameMatch]) -> dict[str, NameMatch]:
        """Return the first name that each word with rules of its own is a short form of."""
        known: dict[str, NameMatch] = {}
        for name in found:
            for word, own in self._own.items():
                ends = not own["of"] and name.end - name.start > 1 and name.canonical.endswith(f" {singular(word)}")
                if ends or name.canonical in own["of"] or name.kind in own["kinds"]:
                    known.setdefault(word, name)
        return known

    def _stands_between(self, doc: Doc, at: int, start: int, end: int) -> bool:
        """Return whether a word with rules of its own stands between its own words."""
        own = self._own[doc[at].lower_]
        if at == start:
            return False
        pair = f"{doc[at - 2].lower_} {doc[at - 1].lower_}" if at > 1 else ""
        after = doc[at + 1].lower_ if at + 1 < end else "."
        sides = doc[at - 1].lower_ in own["before"] and after in own["after"]
        return sides and pair not in own["not_before"]

    def _is_head(self, word: str) -> bool:
        return len(word) >= _MIN_HEAD and word.isalpha() and word not in self._not_heads

    def _stands_alone(self, doc: Doc, at: int, start: int, end: int) -> bool:
        """Return whether the words on either side leave a word a noun of its own."""
        before = doc[at - 1].lower_ if at > start else "."
        after = doc[at + 1].lower_ if at + 1 < end else "."
        if before in _JOINED or after in _JOINED or before == ")":
            return False
        alone = not after.isalpha() or after in self._after or after.endswith(("ed", "ing"))
        return alone and (not before.isalpha() or before in self._before)


def _head(doc: Doc, name: NameMatch) -> str:
    """Return a name's head in the singular: the last word, or that before "of", "for" and their like."""
    for token in doc[name.start + 1 : name.end]:
        if token.lower_ in _OF:
            return singular(doc[token.i - 1].lower_)
    return singular(doc[name.end - 1].lower_)


def _parts(classes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words for sides and parts of the body."""
    for name in ("side", "region", "region_adj"):
        listed = classes.get(name, ())
        for phrase in listed["words"] if isinstance(listed, Mapping) else listed:
            yield from str(phrase).split()
