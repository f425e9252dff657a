"""Amounts and times in the subject of a statement: what part of a request it is about."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from imr_nlp.components.layout.statements.attributions import Attributions
from imr_nlp.components.layout.statements.words import Word

#: Units of a drug's strength, and the largest number that may end a range of things counted.
_STRENGTHS = frozenset({"mg", "ml", "mcg"})
_MAX_COUNTED = 120
_OPENING = 4  # words at the beginning of a subject that may name a part: "one half of the"


def _touch(one: Word, other: Word) -> bool:
    """Return whether two words are figures with one sign between: "10/325"."""
    return other.start - one.end == 1 and one.text[0].isdigit() and other.text[0].isdigit()


class Amounts(Attributions):
    """The amounts of one sentence."""

    def _amount(self, subject: Sequence[Word]) -> tuple[float | None, bool]:
        """Return the amount a subject begins with and whether it is out of more: "only 6 of the 18 visits"."""
        for i, word in enumerate(subject[:6]):
            value = self.lexicon.number(word)
            if value is not None and value >= 1 and not self._is_strength(subject, i):
                rest = [w for w in subject[i + 1 : i + 5] if w.text != "the"]
                of_more = (
                    bool(rest)
                    and rest[0].text in ("of", "out")
                    and any((self.lexicon.number(w) or 0) > value or w.text == "requested" for w in rest[1:4])
                )
                before = [w.text for w in subject[max(0, i - 3) : i]]
                only = before[-1:] in (["only"], ["just"]) or before[-2:] in (["up", "to"], ["at", "most"])
                most = before[-2:] == ["more", "than"] and before[:1] in (["no"], ["not"])
                instead = [w for k, w in enumerate(subject[i + 1 : i + 9], i + 1)
                           if (subject[k - 1].text in ("not", "than") or subject[k - 2].text in ("not", "than"))
                           and (self.lexicon.number(w) or 0) > value]  # fmt: skip
                return value, of_more or only or most or bool(instead)
        return None, False

    def _beyond(self, subject: Sequence[Word]) -> bool:
        """Return whether a subject is what goes beyond an amount: "more than 12 visits", "anything beyond 12"."""
        texts = [word.text for word in subject[:6]]
        more = any(a in ("more", "greater") and b == "than" for a, b in pairwise(texts)) and "no" not in texts
        return more or not self.function["excess"].isdisjoint(texts)

    def _fraction(self, subject: Sequence[Word]) -> bool:
        """Return whether a subject is a part without its amount: "half of the visits", "part of the stay"."""
        texts = [*(word.text for word in subject[:_OPENING]), ""]
        return any(
            one in self.function["fractions"] and (one.endswith(" of") or following in ("of", "the"))
            for one, following in pairwise(texts)
        )

    def _dated(self, near: Sequence[Word]) -> bool:
        """Return whether a clause is about a part of a time: "through 1/14/20", "thereafter", "through April"."""
        texts = [word.text for word in near]
        return "thereafter" in texts or any(
            a in self.function["times"] and (b[:1].isdigit() or b in self.function["months"])
            for a, b in pairwise(texts)
        )

    def _limited(self, i: int) -> int:
        """Return where the words end that limit a predicate at ``i``, after ", but only" and the like."""
        at = i + 1
        while at < len(self.words) and self.words[at].text in self.function["restricts"]:
            at += 1
        skipped = [word.text for word in self.words[i + 1 : at]]
        said = " ".join(word.text for word in self.words[at : at + 2])
        return at if skipped and (skipped != [","] or said in self.function["limits"]) else i + 1

    def _behind(self, i: int) -> list[Word]:
        """Return the words behind a predicate at ``i`` that may say "in part"."""
        at = self._limited(i)
        said = self.words[at : at + 3]
        after = self.words[at + 1 : at + 2] if said and said[0].any("part") and at > i + 1 else []
        return [] if after and after[0].text[0].isalnum() else said  # "though in part the plan was right"

    def _partial(self, about: Sequence[Word]) -> bool:
        """Return whether words name an amount or a rest: "for six sessions", "as to the remainder".

        Items by number, and the rest of the items, are services of their own: "for items 1 and 3".
        """
        texts = [word.text for word in about if word.text not in self.function["determiners"]]
        numbered = texts[:1] and texts[0] in self.function["numbered"] and (len(texts) < 2 or texts[1][0].isdigit())
        if numbered or texts == ["others"] or (texts[1:2] and texts[1] in self.function["numbered"]):
            return False
        return self._amount(about)[0] is not None or any(w.any("rest") for w in about)

    def _is_strength(self, subject: Sequence[Word], i: int) -> bool:
        """Return whether the number at ``i`` is a drug's strength: "10/325mg", "7.5 mg", "10/325"."""
        first = last = i
        while first and _touch(subject[first - 1], subject[first]):
            first -= 1
        while last + 1 < len(subject) and _touch(subject[last], subject[last + 1]):
            last += 1
        unit = any(word.text in _STRENGTHS for word in subject[last + 1 : last + 2])
        return unit or (first < last and (self.lexicon.number(subject[last]) or 0) > _MAX_COUNTED)
