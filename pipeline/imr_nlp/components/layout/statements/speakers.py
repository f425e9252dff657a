"""Who speaks in a sentence: the reviewer, several of them, the insurer, the treating side, a guideline."""

from __future__ import annotations

from imr_nlp.components.layout.statements.clauses import Clauses

HOLDERS = ("reviewer", "insurer", "treating", "source")
_LABEL = 6  # words of a label with a colon
#: Words that one predicate looks at to either side: more than a sentence has, so that time grows with its length alone.
REACH = 100


class Speakers(Clauses):
    """The clauses of one sentence, with the persons who are named in it."""

    def first_holder(self) -> str | None:
        """Return the class of the first person named; None without one, or where it is a pronoun."""
        for word in self.words:
            if word.text in self.function["pronouns"]:
                return self.speaker
            for name in HOLDERS:
                if name in word.classes:
                    return name
        return None

    def _label(self, colon: int) -> str | None:
        """Return who speaks behind a label that opens the sentence: "The applicant's attorney: …"."""
        label = self.words[max(0, colon - _LABEL) : colon]
        if colon > _LABEL or any(word.any("copulas", "report", "upheld", "overturned", "denials") for word in label):
            return None
        named = {name for word in label for name in HOLDERS if name in word.classes}
        return named.pop() if len(named) == 1 and named <= {"insurer", "treating"} else None

    def _rank(self, k: int) -> str:
        """Return what a reviewer at ``k`` is: the reviewer, a panel that decides, or one member of it."""
        words = self.words
        near = [w for w in words[max(0, k - 6) : k] if w.text not in self.function["counts_reviewers"]]
        after = words[k + 1 : k + 6]
        numbers = [n for w in near if (n := self.lexicon.number(w)) is not None]
        if words[k].text == "majority" or any(w.text in self.function["agrees"] for w in near):
            return "panel"
        if k and words[k - 1].any("insurer", "treating"):  # "the insurer's physician reviewer"
            return "insurer" if words[k - 1].any("insurer") else "treating"
        if any(w.text == "not" or w.text in self.function["nobody"] for w in near):
            return "panel"  # "none of the three reviewers found"
        if any(w.text in self.function["minority"] for w in near):
            return "member"
        if len(numbers) >= 2:
            return "panel" if numbers[-2] * 2 > numbers[-1] else "member"
        if sum(w.text in self.function["ordinals"] for w in near) >= 2:
            return "panel"
        if (
            after
            and after[0].text in self.function["out_of"]
            and (later := [n for w in after[1:4] if (n := self.lexicon.number(w)) is not None])
            and numbers
        ):
            return "panel" if numbers[-1] * 2 > later[0] else "member"
        if near and near[-1].any("members") and words[k].text not in self.function["first_person"]:
            return "member"
        if (
            words[k].text.startswith("reviewer")
            and after
            and after[0].any("members")
            and after[0].text not in self.function["other_members"]
        ):
            return "member"
        return "reviewer"

    def _counted(self, j: int) -> str | None:
        """Return the voice of reviewers of whom only a number speaks: "two of the three found", "both concluded"."""
        start = self._verb_start(j)
        near = self.words[start - 1] if start else None
        known = self.function["counted"]
        if near is None or not (near.text in known or near.any("members") or self.lexicon.number(near)):
            return None
        subject = self.words[self._subject_start(start) : start]
        if any(not (w.text in known or w.any("members") or self.lexicon.number(w)) for w in subject):
            return None
        texts = [word.text for word in subject]
        numbers = [n for word in subject if (n := self.lexicon.number(word))]
        if "all" in texts or any(text in self.function["nobody"] for text in texts):
            return "panel"
        return "panel" if len(numbers) > 1 and numbers[-2] * 2 > numbers[-1] else "member"

    def _agent(self, j: int) -> str | None:
        """Return who acts in a passive: "was upheld by the plan on appeal"."""
        following = self.words[j + 1 : j + 9]
        for n, word in enumerate(following):
            if word.any("inner_appeals"):
                return "insurer"
            if word.text == "by":
                for other in following[n + 1 : n + 5]:
                    if other.any("inner_appeals"):
                        return "insurer"  # "by the grievance panel"
                    for name in HOLDERS:
                        if name in other.classes:
                            return name
        return None

    def _according(self, begin: int) -> str | None:
        """Return the holder of "According to the plan, …" before a clause that begins at ``begin``."""
        words = self.words
        first = max(0, begin - REACH)
        for j in range(begin - 1, first - 1, -1):
            if words[j].any("according"):
                for word in words[j + 1 : min(j + 8, begin)]:
                    for name in HOLDERS:
                        if name in word.classes:
                            return name
        for j, word in enumerate(words[first:begin], first):
            if word.text == "in" and any(w.any("views") for w in words[j + 1 : j + 6]):
                for other in words[j + 1 : min(j + 7, begin)]:
                    for name in HOLDERS:
                        if name in other.classes:
                            return name
        return None

    def _research(self, outer: int, at: int) -> bool:
        """Return whether studies are the subject of a clause, and no rule: "the trials", "the literature"."""
        return any(word.text in self.function["research"] for word in self.words[outer:at])

    def _pleaded(self, j: int) -> bool:
        """Return whether the verb at ``j`` pleads, or tells what to find: "I ask that the panel find"."""
        words = self.words
        word = words[j]
        if word.text in self.function["pleads"] and word.any("report"):
            return not (j and words[j - 1].any("copulas"))
        start = self._verb_start(j)
        if not start or word.text not in self.function["finds"]:
            return False
        near = words[start - 1]
        if start == j or (start == j - 1 and words[start].text in self.function["shall"]):
            return near.text in self.function["one_finder"]
        return words[j - 1].text == "to" and (near.text == "you" or near.any("reviewer"))

    def _as_thought(self, j: int, i: int) -> bool:
        """Return whether the verb at ``j`` only names the predicate at ``i``: "calling it necessary would be wrong"."""
        words = self.words
        infinitive = j > 0 and words[j - 1].text == "to"
        first = j - infinitive
        before = words[first - 1] if first else None
        begins = before is None or before.text in (";", ":", "and", "but", "so") or before.any("sides")
        if not begins and (words[first - 1].text != "," or self._relative(first - 1) is not None):
            return False
        if infinitive or not words[j].text.endswith("ing"):
            return infinitive
        behind = next((word for word in words[i:] if not word.any("necessity", "unnecessary", "fillers")), None)
        runs_on = behind is not None and behind.text in self.function["goes_on"]
        return runs_on or (behind is not None and behind.any("copulas", "modals", "auxiliaries"))
