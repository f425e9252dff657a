"""Conditions under which a clause stands: "if it fails", "had she fallen", "… only if the films show it"."""

from __future__ import annotations

from imr_nlp.components.layout.statements.speakers import REACH, Speakers


class Conditions(Speakers):
    """The clauses of one sentence, with what they depend on."""

    def _condition_after(self, last: int) -> bool:
        inverted = False
        for word in self.words[last + 1 : last + 1 + REACH]:
            if word.text in (";", ":") or word.any("breaks"):
                return False
            if word.any("conditions") or (inverted and word.text in self.function["pronouns"] | {"the", "it", "there"}):
                return True
            inverted = word.text in self.function["inverted"]  # "necessary were she unable to stand"
        return False

    def _under_own_condition(self, begin: int, stop: int) -> bool:
        """Return whether a clause is a condition itself: "where the denial is", "may be overturned only if it is"."""
        if begin < stop and self.words[begin].any("conditions"):
            return True
        limits = (k for k in range(begin, stop) if self.words[k].text.startswith("only ") or self.words[k].text == "if")
        return any(self.words[k].any("conditions") and self._verb_between(begin, k) for k in limits)

    def _opens_with_condition(self, begin: int) -> bool:
        """Return whether a condition opened the sentence: "Should the cough return, …"."""
        words = self.words[: min(begin, REACH)]
        if not words:
            return False
        for k, word in enumerate(words):
            if word.any("conditions") and (k == 0 or words[k - 1].text in (",", ";", "that", "and", "but")):
                return True
        return words[0].text == "should" or (words[0].text in self.function["inverted"] and len(words) > 3)

    def _unmet_condition(self, verb: int, last: int) -> bool:
        """Return whether a finding depends on a condition: "had he found it necessary", "… had the films shown"."""
        inverted = self.words[0].text in self.function["inverted"]
        return inverted or self._under_condition(verb) or self._condition_after(last)

    def _under_condition(self, verb: int) -> bool:
        """Return whether the verb at ``verb`` stands in a condition, or follows one: "if I find", "if so, I find"."""
        words = self.words
        for c in range(verb - 1, max(verb - REACH, 0) - 1, -1):
            opens = c == 0 or words[c - 1].text in (",", ";", "that", "and", "but")
            if words[c].any("conditions") and opens:
                return words[c].text in self.function["if_words"] or all(word.text != "," for word in words[c:verb])
        return False
