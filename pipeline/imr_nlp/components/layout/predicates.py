"""Predicates that decide: necessity, acts on the denial, approvals, and the clauses that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from imr_nlp.components.layout.clauses import Group
from imr_nlp.components.layout.holders import Governed, Holders
from imr_nlp.components.layout.statement import Statement
from imr_nlp.components.layout.words import Word

#: Classes of the words at which `Sentence.statements` begins: most words have none of them.
_CLASSES = (
    "noun beneficial unnecessary right wrong upheld overturned modified necessity approved denied approve "
    "deny_now".split()
)
#: Units of a drug's strength, and the largest number that may end a range of things counted.
_STRENGTHS = frozenset({"mg", "ml", "mcg"})
_MOST_COUNTED = 120


class Sentence(Holders):
    """One sentence, and the statements in it."""

    def statements(self) -> Iterator[Statement]:
        """Yield the statements of the sentence, in text order."""
        words = self.words
        taken = -1
        for i, word in enumerate(words):
            if i <= taken or (word.classes.isdisjoint(_CLASSES) and word.text not in self.lexicon.openers):
                continue
            if word.text == "medically":
                j = self._adjective(i)
                if j is not None:
                    taken = j
                    said = list(self._necessity(i, j, strong=True))
                    yield from said
                    if said and (rest := self._but_not(j, said[-1])):
                        yield rest
            elif word.any("noun"):
                said = list(self._noun(i))
                taken = max([taken, *(j for j, w in enumerate(words) if said and w.end == said[0].end)])
                yield from said
            elif word.text in self.function["negated_auxiliaries"] and (rest := self._ellipsis(i)):
                yield rest
            elif word.any("beneficial"):
                yield from self._necessity(i, i, strong=True, kind="beneficial")
            elif word.any("unnecessary"):
                yield from self._necessity(i, i, strong=True, sign=-1)
            elif (word.any("right", "wrong") and (act := self._rightness(i))) or (
                word.any("upheld", "overturned", "modified") and (act := self._act(i))
            ):
                yield act
            elif word.any("necessity", "approved", "denied") and not self._before(i, "medically"):
                yield from self._weak(i)
            elif (word.any("approve", "deny_now") and (act := self._approval(i))) or (
                word.text in self.function["agreement"] and (act := self._agreement(i))
            ):
                yield act

    def _before(self, i: int, text: str) -> bool:
        return any(word.text == text for word in self.words[max(0, i - 3) : i])

    def _adjective(self, i: int) -> int | None:
        """Return the last adjective after "medically" at ``i``: "medically necessary and appropriate"."""
        last = None
        for j in range(i + 1, min(i + 5, len(self.words))):
            word = self.words[j]
            if word.any("necessity", "unnecessary") or (j == i + 1 and word.text in ("unnecessary", "inappropriate")):
                last = j
            elif word.text not in ("and", "or", "both", "reasonable", ",", "medically", "clinically"):
                break
        return last

    def _necessity(
        self, first: int, last: int, *, strong: bool, sign: int = 1, kind: str = "necessity"
    ) -> Iterator[Statement]:
        words = self.words
        if any(w.any("unnecessary") or w.text == "inappropriate" for w in words[first : last + 1]):
            sign = -1
        after = words[last + 1] if last + 1 < len(words) else None
        group = self._verb_group(first)
        if group is None:
            # No verb of its own: "found the scan medically necessary", "denied … as not medically necessary".
            if (
                kind == "necessity"
                and after is not None
                and after.text.isalpha()
                and after.text not in self.function["after_subject"]
                and (not after.classes or after.any("request"))
            ):
                return  # an attribute: "medically necessary care"
            governed = self._small_clause(first, sign)
            if governed is not None:
                yield self._finish(governed, last, kind, strong=strong)
            return
        yield from self._clause(group, first, last, sign, kind, strong=strong)

    def _weak(self, i: int) -> Iterator[Statement]:
        """Read "is supported", "was denied", "should be authorized": they need the request as their subject."""
        word = self.words[i]
        group = self._verb_group(i)
        if group is None:
            return
        sign = -1 if word.any("denied") and not word.any("necessity", "approved") else 1
        finite = {w.text for w in self.words[group.start : i]}
        if word.any("approved", "denied"):
            now = finite & {"is", "are", "should", "must", "be"} or "isn't" in finite or "aren't" in finite
            if not now or self._agent(i) == "insurer":
                return
        yield from self._clause(group, i, i, sign, "approval" if word.any("approved", "denied") else "necessity",
                                strong=False)  # fmt: skip

    def _clause(
        self, group: Group, first: int, last: int, sign: int, kind: str, *, strong: bool
    ) -> Iterator[Statement]:
        governed = self._govern(group.start, sign * group.sign)
        mood = governed.mood
        if group.possible and sign * group.sign > 0:
            mood = "possible"
        if mood == "stated" and self._condition_after(last):
            mood = "condition"
        yield self._finish(replace(governed, mood=mood), last, kind, strong=strong)

    def _finish(self, governed: Governed, last: int, kind: str, *, strong: bool) -> Statement:
        words = self.words
        decision = "overturned" if governed.sign > 0 else "upheld"
        subject = words[governed.begin : governed.stop]
        tail = words[last + 1 : last + 4]
        part = any(w.any("part") for w in [*subject, *tail]) or any(w.any("part") for w in words[governed.stop : last])
        whole = any(w.any("whole") for w in tail)
        amount, of_more = self._amount(subject)
        part = (part and not whole) or of_more
        if self._some_requests(subject):
            governed = replace(governed, mood="possible")
        if part and decision == "overturned":
            decision = "modified"
        return Statement(
            words[governed.begin].start if subject else words[governed.stop].start, words[last].end, decision,
            governed.holder, kind, "question" if self.question else governed.mood, strong,
            tuple(w.text for w in subject), part, any(w.any("rest") for w in subject),
            amount if decision != "upheld" else None, subject[-1].end if subject else None,
        )  # fmt: skip

    def _some_requests(self, subject: Sequence[Word]) -> bool:
        """Whether a subject is some of the requests, of which nobody can say which: "not all of the services"."""
        texts = [word.text for word in subject]
        not_all = any(a == "not" and b in self.function["several"] for a, b in pairwise(texts))
        some = any(word.any("part") for word in subject)
        return not_all or (some and not self.function["requests"].isdisjoint(texts))

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
                only = i > 0 and subject[i - 1].text in ("only", "just")
                return value, of_more or only
        return None, False

    def _is_strength(self, subject: Sequence[Word], i: int) -> bool:
        """Whether the number at ``i`` is a drug's strength: "10/325mg", "7.5 mg", "10/325"."""
        first = last = i
        while first and _touch(subject[first - 1], subject[first]):
            first -= 1
        while last + 1 < len(subject) and _touch(subject[last], subject[last + 1]):
            last += 1
        unit = any(word.text in _STRENGTHS for word in subject[last + 1 : last + 2])
        return unit or (first < last and (self.lexicon.number(subject[last]) or 0) > _MOST_COUNTED)

    def _rightness(self, i: int) -> Statement | None:
        """Read "the denial was appropriate" and "the plan was correct in denying it"."""
        words = self.words
        group = self._verb_group(i)
        if group is None or (i and words[i - 1].text == "medically"):
            return None
        governed = self._govern(group.start, group.sign)
        inner = words[governed.begin : group.start]
        denies = any(w.any("deny", "deny_now") for w in words[i + 1 : i + 4]) and (
            any(w.any("insurer") for w in inner) or [w.text for w in inner] == ["it"]
        )
        if not denies and not any(w.any("denials") for w in inner):
            return None
        if group.possible and group.sign > 0:
            governed = replace(governed, mood="possible")
        if self._condition_after(i):
            governed = replace(governed, mood="condition")
        if governed.holder == "insurer" and not self._told(governed.begin):
            governed = replace(governed, holder="narrator")
        return self._acted(governed, i, "upheld" if words[i].any("right") else "overturned", words[i + 1 : i + 4])

    def _told(self, begin: int) -> bool:
        """Return whether somebody else tells the clause at ``begin``: "the plan's position is that"."""
        before = self.words[:begin]
        return any(w.any("report", "according") for w in before) or (bool(before) and before[-1].text == "that")

    def _but_not(self, last: int, said: Statement) -> Statement | None:
        """Read "… is medically necessary, but not the brace": the same predicate denied of what follows."""
        words = self.words
        at = last + 2 if last + 1 < len(words) and words[last + 1].text == "," else last + 1
        texts = [w.text for w in words[at : at + 2]]
        if texts != ["but", "not"] and texts != ["and", "not"]:
            return None
        stop = next(
            (k for k in range(at + 2, len(words)) if words[k].text in (";", ",", ".") or words[k].any("copulas")),
            len(words),
        )
        subject = words[at + 2 : stop]
        if not subject or subject[0].text not in ("the", "a", "an", "her", "his"):
            return None
        turned = "upheld" if said.decision != "upheld" else "overturned"
        return replace(said, start=subject[0].start, end=subject[-1].end, decision=turned, part=False, granted=None,
                       subject=tuple(w.text for w in subject), subject_end=subject[-1].end)  # fmt: skip

    def adopted(self, found: list[Statement]) -> list[Statement]:
        """Give the reviewer what another says where "and I agree" follows in the sentence."""
        for i, word in enumerate(self.words):
            if word.text in self.function["agreement"] and (
                i + 1 == len(self.words) or self.words[i + 1].text in (",", ";", "and", "but")
            ):
                subject = self._subject_of(i)
                if subject not in ("reviewer", "panel"):
                    continue
                turned = word.text.startswith("dis") != (self._polarity(i) < 0)
                flip = {"upheld": "overturned", "overturned": "upheld"}
                found = [
                    replace(s, holder=subject, decision=flip.get(s.decision, s.decision) if turned else s.decision)
                    if s.holder in ("treating", "insurer") and s.end < word.start else s
                    for s in found
                ]  # fmt: skip
        return found

    def _ellipsis(self, i: int) -> Statement | None:
        """Read "and the other 20 visits are not": the predicate of the clause before, denied."""
        words = self.words
        following = words[i + 1].text if i + 1 < len(words) else "."
        before = words[i - 1] if i else None
        own = words[i].text != "not"
        if following not in (".", ",", ";", "and", "but") or not (
            own or (before and before.any("copulas", "auxiliaries"))
        ):
            return None
        if not any(w.text == "medically" or w.any("necessity", "approved") for w in words[:i]):
            return None
        governed = self._govern(i if own else i - 1, -1)
        return self._finish(governed, i, "necessity", strong=False)

    def _noun(self, i: int) -> Iterator[Statement]:
        """Read "medical necessity": "of X has been established", "fails to meet the standard of"."""
        words = self.words
        if i and words[i - 1].text == "a" and (group := self._verb_group(i - 1)) is not None:
            yield from self._clause(group, i - 1, i, 1, "noun", strong=True)  # "is not a medical necessity"
            return
        for j in range(i + 1, min(i + 30, len(words))):
            word = words[j]
            if word.text in (";", ":", "?") or word.any("relatives"):
                break
            if word.any("noun_yes", "noun_no") and (group := self._verb_group(j)) is not None and group.start > i:
                if word.any("upheld", "overturned") and any(w.any("denial") for w in words[max(0, i - 4) : i]):
                    break
                yield from self._noun_clause(i, j, group)
                return
            if word.any("upheld", "overturned", "modified"):
                return
        if any(w.any("denial") for w in words[max(0, i - 3) : i]):
            return
        sign = 1
        for j in range(i - 1, max(i - 12, -1), -1):
            word = words[j]
            if word.text in (";", ":", ",") or word.any("copulas"):
                break
            if word.text in ("lacks", "lack", "lacking", "lacked"):
                governed = self._govern(j, -sign)
                if any(w.any("deny") for w in words[:j]) or any(w.any("causes") for w in words[max(0, j - 3) : j]):
                    governed = replace(governed, holder="insurer" if self._denied_left(j) else governed.holder)
                if self._condition_after(i):
                    governed = replace(governed, mood="condition")
                yield self._finish(replace(governed, stop=max(governed.stop, governed.begin)), i, "noun", strong=True)
                return
            if word.any("show"):
                turn = sign * self._polarity(j) * (-1 if self._nobody(j) else 1)
                if word.any("evidence_nouns") and self._quantified(j):
                    turn = -sign
                subject = self._subject_of(j)
                before = self._verb_start(j)
                governed = self._govern(before, turn)
                holder = governed.holder
                if subject in ("insurer", "treating", "source") and holder == "narrator":
                    holder = subject if subject != "source" or turn > 0 else "source"
                mood = governed.mood
                if self._condition_after(i):
                    mood = "condition"
                yield self._finish(replace(governed, holder=holder, mood=mood), i, "noun", strong=True)
                return
        if i and words[i - 1].any("quantifiers"):
            governed = self._govern(max(i - 1, 0), -1)
            if not self._denied_left(i):
                yield self._finish(governed, i, "noun", strong=True)
        return

    def _noun_clause(self, i: int, j: int, group: Group) -> Iterator[Statement]:
        sign = group.sign * (-1 if self.words[j].any("noun_no") else 1)
        begin = i
        while begin > 0 and self.words[begin - 1].text in ("the", "no", "therefore", "any", "its", "their"):
            begin -= 1
        if self.words[begin].text == "no":
            sign = -sign
        holder, sign, mood = self._governors(begin, sign)
        if holder is None and (named := self._according(begin)):
            holder = named
        if mood == "stated" and (self._condition_after(j) or self._opens_with_condition(begin)):
            mood = "condition"
        if group.possible and sign > 0:
            mood = "possible"
        yield self._finish(Governed(begin, group.start, sign, holder or "narrator", mood), j, "noun", strong=True)

    def _act(self, i: int) -> Statement | None:
        """Read what becomes of the denial: "the denial should be overturned in part", "IMR upheld the denial"."""
        words = self.words
        word = words[i]
        turn = "upheld" if word.any("upheld") else "overturned" if word.any("overturned") else "modified"
        group = self._verb_group(i)
        around = words[i + 1 : i + 4]
        agent = self._agent(i)
        if group is not None and (
            any(w.any("copulas") for w in words[group.start : i]) or word.any("overturned", "upheld")
        ):
            begin = self._subject_start(group.start)
            inner = words[begin : group.start]
            acted = any(w.any("denial") for w in inner)
            if any(
                w.any("copulas") or w.text in ("be", "been") for w in words[group.start : i]
            ) or word.text.startswith("stand"):
                if not acted and not self._is_request(inner):
                    return None
                if not acted and word.text in (
                    "maintained",
                    "confirmed",
                    "sustained",
                    "modified",
                    "reversed",
                    "affirmed",
                ):
                    return None
                governed = self._govern(group.start, group.sign)
                if agent == "insurer":
                    return None
                mood = "possible" if group.possible and group.sign > 0 else governed.mood
                if self._condition_after(i):
                    mood = "condition"
                if governed.holder == "insurer" and not self._told(governed.begin):
                    governed = replace(governed, holder="narrator")
                return self._acted(replace(governed, mood=mood), i, turn, [*words[begin:i], *around])
        objects = words[i + 1 : i + 9]
        if not any(w.any("denial") for w in objects):
            if word.any("overturned", "upheld") and i and words[i - 1].text == ":":
                before = words[max(0, i - 5) : i - 1]
                if any(w.any("denial", "reviewer") for w in before):
                    return self._acted(Governed(max(0, i - 5), i, 1, "narrator", "stated"), i, turn, around)
            if objects or (not word.text.endswith("ed") and word.text != "upheld"):
                return None
        subject = self._subject_of(i)
        if subject not in ("reviewer", "panel", "member"):
            return None
        governed = self._govern(self._verb_start(i), self._polarity(i))
        return self._acted(replace(governed, holder=subject), i, turn, [*words[max(0, i - 2) : i], *objects])

    def _acted(self, governed: Governed, i: int, turn: str, near: Sequence[Word]) -> Statement:
        part = any(w.any("part") for w in near) and not any(w.any("whole") for w in near)
        decision = turn
        if governed.sign < 0:
            decision = {"upheld": "overturned", "overturned": "upheld"}.get(turn, turn)
        if part:
            decision = "modified"
        words = self.words
        begin = min(governed.begin, i)
        end = i
        while end + 1 < len(words) and words[end + 1].any("part", "whole"):
            end += 1
        return Statement(
            words[begin].start, words[end].end, decision, governed.holder, "act",
            "question" if self.question else governed.mood, True,
            tuple(w.text for w in words[governed.begin : governed.stop]), part,
        )  # fmt: skip

    def _approval(self, i: int) -> Statement | None:
        """Read "I would approve the brace", "the plan should cover it", "I recommend authorization"."""
        words = self.words
        word = words[i]
        sign = -1 if word.any("deny_now") else 1
        start = self._verb_start(i)
        before = words[start - 1] if start else None
        if any(w.any("right", "wrong") for w in words[max(0, start - 1) : i]):
            return None  # "it was reasonable to deny it": `_rightness` reads it
        recommends = before is not None and before.text.startswith("recommend")
        at = start - 1 if recommends else i
        subject = self._subject_of(at)
        if (subject == "insurer" and any(w.text in ("should", "must") for w in words[start:i])) or (
            recommends and subject is None and words[0].text in ("recommend", "recommended")
        ):
            subject = "narrator"
        if subject not in ("reviewer", "panel", "member", "narrator"):
            return None
        if not recommends and word.text in ("approval", "authorization", "certification", "coverage", "denial", "allow",
                                            "non-certification"):  # fmt: skip
            return None
        sign *= self._polarity(at)
        mood = "condition" if self._condition_after(i) or self._opens_with_condition(at) else "stated"
        governed = self._govern(max(self._verb_start(at), 1), 1)
        if governed.mood != "stated":
            mood = governed.mood
        part = any(w.any("part") for w in words[max(0, i - 2) : i + 8])
        amount, of_more = self._amount(words[i + 1 : i + 7])
        decision = "overturned" if sign > 0 else "upheld"
        if decision == "overturned" and (part or of_more):
            decision = "modified"
        return Statement(
            words[at].start, words[i].end, decision, subject, "approval", "question" if self.question else mood, True,
            tuple(w.text for w in words[i + 1 : i + 8]), part or of_more,
            granted=amount if decision == "modified" else None,
        )  # fmt: skip

    def _agreement(self, i: int) -> Statement | None:
        """Read "the reviewer agrees with the denial"."""
        words = self.words
        following = words[i + 1 : i + 9]
        if not following or following[0].text != "with" or any(w.text == "that" for w in following):
            return None
        if not any(w.any("denial") for w in following):
            return None
        subject = self._subject_of(i)
        if subject not in ("reviewer", "panel", "member"):
            return None
        turned = words[i].text.startswith("dis")
        sign = self._polarity(i) * (-1 if turned else 1)
        decision = "upheld" if sign > 0 else "overturned"
        if any(w.any("part") for w in [*words[max(0, i - 2) : i], *following]):
            decision = "modified"
        governed = self._govern(self._verb_start(i), 1)
        return Statement(words[max(0, i - 2)].start, following[-1].end, decision, subject, "act",
                         "question" if self.question else governed.mood)  # fmt: skip


def _touch(one: Word, other: Word) -> bool:
    """Whether two words are figures with one sign between: "10/325"."""
    return other.start - one.end == 1 and one.text[0].isdigit() and other.text[0].isdigit()
