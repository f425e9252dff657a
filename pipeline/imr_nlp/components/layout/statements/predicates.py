"""Predicates that decide: necessity, and the clauses that hold them. `acts` reads what becomes of the denial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from imr_nlp.components.layout.statements.acts import Acts
from imr_nlp.components.layout.statements.clauses import Group
from imr_nlp.components.layout.statements.clefts import undenied
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.holders import Governed
from imr_nlp.components.layout.statements.words import Lexicon, Word

#: Classes of the words at which `Sentence.statements` begins: most words have none of them.
_CLASSES = (
    "noun beneficial unnecessary right wrong upheld overturned modified necessity approved denied approve "
    "deny_now".split()
)
_TAKEN_OUT = 8  # words of "all of the requests but"


class Sentence(Acts):
    """One sentence, and the statements in it."""

    def __init__(self, lexicon: Lexicon, words: list[Word], speaker: str | None) -> None:
        """Take the words of a sentence, and who spoke last."""
        super().__init__(lexicon, words, speaker)
        self.contrasts: list[Statement] = []  # the same predicates denied of what their subjects are set against

    def statements(self) -> Iterator[Statement]:
        """Yield the statements of the sentence, in text order."""
        found = self._found()
        if not any(
            word.text in self.lexicon.denies or word.text.endswith("n't") or word.text.startswith("not ")
            for word in self.words
        ):
            yield from found
            return
        for said in found:
            yield undenied(said, self.words, self.lexicon.clefts)

    def _found(self) -> Iterator[Statement]:
        """Yield what the predicates of the sentence say, each by itself."""
        words = self.words
        taken = -1
        act: Statement | None = None
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
            elif (word.any("right", "wrong") and (said_of := self._rightness(i))) or (
                word.any("upheld", "overturned", "modified") and (said_of := self._act(i) or self._second_act(i, act))
            ):
                act = said_of
                yield said_of
            elif word.any("necessity", "approved", "denied") and not self._before(i, "medically"):
                yield from self._weak(i)
            elif (word.any("approve", "deny_now") and (said_of := self._approval(i))) or (
                word.text in self.function["agreement"] and (said_of := self._agreement(i))
            ):
                yield said_of
        yield from self.contrasts

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
            if self._unread_infinitive(first):
                return  # "found to nto be necessary"
            governed = self._small_clause(first, sign)
            if governed is not None:
                yield self._finish(governed, last, kind, strong=strong)
            return
        yield from self._clause(group, first, last, sign, kind, strong=strong)

    def _unread_infinitive(self, i: int) -> bool:
        """Return whether a word that says nothing stands in the infinitive before ``i``: it may be a "not"."""
        if i < 3:
            return False
        to, middle, be = self.words[i - 3 : i]
        known = middle.classes or middle.text in self.function["negations"] or middle.text.endswith("ly")
        return (to.text, be.text) == ("to", "be") and not known

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
            if not now or self._agent(i) == "insurer" or self._of_clause(group.start):
                return
        yield from self._clause(group, i, i, sign, "approval" if word.any("approved", "denied") else "necessity",
                                strong=False)  # fmt: skip

    def _of_clause(self, verb: int) -> bool:
        """Return whether a clause with a predicate is the subject: "the view that it is not necessary is rejected"."""
        begin = self._subject_start(verb)
        inner = self.words[begin:verb]
        return bool(begin and self.words[begin - 1].text == "that") and any(
            word.text == "medically" or word.any("necessity", "unnecessary", "upheld", "overturned") for word in inner
        )

    def _clause(
        self, group: Group, first: int, last: int, sign: int, kind: str, *, strong: bool
    ) -> Iterator[Statement]:
        governed = self._govern(group.start, sign * group.sign)
        mood = governed.mood
        if group.possible and sign * group.sign > 0:
            mood = "possible"
        generally = any(word.text in self.function["generally"] for word in self.words[group.start : first])
        if mood == "stated" and (generally or self._condition_after(last)):
            mood = "condition"
        if governed.begin and self.words[governed.begin - 1].text == "that" and self._runs_on(last):
            mood = "possible"
        yield self._finish(replace(governed, mood=mood), last, kind, strong=strong)

    def _finish(self, governed: Governed, last: int, kind: str, *, strong: bool) -> Statement:
        words = self.words
        if governed.holder == "narrator" and (holder := self._said_after(last)):
            governed = replace(governed, holder=holder)
        decision = "overturned" if governed.sign > 0 else "upheld"
        subject, other = self._contrasted(words[governed.begin : governed.stop])
        tail = self._behind(last)
        part = any(w.any("part") for w in [*subject, *tail]) or any(w.any("part") for w in words[governed.stop : last])
        whole = any(w.any("whole") for w in tail)
        amount, of_more = self._amount(subject)
        if decision == "upheld" and amount and self._beyond(subject):  # "more than 12 visits are not necessary"
            decision, of_more = "modified", True
        fraction = self._fraction(subject)
        part = (part and not whole) or (of_more and strong) or fraction
        # "Half of the visits are not necessary" tells nothing of the other half.
        upholding = any(word.text in self.function["upholding"] for word in subject)  # "upholding it is not warranted"
        if (
            upholding
            or self._taken_out(governed.begin)
            or self._some_requests(subject)
            or not governed.sign
            or (fraction and decision == "upheld")
        ):
            governed = replace(governed, mood="possible")
        if part and decision == "overturned":
            decision = "modified"
        part = part or self._dated([*subject, *tail]) or (strong and decision == "upheld" and amount is not None)
        said = Statement(
            words[governed.begin].start if subject else words[governed.stop].start, words[last].end, decision,
            governed.holder, kind, "question" if self.question else governed.mood, strong,
            tuple(w.text for w in subject), part, any(w.any("rest") for w in subject),
            amount if decision != "upheld" else None, subject[-1].end if subject else None,
        )  # fmt: skip
        if other:
            self.contrasts.append(self._turned(said, other))
        return said

    def _contrasted(self, subject: list[Word]) -> tuple[list[Word], list[Word]]:
        """Cut from a subject what it is set against, or what is taken out of it.

        Returns:
            The subject, and what the predicate is denied of: "the brace, but not the cane,", "the brace, unlike the
            cane,". What is only taken out, as in "all requests but the cane", stands in neither.
        """
        texts = [word.text for word in subject]
        after = self.lexicon.after_phrase
        if texts and (
            lead := after("set_against", texts, 0)
        ):  # "instead of the cane the brace", "unlike the cane, the"
            definite = self.function["definite"]
            own = next((k for k in range(lead + 1, len(texts)) if texts[k] in definite), 0)
            return subject[texts.index(",", lead) + 1 if "," in texts[lead:] else own :], []
        for k in range(1, len(texts)):
            if lead := after("set_against", texts, k):
                stop = texts.index(",", lead) if "," in texts[lead:] else len(texts)
                if lead < stop and self.lexicon.number(subject[lead]) is None:
                    return subject[:k], subject[lead:stop]
            lead = after("taken_out", texts, k)
            if 0 < lead < len(texts) and self.lexicon.number(subject[lead]) is None:  # not "no more than ten"
                stop = texts.index(",", k + 1) if "," in texts[k + 1 :] else len(texts)
                return subject[:k] + subject[stop:], []
        return subject, []

    def _taken_out(self, begin: int) -> bool:
        """Return whether a subject is what is taken out of all: "all requests but the cane are"."""
        before = self.words[max(0, begin - _TAKEN_OUT) : begin]
        if not before or before[-1].text != "but" or self._verb_between(begin - len(before), begin):
            return False
        first = self.words[begin].text
        if len(first) == 1 or first.isdigit() or first in self.function["numbered"]:
            return False  # "all but B": `imr_nlp.components.layout.lists.numbered` reads it
        every = self.function["several"] | self.function["nobody"]
        return any(word.text in every for word in before)

    def _turned(self, said: Statement, other: Sequence[Word]) -> Statement:
        """Return the same predicate denied of something else."""
        turned = "upheld" if said.decision != "upheld" else "overturned"
        return replace(said, start=other[0].start, end=other[-1].end, decision=turned, part=False, granted=None,
                       subject=tuple(w.text for w in other), subject_end=other[-1].end)  # fmt: skip

    def _some_requests(self, subject: Sequence[Word]) -> bool:
        """Whether a subject is some of the requests, of which nobody can say which: "not all of the services"."""
        texts = [word.text for word in subject]
        not_all = any(a == "not" and b in self.function["several"] for a, b in pairwise(texts))
        some = any(word.any("part") for word in subject)
        return not_all or (some and not self.function["requests"].isdisjoint(texts))

    def _but_not(self, last: int, said: Statement) -> Statement | None:
        """Read "… is medically necessary, but not the brace": the same predicate denied of what follows."""
        words = self.words
        at = last + 2 if last + 1 < len(words) and words[last + 1].text == "," else last + 1
        texts = [w.text for w in words[at : at + 4]]
        if texts[:2] in (["but", "not"], ["and", "not"], ["except", "for"]):
            at += 2
        elif texts[:1] == ["except"]:
            at += 1
        elif texts == ["with", "the", "exception", "of"]:
            at += 4
        else:
            return None
        stop = next(
            (k for k in range(at, len(words)) if words[k].text in (";", ",", ".") or words[k].any("copulas")),
            len(words),
        )
        other = words[at:stop]
        if not other or other[0].text not in ("the", "a", "an", "her", "his"):
            return None
        return self._turned(said, other)

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
        subject = words[governed.begin : governed.stop]
        counted = self._amount(subject)[0] is not None  # "and eight are not"
        return self._finish(governed, i, "necessity", strong=counted)

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
            if word.text in self.function["sees"]:
                yield from self._seen(i, j)
                return
            if word.text in ("lacks", "lack", "lacking", "lacked"):
                governed = self._govern(j, -sign)
                if any(w.any("deny") for w in words[:j]) or any(w.any("causes") for w in words[max(0, j - 3) : j]):
                    governed = replace(governed, holder="insurer" if self._denied_left(j) else governed.holder)
                if self._condition_after(i):
                    governed = replace(governed, mood="condition")
                yield self._finish(replace(governed, stop=max(governed.stop, governed.begin)), i, "noun", strong=True)
                return
            if word.any("show"):
                turn = sign * self._turn(j)
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

    def _seen(self, i: int, j: int) -> Iterator[Statement]:
        """Read "I do not find medical necessity for it", "we see no medical necessity": the verb stands at ``j``."""
        words = self.words
        between = words[j + 1 : i]
        holder = self._subject_of(j)
        sign = self._polarity(j) * (-1 if any(w.any("quantifiers") for w in between) else 1)
        if holder is None or not all(w.any("quantifiers") or w.text in ("any", "the", "a") for w in between):
            return
        verb = self._verb_start(j)
        modal = any(w.any("modals") and w.text not in ("cannot", "can") for w in words[verb:j])
        mood = "possible" if modal or self._unreal(j) or self._pleaded(j) else "stated"
        if self._condition_after(i) or self._under_condition(verb):
            mood = "condition"
        ends = (k for k in range(i, len(words)) if not words[k].text[0].isalnum() or words[k].any("breaks", "causes"))
        stop = next(ends, len(words))
        yield self._finish(Governed(i, stop, sign, holder, mood), i, "noun", strong=True)

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
