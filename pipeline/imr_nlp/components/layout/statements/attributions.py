"""Who says a clause, told behind it: "is not necessary, according to the plan", "…, her surgeon believes"."""

from __future__ import annotations

from imr_nlp.components.layout.statements.holders import Holders
from imr_nlp.components.layout.statements.speakers import HOLDERS
from imr_nlp.components.layout.statements.words import Word

_NEAR = 8  # words behind a predicate in which its attribution begins
_NAMED = 8  # words in which it names somebody


class Attributions(Holders):
    """The attributions of one sentence."""

    def _said_after(self, last: int) -> str | None:
        """Return who is said, behind the predicate that ends at ``last``, to hold it; None where nobody is.

        What a guideline or the record is cited for there, the reviewer says.
        """
        words = self.words
        for j in range(last + 1, min(last + 1 + _NEAR, len(words))):
            word = words[j]
            if word.text in (";", ":", "?", ".") or word.any("breaks", "causes", "conditions"):
                return None
            if word.any("according"):
                return self._person(j + 1, stranger=word.text in self.function["held_by"])
            if word.text == "in" and any(w.any("views") for w in words[j + 1 : j + 6]):
                return self._person(j + 1, stranger=True)
            if word.text == "," and (named := self._aside(j + 1)):
                return named
        return None

    def _person(self, start: int, *, stranger: bool) -> str | None:
        """Return who is named from ``start`` on: somebody of a class, "other" for a stranger, None for no person."""
        near: list[Word] = []
        for word in self.words[start : start + _NAMED]:
            if word.text in (",", ";", ":", "?"):
                break
            near.append(word)
        if any(word.text in self.function["own"] for word in near):
            return None
        for k, word in enumerate(near, start):
            for name in HOLDERS:
                if name in word.classes:
                    return self._rank(k) if name == "reviewer" else (name if name != "source" else None)
        known = any(word.any("record", "evidence_nouns", "source") for word in near)
        return "other" if stranger and near and not known else None

    def _aside(self, start: int) -> str | None:
        """Return the subject of a verb of saying that ends the clause: "…, her surgeon believes"."""
        words = self.words
        if start < len(words) and words[start].text in self.function["introduces"]:
            start += 1
        for j in range(start, min(start + 6, len(words))):
            word = words[j]
            if word.text in (",", ";", ":", "that", "which", "who", "and", "as"):
                return None
            if word.any("report") and j > start:
                following = words[j + 1].text if j + 1 < len(words) else "."
                if following not in (".", ",", ";"):
                    return None
                named = self._person(start, stranger=True)
                return None if named == "reviewer" else named
        return None
