"""Acts on the denial and on the request: "the denial is upheld", "I would approve it", "the reviewer agrees"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from imr_nlp.components.layout.statements.amounts import Amounts
from imr_nlp.components.layout.statements.clauses import Group
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.holders import Governed
from imr_nlp.components.layout.statements.words import Word

_NEAR = 14  # words of a clause up to its verb
_NO = ("no", "no good")
_ASKED = 5  # words between "asked" and the act: "asked either to uphold or to"
_ADJECTIVES = 3  # words between "no" and its noun: "no good medical reason"


class Acts(Amounts):
    """The acts of one sentence."""

    def _act(self, i: int) -> Statement | None:
        """Read what becomes of the denial: "the denial should be overturned in part", "IMR upheld the denial"."""
        words = self.words
        word = words[i]
        turn = "upheld" if word.any("upheld") else "overturned" if word.any("overturned") else "modified"
        group = self._verb_group(i)
        around = self._behind(i)
        agent = self._agent(i)
        if group is not None and (
            any(w.any("copulas") for w in words[group.start : i]) or word.any("overturned", "upheld")
        ):
            begin = self._subject_start(group.start)
            inner = words[begin : group.start]
            content = self._of_content(begin, group.start)
            if content is not None:
                begin, inner = content, words[content : begin - 1]
            if self._of_an_act(inner):
                return None
            acted = any(w.any("denial") for w in inner) or (
                any(w.any("views") for w in inner) and any(w.any("insurer") for w in inner)
            )
            if any(
                w.any("copulas") or w.text in ("be", "been") for w in words[group.start : i]
            ) or word.text.startswith("stand"):
                if not acted and not self._is_request(inner):
                    return None
                if not acted and word.text in self.function["of_denials"]:
                    return None
                if agent == "insurer":
                    return None
                if (grounds := self._no_ground(group)) is not None:
                    said = self._acted(grounds, i, turn, around)
                    return replace(said, mood="possible") if said.part else said
                governed = self._govern(group.start if content is None else begin + len(inner), group.sign)
                mood = "possible" if group.possible and group.sign > 0 else governed.mood
                if inner and inner[-1].text == "that" and not self._verb_between(begin, group.start):
                    mood = "possible"  # "a denial that is upheld may be appealed"
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
        sign = self._polarity(i)
        governed = self._govern(self._verb_start(i), sign)
        if self._open_to(i) and sign > 0:
            governed = replace(governed, mood="possible")
        return self._acted(replace(governed, holder=subject), i, turn, [*words[max(0, i - 2) : i], *objects])

    def _of_an_act(self, subject: Sequence[Word]) -> bool:
        """Return whether a subject is an act itself: "overturning the denial", "to uphold it", "reversal of it"."""
        return any(word.text in self.function["act_nouns"] for word in subject)

    def _open_to(self, i: int) -> bool:
        """Return whether an act at ``i`` is one that the reviewer may do, or shall: "can overturn", "is asked to"."""
        words = self.words
        beside = (words[k] for k in (i - 2, i + 2) if 0 <= k < len(words))
        joined = any(words[k].text == "or" for k in (i - 1, i + 1) if 0 <= k < len(words))
        choice = joined and any(word.any("upheld", "overturned", "modified") for word in beside)
        group = words[self._verb_start(i) : i]
        asked = any(word.text in self.function["asked_to"] for word in words[max(0, i - _ASKED) : i])
        return choice or any(w.any("possible") for w in group) or (asked and words[i - 1].text in ("to", "or"))

    def _no_ground(self, group: Group) -> Governed | None:
        """Return what denies the act of a verb group: "there is no ground on which the denial could be upheld"."""
        words, stop = self.words, group.start
        link = next((k for k in range(stop - 1, max(stop - _NEAR, 0), -1) if words[k].text in ("which", "why")), None)
        if link is None or not any(w.any("denials") for w in words[link + 1 : stop]):
            return None
        if any(w.text == "that" or w.any("report") for w in words[link + 1 : stop]):
            return None
        noun = link - 1 - (words[link].text == "which")
        first = noun
        while first > 0 and noun - first < _ADJECTIVES and words[first].text not in _NO:
            first -= 1
        if noun < 2 or words[first].text not in _NO or words[noun].any("doubt_nouns"):
            return None
        if not words[noun].any("evidence_nouns"):
            return None
        verb = first - 1 - (words[first - 1].text == "of")  # "I know of no reason"
        if words[verb].any("copulas") and words[verb - 1].text == "there":
            holder, sign, mood = self._governors(verb - 1, -group.sign)
            holder = holder or self._according(verb - 1)
            mood = "condition" if mood == "stated" and self._opens_with_condition(verb - 1) else mood
            return Governed(link + 1, stop, sign, holder or "narrator", mood)
        holder = self._subject_of(verb) if words[verb].text in self.function["sees"] | {"have", "has"} else None
        if holder not in ("reviewer", "panel", "member") or self._verb_start(verb) != verb:
            return None
        mood = "condition" if self._under_condition(verb) else "stated"
        return Governed(link + 1, stop, -group.sign, holder, mood)

    def _of_content(self, begin: int, verb: int) -> int | None:
        """Return where the subject of the verb at ``verb`` begins, if a clause with "that" tells what it decided.

        "The plan's determination that the brace is not needed is overturned": the subject is the determination.
        """
        words = self.words
        if begin < 2 or words[begin - 1].text != "that" or not self._verb_between(begin, verb):
            return None
        noun = begin - 2
        while noun > 0 and begin - noun < 8 and not words[noun].any("denial", "views", "copulas", "report"):
            noun -= 1  # "the decision of the plan that"
        if not words[noun].any("denial", "denials") or any(w.text in (",", ";") for w in words[noun : begin - 1]):
            return None
        if any(w.text in ("and", "but", ",", ";") or w.any("relatives") for w in words[begin:verb]):
            return None
        first = self._subject_start(noun)
        holder = next((w for w in words[first : begin - 1] if w.any("reviewer", "treating", "source")), None)
        return None if holder is not None else first

    def _second_act(self, i: int, first: Statement | None) -> Statement | None:
        """Read the second of "overturned for the cane and upheld for the brace": the same denial, another outcome."""
        words = self.words
        if first is None or first.kind != "act" or not i or words[i - 1].text not in ("and", "but"):
            return None
        about = self._about(i)
        if not about:
            return None
        turn = "upheld" if words[i].any("upheld") else "overturned" if words[i].any("overturned") else "modified"
        part = self._partial(about)
        granted = self._amount(about)[0] if turn == "overturned" else first.granted
        return replace(first, start=words[i].start, end=about[-1].end, decision="modified" if part else turn,
                       subject=tuple(w.text for w in about), part=part,
                       granted=granted if part else None)  # fmt: skip

    def _about(self, i: int) -> list[Word]:
        """Return what an act at ``i`` is limited to: "upheld as to the brace", "overturned for six sessions"."""
        words = self.words
        at = self._limited(i)
        first = self.lexicon.after_phrase("limits", [w.text for w in words], at) if at < len(words) else 0
        if not first:
            return []
        stop = next((k for k in range(first, len(words)) if words[k].text in ("and", "but", ",", ";")), len(words))
        return words[first:stop]

    def _times(self, i: int) -> list[Word]:
        """Return the time that an act at ``i`` is limited to: "upheld from 3/29/19 on"."""
        following = self.words[i + 1 : i + 9]
        if not self._dated(following[:2]):
            return []
        stop = next((k for k, word in enumerate(following) if word.text in ("and", "but", ",", ";")), len(following))
        return following[:stop]

    def _without_asides(self, subject: Sequence[Word]) -> list[Word]:
        """Return the words of a subject outside its commas: "by majority vote, the denial", "the denial, on balance,".

        What the subject is limited to stays: "the denial, as to the brace,".
        """
        kept: list[Word] = []
        k = 0
        while k < len(subject):
            following = subject[k + 1] if k + 1 < len(subject) else None
            if subject[k].text == "," and following is not None and following.any("sides", "relatives", "according"):
                near = " ".join(w.text for w in subject[k + 1 : k + 6]) + " "
                if not any(near.startswith(f"{limit} ") for limit in self.function["limits"]):
                    k = next((m for m in range(k + 1, len(subject)) if subject[m].text == ","), len(subject)) + 1
                    continue
            kept.append(subject[k])
            k += 1
        return kept

    def _earlier(self, i: int) -> bool:
        """Return whether an act is one of an earlier case: "in 2018 … was overturned", "a previous reviewer"."""
        words = self.words
        if any(w.text in self.function["present"] for w in words[max(0, i - 4) : i]):
            return False
        for a, b in pairwise(words):
            if a.text == "in" and len(b.text) == 4 and b.text.isdigit() and b.text[:2] in ("19", "20"):
                return True
            if a.text in self.function["earlier"] and (b.any("reviewer") or b.text in self.function["cases"]):
                return True
        return False

    def _acted(self, governed: Governed, i: int, turn: str, near: Sequence[Word]) -> Statement:
        about = self._about(i)
        excepted = any(w.text in self.function["excepts"] for w in self.words[i + 1 : i + 3])
        whole = any(w.any("whole") for w in near)
        not_whole = whole and any(w.text == "not" for w in self._behind(i)[:1])  # "overturned, though not in full"
        part = any(w.any("part") for w in near) and not whole
        part = part or not_whole or excepted or self._partial(about)
        about = about or self._times(i)
        if not governed.sign or self._earlier(i):
            governed = replace(governed, mood="possible")
        decision = turn
        if governed.sign < 0:
            decision = {"upheld": "overturned", "overturned": "upheld"}.get(turn, turn)
        if part:
            decision = "modified"
        words = self.words
        begin = min(governed.begin, i)
        end = self._limited(i) - 1 + not_whole if part and not about else i
        while end + 1 < len(words) and words[end + 1].any("part", "whole"):
            end += 1
        return Statement(
            words[begin].start, words[end].end, decision, governed.holder, "act",
            "question" if self.question else governed.mood, True,
            tuple(w.text for w in [*self._without_asides(words[governed.begin : governed.stop]), *about]),
            part or self._dated(about),  # whether a time is all of the request only its own words tell
            granted=self._amount(about)[0] if part and turn == "overturned" else None,
        )  # fmt: skip

    def _rightness(self, i: int) -> Statement | None:
        """Read "the denial was appropriate" and "the plan was correct in denying it"."""
        words = self.words
        group = self._verb_group(i)
        if group is None or (i and words[i - 1].text == "medically"):
            return None
        governed = self._govern(group.start, group.sign)
        content = self._of_content(governed.begin, group.start)
        if content is not None:
            governed = self._govern(governed.begin - 1, group.sign)
        inner = words[governed.begin : governed.stop]
        if self._of_an_act(inner):
            return None
        denies = any(w.any("deny", "deny_now") for w in words[i + 1 : i + 4]) and (
            any(w.any("insurer") for w in inner) or [w.text for w in inner] == ["it"]
        )
        denial = any(w.any("denials") for w in inner) or (content is not None and any(w.any("insurer") for w in inner))
        if not denies and not denial:
            return None
        if (group.possible and group.sign > 0) or any(
            (a.text, b.text) == ("but", "not") for a, b in pairwise(words[i + 1 : i + _NEAR])
        ):
            governed = replace(governed, mood="possible")  # "right to deny the cane but not the brace"
        if self._condition_after(i):
            governed = replace(governed, mood="condition")
        if governed.holder == "insurer" and not self._told(governed.begin):
            governed = replace(governed, holder="narrator")
        return self._acted(governed, i, "upheld" if words[i].any("right") else "overturned", words[i + 1 : i + 4])

    def _told(self, begin: int) -> bool:
        """Return whether somebody else tells the clause at ``begin``: "the plan's position is that"."""
        before = self.words[:begin]
        return any(w.any("report", "according") for w in before) or (bool(before) and before[-1].text == "that")

    def _approval(self, i: int) -> Statement | None:
        """Read "I would approve the brace", "the plan should cover it", "I recommend authorization"."""
        words = self.words
        word = words[i]
        if word.any("deny_now") and [w.text for w in words[i + 1 : i + 2]] == ["to"]:
            return None  # "decline to uphold it": `_act` reads what is declined
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
        mood = mood if sign else "possible"
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
        at = i + 1  # "agree in part with the denial"; who does not agree in full may agree in part
        while at < len(words) and words[at].any("part", "whole"):
            if words[at].any("whole") and (self._polarity(i) < 0 or words[i].text.startswith("dis")):
                return None
            at += 1
        following = words[at : at + 8]
        if not following or following[0].text != "with" or any(w.text == "that" for w in following):
            return None
        turned = words[i].text.startswith("dis")
        if not any(w.any("denial") for w in following):
            party = self._sided(following[1:])
            if party is None:
                return None
            turned = turned != (party == "treating")
        subject = self._subject_of(i)
        if subject not in ("reviewer", "panel", "member"):
            return None
        sign = self._polarity(i) * (-1 if turned else 1)
        decision = "upheld" if sign > 0 else "overturned"
        if any(w.any("part") for w in [*words[max(0, i - 2) : at], *following]):
            decision = "modified"
        governed = self._govern(self._verb_start(i), 1)
        return Statement(words[max(0, i - 2)].start, following[-1].end, decision, subject, "act",
                         "question" if self.question else governed.mood)  # fmt: skip

    def _sided(self, following: Sequence[Word]) -> str | None:
        """Return the party that is agreed with as a whole: "with the plan", "with her surgeon's view"."""
        for k, word in enumerate(following[:4]):
            party = next((name for name in ("insurer", "treating") if name in word.classes), None)
            if party:
                after = following[k + 1] if k + 1 < len(following) else None
                whole = after is None or after.text in (",", ";", ":", ".", "and", "in") or after.any("views")
                return party if whole else None
        return None

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
