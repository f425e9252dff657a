"""Names of treatments by composition: heads and modifiers taken from the vocabulary's own names.

A vocabulary can't list every combination of words that it knows. "Spinal manipulation" and "therapy" are listed,
"spinal manipulation therapy" need not be. The last word of a listed name is a head, the words before it are modifiers
of the name's kind. A found name takes the modifiers before it and the head that completes it. A head that is told by
modifiers of its own kind is a name by itself. What a name leaves out by the label guide (sides, counts, "additional",
parts of the body before a test) is no modifier.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from spacy.attrs import LOWER
from spacy.tokens import Doc

from imr_nlp.matching.name_finder import NameMatch
from imr_nlp.matching.phrases import CACHE_SIZE
from imr_nlp.matching.token_grammar import entry_key
from imr_nlp.text.inflection import singular

RULE = "px.composed"
_OFTEN = 3  # listed names that a head ends
_JOINTS = frozenset("-/")
_AND = frozenset(("and", "or"))
#: Words after which a part of the body belongs to something else: "pain of the wrist and thumb splints".
_OF = frozenset(("of", "in", "to", "for", "the", "on", "at", "over", "left", "right", "bilateral", "and", ","))


class Composition:
    """Widens the names of a Doc and adds those that only their words tell.

    Args:
        config: A vocabulary with ``names``, ``classes`` and a mapping ``composition``. Its keys are
            ``not_modifiers`` and ``not_heads`` (words), ``with_part`` (kinds whose names hold the part of the body),
            ``completing`` (heads after a name, by kind), ``says_nothing`` (those that leave the canonical name as it
            is), ``sharing`` (kinds whose names may share a head), ``telling`` (kinds in which a head with modifiers is
            a name by itself) and ``modifiers`` (more of them, by kind).
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        rules = config["composition"]
        self._entries = [
            (str(word), group["kind"], group["category"])
            for group in config["names"]
            for name, others in group["names"].items()
            for word in (name, *others)
        ]
        self._own = [(str(word), kind) for kind, words in rules["modifiers"].items() for word in words]
        self._not_modifiers = frozenset(map(str, rules["not_modifiers"]))
        self._not_heads = frozenset(map(str, rules["not_heads"]))
        self._with_part = frozenset(rules["with_part"])
        self._completing = {kind: frozenset(words) for kind, words in rules["completing"].items()}
        self._says_nothing = frozenset(rules["says_nothing"])
        self._sharing = frozenset(rules["sharing"])
        self._telling = frozenset(rules["telling"])
        self._parts: set[str] = set()
        self._regions: set[str] = set()
        for name in ("side", "region", "region_adj"):
            listed = config["classes"][name]
            for phrase in listed["words"] if isinstance(listed, dict) else listed:
                self._parts |= set(str(phrase).split())
                if name != "side" and " " not in str(phrase):
                    self._regions.add(str(phrase))
        self.switch_off(())

    def switch_off(self, entries: Collection[str]) -> None:
        """Learn the heads and modifiers anew, without these names."""
        self._heads: dict[str, tuple[str, str]] = {}
        self._modifiers: dict[str, set[str]] = defaultdict(set)
        ends: Counter[str] = Counter()
        for written, kind, category in self._entries:
            words = written.lower().replace("-", " ").replace("/", " ").split()
            if len(words) < 2 or entry_key(words) in entries or not self._not_modifiers.isdisjoint(words[1:-1]):
                continue
            head = singular(words[-1])
            if head.isalpha() and head not in self._not_heads and head not in self._not_modifiers:
                self._heads.setdefault(head, (kind, category))
                ends[head] += 1
            for word in words[:-1]:
                if word not in self._not_modifiers and word.isalpha() and len(word) > 1:
                    self._modifiers[word].add(kind)
        self._heads = {head: known for head, known in self._heads.items() if ends[head] >= _OFTEN}
        self._told_by: dict[str, tuple[str, str] | None] = {}
        for word, kind in self._own:
            self._modifiers[word].add(kind)

    def names(self, doc: Doc, found: Sequence[NameMatch], stretches: Iterable[tuple[int, int]]) -> list[NameMatch]:
        """Return the names of a Doc, the found ones widened, in text order and without overlaps."""
        words = [doc.vocab.strings[lower] for lower in doc.to_array(LOWER).tolist()]
        made: list[NameMatch] = []
        limits = sorted(stretches)
        at = 0
        for name in found:
            while at < len(limits) and limits[at][1] < name.end:
                at += 1
            low, high = limits[at] if at < len(limits) else (name.start, name.end)
            start = self._left(doc, words, name.start, max(low, made[-1].end if made else 0), name.kind)
            if name.kind in self._sharing and name.end - start > 1:
                start = self._shared(doc, words, start, low, name.kind, made)
            end = self._right(words, name.end, high, name.kind)
            while made and made[-1].start >= start:
                made.pop()
            made.append(self._renamed(doc, name, start, end))
        return self._with_told(doc, words, made, limits)

    def _left(self, doc: Doc, words: Sequence[str], start: int, low: int, kind: str) -> int:
        """Return where a name begins whose known part begins at ``start``."""
        while start > low:
            if self._is_modifier(words[start - 1], kind):
                start -= 1
            elif (
                words[start - 1] in _JOINTS
                and start - 2 >= low
                and not doc[start - 1].whitespace_
                and not doc[start - 2].whitespace_
                and self._is_modifier(words[start - 2], kind)
            ):
                start -= 2
            else:
                break
        return start

    def _shared(
        self, doc: Doc, words: Sequence[str], start: int, low: int, kind: str, made: Sequence[NameMatch]
    ) -> int:
        """Return where a name begins that shares its head with what stands before: "wrist and thumb splints"."""
        before = made[-1] if made else None
        if start - 2 < low:
            return start
        joint = words[start - 1]
        if joint in _JOINTS and not doc[start - 1].whitespace_ and not doc[start - 2].whitespace_:
            return before.start if before and before.end == start - 1 and before.kind == kind else start
        if joint not in _AND or kind not in self._with_part:
            return start
        word = words[start - 2]
        if word in self._heads or (start - 3 >= low and words[start - 3] in _OF):
            return start
        if before and before.end == start - 1 and before.end - before.start > 1:
            return start
        return start - 2 if self._is_modifier(word, kind) or word in self._regions else start

    def _is_modifier(self, word: str, kind: str) -> bool:
        return kind in self._modifiers.get(word, ()) and (kind in self._with_part or word not in self._parts)

    def _right(self, words: Sequence[str], end: int, high: int, kind: str) -> int:
        completing = self._completing.get(kind, ())
        while end < high and words[end] in completing and words[end] != words[end - 1]:
            end += 1
        return end

    def _renamed(self, doc: Doc, name: NameMatch, start: int, end: int) -> NameMatch:
        """Return a name at a new place; "EMG studies" keeps the canonical name of "EMG"."""
        if (start, end) == (name.start, name.end):
            return name
        words = [token.lower_ for token in doc[name.end : end]]
        known = start == name.start and self._says_nothing.issuperset(words)
        text = name.canonical if known else singular(" ".join(doc[start:end].text.lower().split()))
        return NameMatch(start, end, f"{name.rule}+", text, name.kind, name.category)

    def _telling_head(self, word: str) -> tuple[str, str] | None:
        """Return the kind and category of a head, singular or plural, that modifiers can tell."""
        try:
            return self._told_by[word]
        except KeyError:
            known = self._heads.get(word) or self._heads.get(singular(word))
            if len(self._told_by) >= CACHE_SIZE:
                self._told_by.clear()
            self._told_by[word] = known = known if known and known[0] in self._telling else None
            return known

    def _with_told(
        self, doc: Doc, words: Sequence[str], names: list[NameMatch], limits: Sequence[tuple[int, int]]
    ) -> list[NameMatch]:
        """Add the heads that modifiers of their own kind tell."""
        out: list[NameMatch] = []
        waiting = iter([*names, None])
        following = next(waiting)
        for low, high in limits:
            i = low
            while i < high:
                while following is not None and following.start < i:
                    out.append(following)
                    following = next(waiting)
                if following is not None and following.start == i:
                    i = max(following.end, i + 1)
                    continue
                known = self._telling_head(words[i])
                if known:
                    floor = max(low, out[-1].end if out else 0)
                    start = self._left(doc, words, i, floor, known[0])
                    told = [word for word in words[start:i] if word not in self._parts and word not in _JOINTS]
                    if told:
                        text = doc[start : i + 1].text.lower()
                        out.append(NameMatch(start, i + 1, RULE, singular(" ".join(text.split())), *known))
                i += 1
        while following is not None:
            out.append(following)
            following = next(waiting)
        return out
