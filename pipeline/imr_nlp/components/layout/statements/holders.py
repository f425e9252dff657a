"""Who says a clause, and in which mood: the reviewer, the insurer, somebody else; stated, asked, under a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imr_nlp.components.layout.statements.clauses import FAR
from imr_nlp.components.layout.statements.conditions import Conditions
from imr_nlp.components.layout.statements.speakers import HOLDERS, REACH
from imr_nlp.components.layout.statements.words import Word

#: Classes of words before a verb of saying that are no subject of it.
_NO_SPEAKER = ("sides", "breaks", "conditions", "causes", "questions", "report", "deny", "show", "record")


@dataclass(frozen=True, slots=True)
class Governed:
    """A clause and what governs it: the words of its subject (``begin:stop``), polarity, holder, mood.

    The polarity ``sign`` is 1, -1 where the clause is denied, and 0 where what it depends on is not understood.
    """

    begin: int
    stop: int
    sign: int
    holder: str
    mood: str


def _none(word: Word) -> bool:
    return word.text in ("none", "neither", "none of", "neither of") or word.text.startswith("not one of ")


class Holders(Conditions):
    """The clauses of one sentence, with those who say them."""

    def _govern(self, stop: int, sign: int) -> Governed:
        """Walk left from the verb group at ``stop``: negation of the subject, complementisers, holder, mood."""
        words = self.words
        begin = self._subject_start(stop)
        inner = words[begin:stop]
        first = self._last_clause(begin, stop)
        own = words[first:stop]
        nobody = next((k for k, w in enumerate(own) if _none(w)), None)
        counts = len(own) > 1 and own[1].text in self.function["compares"]  # "no more than six"
        counts = counts or (len(own) > 2 and own[1].any("doubt_nouns") and own[2].text in self.function["definite"])
        if own and own[0].text in ("no", "nor") and not counts:
            nobody = 0
        not_any = len(inner) > 1 and inner[0].text == "not" and inner[1].text in self.function["not_any"]
        if not_any and not self._verb_between(begin, stop):
            nobody = begin - first
        if nobody is not None and self._denies(first + nobody, stop):
            sign = -sign
        holder, sign, mood = self._governors(begin, sign)
        if holder is None and begin < stop and (named := self._according(begin)):
            holder = named if not self._is_request(inner) or named != "source" else None
        among = bool(inner) and inner[0].text in self.function["among"]  # "in most patients a brace is not …"
        among = among or self._under_own_condition(begin, stop)
        if mood == "stated" and (among or self._opens_with_condition(begin)):
            mood = "condition"
        return Governed(begin, stop, sign, holder or "narrator", mood)

    def _governors(self, begin: int, sign: int) -> tuple[str | None, int, str]:
        """Return who says the clause that begins at ``begin``, with polarity and mood."""
        words = self.words
        mood = "stated"
        j = begin - 1
        for _ in range(4):
            if j < 0:
                return None, sign, mood
            word = words[j]
            if word.any("questions"):
                return None, sign, "question"
            if word.text in self.function["if_words"]:
                asks = self.function["asks_if"]
                asked = any(w.any("report") or w.text in asks for w in words[max(0, j - 4) : j])
                return None, sign, "question" if asked else "condition"
            if word.any("report"):  # without "that"
                mood = "possible" if self._unreal(j) or self._pleaded(j) else mood
                return self._subject_of(j) or self._stranger(j), sign * self._turn(j), mood
            if word.text == ":":
                return self._label(j), sign, mood
            if word.text == "that":
                if j and words[j - 1].text == "and":  # "found that A is, and that B is not"
                    earlier = next((k for k in range(j - 2, -1, -1) if words[k].text == "that"), None)
                    if earlier is None:
                        return None, sign, mood
                    j = earlier
                    continue
                if j and words[j - 1].any("causes"):  # "the denial, on the ground that"
                    j -= 1
                    continue
                found = self._governor(j)
                if found is None:  # an unknown verb, which may be denied: "does not mean that"
                    return self._unknown(j), 0 if self._negated_before(j) else sign, mood
                at, holder, turn = found
                sign *= turn
                mood = "possible" if self._unreal(at) or self._pleaded(at) else mood
                outer = self._subject_start(at)
                if holder == "source" and turn < 0 and sign < 0 and self._research(outer, at):
                    holder = None  # "the studies do not show that": the reviewer says so
                holder = holder or self._finder(outer, at)
                if holder is not None:
                    return holder, sign, mood
                if outer and self._gives_reason(outer) and (named := self._denier(outer)):
                    return named, sign, mood  # "the plan denied it, for there is no proof that"
                j = outer - 1
                begin = outer
                continue
            if word.text in ("because", "since", "as") or word.any("causes"):
                return self._denier(j), sign, mood
            if word.text == "," and self._gives_reason(begin):
                return self._denier(begin), sign, mood
            return None, sign, mood
        return None, sign, mood

    def _gives_reason(self, begin: int) -> bool:
        """Return whether a clause that begins at ``begin`` gives a reason: "for it saw no proof", "as it found"."""
        return self.words[begin].text == "for" or self.words[begin].any("causes")

    def _denier(self, cause: int) -> str | None:
        """Return whose reason begins at ``cause``: that of whoever denied before it; None without a denial."""
        words = self.words
        deny = next((k for k in range(cause - 1, -1, -1) if words[k].any("deny")), None)
        if deny is not None and not (deny and words[deny - 1].text in ("is", "are", "be")):
            subject = self._subject_of(deny)
            return subject if subject in ("reviewer", "panel") else "insurer"
        return "insurer" if self._ground_of_denial(cause) else None

    def _finder(self, outer: int, at: int) -> str | None:
        """Return who finds or misses the evidence at ``at`` in the clause from ``outer`` on: "the plan saw no"."""
        clause = self.words[outer:at]
        texts = {word.text for word in clause}
        if not clause or "there" in texts:
            return None
        sees = not self.function["sees"].isdisjoint(texts)
        for k, word in enumerate(clause):
            if word.any("reviewer"):
                return None
            if word.any("insurer", "treating") and k + 1 < len(clause) and clause[k + 1].any("record"):
                return None  # "the surgeon's notes hold no"
            if word.any("insurer"):
                return "insurer"
            if word.any("treating"):
                return ("treating" if word.text not in self.function["pronouns"] else self.speaker) if sees else None
            if word.text in ("it", "they") and sees:
                return self.speaker if self.speaker == "insurer" else None
            if word.any("record", "source"):
                return None
        return None

    def _unreal(self, j: int) -> bool:
        """Return whether the verb at ``j`` tells of no finding: "would have found", "was once thought"."""
        group = [word.text for word in self.words[self._verb_start(j) : j]]
        near = {*group, *(word.text for word in self.words[max(0, j - 3) : j])}
        if "could" in near and "not" in near:  # "could not conclude"
            return False
        return ("would" in group and "have" in group) or not self.function["unreal"].isdisjoint(near)

    def _ground_of_denial(self, cause: int) -> bool:
        """Return whether the cause at ``cause`` is the insurer's: "the denial was issued because"."""
        before = self.words[max(0, cause - FAR) : cause]
        acted = any(w.any("upheld", "overturned", "modified", "right", "wrong") for w in before)
        return not acted and any(w.any("denials") for w in before)

    def _governor(self, that: int) -> tuple[int, str | None, int] | None:
        """Return the verb or noun that governs "that": its place, its holder, and what it does to the polarity."""
        words = self.words
        agent = self._agent_phrase(that)
        for j in range(agent - 1, max(agent - 9, -1), -1):
            word = words[j]
            if word.text in (";", ":"):
                return None
            if word.text == "," and not any(w.any("report") for w in words[max(0, j - 3) : that]):
                return None
            if word.any("views", "evidence_nouns") and (taken := self._view_taken(j)):
                return taken
            if word.text.endswith("ing") and word.any("show", "report") and j and words[j - 1].text in ("of", "from"):
                return j, None, self._gerund(j)
            asked = word.any("doubt_nouns") and self._is_verb(j)
            if (
                word.any("evidence_nouns")
                and not asked
                and not (word.any("report") and j and words[j - 1].any("holder"))
            ):
                turn = -1 if self._quantified(j) else 1
                if word.any("doubt_nouns"):
                    turn = -turn
                at = j
                while at > 0 and not words[at].any("quantifiers") and j - at < 4:
                    at -= 1
                if turn < 0 or not word.any("views"):
                    return (at if words[at].any("quantifiers") else j), None, turn
                return j, self._possessor(j), turn
            if word.any("views") and not word.any("report"):
                return j, self._possessor(j), 0 if self._held(j) < 0 else 1
            if word.text in self.function["overlooks"]:
                return j, None, 0
            if word.any("doubt"):
                return j, self._subject_of(j), -self._turn(j)
            if word.any("show"):
                subject = self._subject_of(j)
                turn = self._turn(j)
                if subject == "treating" and turn < 0 and self._record_of(j):
                    subject = None
                return j, subject if subject in ("insurer", "treating", "source") else None, turn
            if word.any("report", "deny"):
                subject = self._subject_of(j) or self._stranger(j)
                denied = word.any("deny") and not word.any("report") and subject in (None, "reviewer", "panel")
                turn = -self._turn(j) if denied else self._turn(j)
                claimed = word.text in self.function["asserted"] and not any(
                    near.any("modals") for near in words[self._verb_start(j) : j]
                )
                unsaid = turn < 0 and not subject and claimed
                return j, subject, 0 if unsaid else turn  # "nobody has claimed that" says nothing of what is claimed
            if word.text in self.function["supposed"]:
                return j, None, 0
            if word.text in self.function["evident"]:
                return j, None, self._polarity(j)
            if word.text in self.function["doubtful"]:
                return j, None, -self._polarity(j)
        return None

    def _is_verb(self, j: int) -> bool:
        """Return whether "doubt" at ``j`` is a verb: "nobody can seriously doubt"."""
        before = self.words[j - 1] if j else None
        if before is None:
            return False
        people = self.function["first_person"] | self.function["pronouns"] | {"nobody"}
        return before.any("modals") or before.text in people or (before.text.endswith("ly") and not self._quantified(j))

    def _unknown(self, that: int) -> str | None:
        """Return who holds a clause under a verb that is not known: "Dr. Poe attests that"."""
        clause = self.words[self._subject_start(that) : that]
        found = (name for word in clause for name in HOLDERS if name in word.classes and name != "reviewer")
        return next(found, None)

    def _negated_before(self, that: int) -> bool:
        """Return whether a negation stands in the clause that ends at "that"."""
        clause = self.words[self._subject_start(that) : that]
        return any(word.text in self.function["negations"] or word.text.endswith("n't") for word in clause)

    def _nobody(self, j: int) -> bool:
        """Return whether the subject of the verb at ``j`` is "nothing", "none of the records" or "no study"."""
        begin = self._subject_start(self._verb_start(j))
        first = self.words[begin]
        if first.text == "not" and begin + 1 < j:
            return self.words[begin + 1].text in ("one", "a", "any")
        return first.text in self.function["nobody"]

    def _turn(self, j: int) -> int:
        """Return the polarity of the verb at ``j`` and of its subject: "no reviewer found"."""
        return self._polarity(j) * (-1 if self._nobody(j) else 1)

    def _view_taken(self, j: int) -> tuple[int, str | None, int] | None:
        """Return what the reviewer makes of the view at ``j``: "rejects the argument that"; None without a verb."""
        for k in range(j - 1, max(j - 6, -1), -1):
            word = self.words[k]
            if word.text in (",", ";", ":", "that"):
                return None
            if word.any("show") and not word.any("evidence_nouns") and self._turn(k) < 0:
                return k, None, -1  # "nothing supports a finding that"
            agrees = word.text in self.function["agreement"]
            if word.any("doubt", "deny") or agrees:
                subject = self._subject_of(k)
                if subject not in ("reviewer", "panel"):
                    return None
                turned = word.text.startswith("dis") if agrees else True
                return k, subject, -self._turn(k) if turned else self._turn(k)
        return None

    def _held(self, j: int) -> int:
        """Return -1 where nobody takes the view at ``j``: "it was never the reviewer's opinion"; else 1."""
        copula = next((k for k in range(j - 1, max(j - 6, -1), -1) if self.words[k].any("copulas")), None)
        if copula is None:
            return 1
        denied = any(word.text in self.function["negations"] for word in self.words[copula + 1 : j])
        return self._polarity(copula + 1) * (-1 if denied else 1)

    def _possessor(self, j: int) -> str | None:
        """Return whose view a noun at ``j`` is: "the plan's position", "the opinion of the surgeon"."""
        near = [*self.words[j + 1 : j + 6], *reversed(self.words[max(0, j - 3) : j])]
        return next((name for word in near for name in HOLDERS if name in word.classes), "narrator")

    def _subject_of(self, j: int) -> str | None:
        """Return the holder that is the subject of the verb at ``j``; None where it has none."""
        words = self.words
        if self.several and self.speaker == "reviewer" and (voice := self._counted(j)):
            return voice
        k = j - 1
        passive = False
        while k >= 0:
            word = words[k]
            if word.text == "," and (inside := self._relative(k)) is not None:
                k = inside
                continue
            if word.text in (";", "if") or word.any("questions"):
                break
            if word.text == "it" and self.body and k + 1 == self._verb_start(j):
                return self.body
            if word.text in self.function["pronouns"]:
                return self.body or self.speaker or "treating"
            for name in HOLDERS:
                if name in word.classes:
                    if name == "reviewer":
                        return self._rank(k)
                    return name
            if word.text in self.function["ordinals"] and k + 1 < len(words) and words[k + 1].any("report", "doubt"):
                return "member"
            if word.any("record") and word.text not in ("it", "this", "that") and not word.any("report"):
                return None
            if word.any("copulas") and k == j - 1:
                passive = True
            k -= 1
        if passive or k < 0:
            agent = self._agent(j)
            if agent:
                return agent
        return None

    def _stranger(self, j: int) -> str | None:
        """Return "other" where the verb of saying at ``j`` has a subject that no class knows: "the AME opined"."""
        words = self.words
        start = self._verb_start(j)
        if start == 0 or any(w.any("copulas") for w in words[start:j]):
            return None
        near = words[start - 1]
        if near.text == "which" and any(w.any("denials") for w in words[max(0, start - 6) : start - 1]):
            return "insurer"  # "the denial notice, which says"
        if not near.text[0].isalpha() or near.text in self.function["no_subject"] or near.any(*_NO_SPEAKER):
            return None
        subject = words[self._subject_start(start) : start]
        return None if any(w.any("record", "evidence_nouns", "views") for w in subject) else "other"

    def _denied_left(self, i: int) -> bool:
        return any(w.any("deny") for w in self.words[max(0, i - REACH) : i])

    def _is_request(self, words: Sequence[Word]) -> bool:
        return any(w.any("request") for w in words)

    def _small_clause(self, i: int, sign: int) -> Governed | None:
        """Read a predicate without a verb of its own: its holder is the subject of the verb that brings it."""
        words = self.words
        j = i - 1
        while j >= 0 and (words[j].any("negators", "fillers") or words[j].text.endswith("ly")):
            if words[j].text in self.function["negations"]:
                sign = -sign
            j -= 1
        as_clause = any(w.text == "as" for w in words[j + 1 : i])
        for k in range(j, max(j - 25, -1), -1):
            word = words[k]
            if word.text in (";", ":", "if") or word.any("conditions", "questions"):
                return None
            if word.any("deny") and as_clause:
                return Governed(k + 1, i, sign, self._subject_of(k) or "insurer", "stated")
            if word.any("denial") and as_clause:
                return Governed(k + 1, i, sign, "insurer", "stated")
            if (
                word.any("report")
                and word.text not in ("request", "requested", "requests")
                and not (words[k - 1].text in ("the", "a", "as") if k else False)
            ):
                subject = self._subject_of(k)
                if subject is None and (agent := self._agent(k)):
                    subject = agent
                _, sign, mood = self._governors(k + 1, sign)
                mood = "condition" if mood == "stated" and self._unmet_condition(k, i) else mood
                mood = "possible" if self._pleaded(k) or self._as_thought(k, i) else mood
                return Governed(k + 1, i, sign, subject or "narrator", mood)
            if (
                word.text in self.function["styles"] and words[k + 1].text != "to"
            ):  # "I can't call the brace medically necessary"
                start = self._verb_start(k)
                nobody = start and (words[start - 1].text in self.function["nobody"] or words[start - 1].text == "one")
                holder = self._subject_of(k) or (None if nobody else self._stranger(k)) or "narrator"
                named, turn, mood = self._governors(self._subject_start(start), self._turn(k))
                thought = self._as_thought(k, i)
                if mood == "stated" and (thought or (turn > 0 and (self._unreal(k) or nobody))):
                    mood = "possible"
                if mood == "stated" and (self._condition_after(i) or self._opens_with_condition(start)):
                    mood = "condition"
                named = named or self._according(self._subject_start(start))
                return Governed(k + 1, i, sign * turn, (named or holder) if holder == "narrator" else holder, mood)
            if word.text == "that" or word.any("copulas", "modals"):
                return None
        return None
