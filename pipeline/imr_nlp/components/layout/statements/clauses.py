"""Clauses of a sentence: where they begin, their verb groups, and what is negated.

`Clauses` answers these questions by walking the words of the sentence to the left. No answer looks at more than `FAR`
words. `holders` adds who says a clause. The words are in ``configs/layout/statements.yml``.
"""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.components.layout.statements.words import Lexicon, Word

FAR = 60  # words to the left of a predicate that can govern it
_AGENT = 30  # words of the longest phrase that names who acts
_ASIDE = 30  # words between two commas that part a verb from its "not": "do not, in spite of …, show"


@dataclass(frozen=True, slots=True)
class Group:
    """A verb group: where it begins, its polarity, and whether it says only what may be."""

    start: int
    sign: int
    possible: bool


class Clauses:
    """The clauses of one sentence."""

    def __init__(self, lexicon: Lexicon, words: list[Word], speaker: str | None) -> None:
        self.lexicon = lexicon
        self.function = lexicon.function
        self.words = words
        self.speaker = speaker
        self.several = False  # whether the letter names several reviewers
        self.body: str | None = None  # whom "it" means: the insurer, where the sentence before tells of it
        self.question = bool(words) and words[-1].text == "?"

    def _verb_group(self, i: int) -> Group | None:
        """Return the verb group that ends at the predicate ``i``; None where it has no finite verb."""
        words = self.words
        sign, possible, finite, subjunctive = 1, False, False, False
        j = i - 1
        start = i
        own = joined = False  # "is not safe and not necessary": the second "not" counts alone
        while j >= 0:
            word = words[j]
            text = word.text
            joined = joined or (own and not finite and text in ("and", "or", "nor"))
            if word.any("copulas", "modals", "auxiliaries") and text != "to":
                finite = finite or text not in self.function["infinite"]
                infinitive = "to" in (w.text for w in words[max(j - 2, 0) : j])  # "found to nto be necessary" is none
                subjunctive = subjunctive or (text == "be" and j > 0 and not infinitive)
                possible = possible or word.any("possible")
                if (text.endswith("n't") or text == "cannot") and not joined:
                    sign = -sign
                if text == "yet" and j + 1 < len(words) and words[j + 1].text == "to":
                    sign = -sign
                start = j
            elif text == "not" and j + 1 < len(words) and words[j + 1].text == "only":
                pass  # "is not only medically necessary but urgent"
            elif text == "nor" and (k := self._neither(j)) is not None:  # "is neither safe nor medically necessary"
                sign, own, j = -sign, True, k - 1
                continue
            elif text in ("neither", "nor") and finite:
                break  # the subject: "neither is medically necessary"
            elif text in self.function["negations"]:
                if not joined:
                    sign = -sign
                own = own or not finite
                start = j if finite else start
            elif text in self.function["failing"] and not finite:
                sign, finite, start = -sign, True, j
            elif text in self.function["likely"]:
                pass
            elif text in self.function["unlikely"]:
                sign = -sign
            elif finite:
                break
            elif text == "," and (k := self._parenthesis(j)) is not None:
                j = k
                continue
            elif own and not finite and (k := self._shared_verb(j)) is not None:
                finite, start = True, k  # "is convenient but not medically necessary"
                break
            elif not (word.any("fillers") or text.endswith("ly") or self._joined(j)):
                break
            j -= 1
        recommended = subjunctive and any(w.any("report") for w in words[max(0, start - 14) : start])
        return Group(start, sign, possible) if finite or recommended else None

    def _neither(self, j: int) -> int | None:
        """Return where the "neither" of the "nor" at ``j`` stands, with a verb before it; None without one."""
        for k in range(j - 1, max(j - 6, 0), -1):
            if self.words[k].text == "neither":
                return k if self.words[k - 1].any("copulas", "fillers") else None
        return None

    def _shared_verb(self, j: int) -> int | None:
        """Return the verb of "is X but not Y" for the conjunction at ``j``; None without one."""
        if self.words[j].text not in self.function["joins"]:
            return None
        for k in range(j - 1, max(j - 10, -1), -1):
            word = self.words[k]
            if word.text in (",", ";", ":", "that") or word.any("necessity", "modals", "report"):
                return None
            if word.text in self.function["whole_verbs"]:
                return k
        return None

    def _joined(self, j: int) -> bool:
        """Return whether the word at ``j`` is a first adjective: "is both safe and medically necessary"."""
        near = self.words[j - 1] if j else None
        readable = self.words[j].text[0].isalnum()
        return readable and self.words[j + 1].text in ("and", "or", "nor") and near is not None and (
            near.any("copulas") or near.text in ("both", "neither", "not")
        )  # fmt: skip

    def _parenthesis(self, j: int) -> int | None:
        """Return where to read on to the left of a parenthesis that a comma at ``j`` closes."""
        for k in range(j - 1, max(j - _ASIDE, 0), -1):
            if self.words[k].text == ",":
                before = self.words[k - 1]
                near = j - k < 10 or self.words[k + 1].any("sides")
                return k - 1 if near and before.any("copulas", "modals", "auxiliaries", "negators") else None
        return None

    def _last_clause(self, begin: int, stop: int) -> int:
        """Return where the last of several clauses begins: "no other drug would do, and the brace is needed".

        A clause may follow another without "and" or comma: "since none was given the brace is not needed".
        """
        words = self.words
        for j in range(stop - 2, begin, -1):
            before = words[j]
            if words[j + 1].text not in self.function["determiners"] or before.text in self.function["before_nouns"]:
                continue
            if before.text == "and" and words[begin].text == "no" and words[j + 1].text in self.function["definite"]:
                return j + 1  # "no other device helps and the brace is needed"
            if before.any("copulas", "auxiliaries", "modals"):
                continue
            ended = before.text != "and" and (words[begin].text == "not" or before.text.endswith("ed"))
            if ended or self._verb_between(begin, j + 1):
                return j + 1
        return begin

    def _denies(self, k: int, stop: int) -> bool:
        """Return whether "none" or "no" at ``k`` denies the verb group at ``stop``, and no other verb before it.

        In "since none was given bracing is needed" it does not. In "none that was asked for is needed" it does.
        """
        words = self.words
        if k and words[k - 1].any("copulas"):
            return False  # "there are none"
        while stop > k and (words[stop - 1].text in ("and", "or") or words[stop - 1].any("copulas")):
            stop -= 1  # "is or was"
        between = words[k + 1 : stop]
        relative = any(word.any("relatives") or word.text == "that" for word in between)
        return relative or not self._verb_between(k + 1, stop)

    def _subject_start(self, stop: int) -> int:
        """Return where the clause of the verb group at ``stop`` begins."""
        words = self.words
        j = stop - 1
        while j >= 0 and stop - j < FAR:
            word = words[j]
            text = word.text
            if text in (";", ":", "?", "!") or word.any("questions"):
                return j + 1
            if text == "that" and not (j + 1 < stop and words[j + 1].any("copulas")) and j + 1 < stop:
                return j + 1
            if text in self.function["if_words"]:
                return j + 1
            if word.any("breaks") or text in self.function["subordinates"]:
                return j + 1
            if text == ",":
                inside = self._relative(j)
                if inside is not None:
                    j = inside
                    continue
                if j + 1 < stop and words[j + 1].any("relatives"):
                    return j + 2
                if self._new_clause(j, stop):
                    return j + 1
                if self._closes_side(j) or (
                    j + 1 < stop
                    and words[j + 1].text in self.function["coordinates"]
                    and (self._verb_between(j + 2, stop) is False and self._has_verb(0, j))
                ):
                    return j + 2 if words[j + 1].text in self.function["coordinates"] else j + 1
            if word.any("report") and self._governs_without_that(j, stop):
                return j + 1
            if text == "and" and j + 1 < stop and words[j + 1].any("report", "deny"):
                return j + 1
            j -= 1
        return j + 1

    def _new_clause(self, j: int, stop: int) -> bool:
        """Return whether the comma at ``j`` ends a clause with a verb and a subject of its own follows."""
        if j + 1 >= stop or self.words[j + 1].text not in self.function["determiners"]:
            return False
        k = j - 1
        while k >= 0 and self.words[k].text not in (";", ":", ",", "that"):
            k -= 1
        return k >= 0 and self.words[k].text == "that" and self._verb_between(k + 1, j)

    def _verb_between(self, start: int, stop: int) -> bool:
        return any(w.any("copulas", "auxiliaries", "modals") and w.text != "to" for w in self.words[start:stop])

    def _has_verb(self, start: int, stop: int) -> bool:
        return any(w.any("copulas", "auxiliaries", "report", "deny", "show") for w in self.words[start:stop])

    def _relative(self, j: int) -> int | None:
        """Return the place left of a side clause between commas that ends at ``j``; None without one."""
        for k in range(j - 1, max(j - 25, 0), -1):
            if self.words[k].text == ",":
                following = self.words[k + 1]
                set_against = following.text == "unlike" or (
                    following.text == "but" and self.words[k + 2].text == "not"
                )
                apposed = following.text in ("a", "an") and not self._verb_between(k, j)
                side = (
                    set_against
                    or apposed
                    or following.any("relatives", "according")
                    or (following.any("sides") and following.text not in self.function["no_aside"])
                )
                return k - 1 if side and k > 0 else None
        return None

    def _closes_side(self, j: int) -> bool:
        """Return whether the comma at ``j`` ends a side clause that opened the sentence or the clause."""
        k = j - 1
        while k >= 0 and self.words[k].text not in (";", ":", ","):
            if self.words[k].text == "that":
                first = self.words[k + 1]
                return first.any("sides", "according")
            k -= 1
        first = self.words[k + 1]
        if first.text in ("and", "but") and k + 2 < len(self.words):
            first = self.words[k + 2]
        return first.any("sides", "according", "conditions", "breaks") or first.text in ("should",) or (k < 0 and j > 2)

    def _governs_without_that(self, j: int, stop: int) -> bool:
        """Return whether the verb of saying at ``j`` has the clause after it as its object."""
        following = self.words[j + 1 : stop]
        if not following:
            return False
        if self.words[j].text in self.function["takes_noun"]:
            return False
        before = self.words[j - 1] if j else None
        if before is not None and (
            before.text in self.function["not_reporting"]
            and (before.text != "," or not self.words[j].text.endswith("ing"))
        ):
            return False
        return following[0].text in self.function["begins_reported"] or following[0].text[0].isdigit()

    def _quantified(self, j: int) -> bool:
        """Return whether the noun at ``j`` is denied: "no", "insufficient", "there is not sufficient evidence"."""
        for k in range(j - 1, max(j - 6, -1), -1):
            word = self.words[k]
            if word.any("quantifiers", "negators") and word.text != "nor":
                return True
            if word.text.endswith("n't") or word.text in (",", ";"):
                return word.text.endswith("n't")
        return False

    def _polarity(self, j: int) -> int:
        """Return -1 where the verb at ``j`` is negated, 0 where what it depends on is not understood, else 1."""
        words = self.words
        if words[j].text.endswith("ing") and j and words[j - 1].text in self.function["before_gerund"]:
            return self._gerund(j)
        sign, k = 1, j
        for _ in range(5):
            k -= 1
            if k >= 0 and words[k].text == "," and (before := self._parenthesis(k)) is not None:
                k = before
            if k < 0:
                break
            word = words[k]
            if word.text == "not" and words[k + 1].text == "only":
                continue
            if word.text in self.function["negations"] or word.text.endswith("n't") or word.text == "cannot":
                sign = -sign
            elif word.text == "to" and not words[k + 1].text.endswith("ing"):
                return sign * self._infinitive(k)
            elif not (word.any("copulas", "auxiliaries", "modals", "fillers") or word.text.endswith("ly")):
                if word.text in self.function["given"]:
                    continue
                break
        return sign

    def _infinitive(self, to: int) -> int:
        """Return what the words before "to" make of its verb: "fails to", "no evidence to", "too weak to", "able to".

        Returns:
            1 where they let it stand, -1 where they deny it, 0 where they are not known.
        """
        words = self.words
        sign, known, k = 1, False, to
        for _ in range(7):
            k -= 1
            if k >= 0 and words[k].text == "," and (before := self._relative(k)) is not None:
                k = before  # "impossible, on such a record, to find"
            if k < 0:
                break
            word = words[k]
            if word.text in (",", ";", ":"):
                break
            if word.text == "yet":
                return -sign
            denied = any(w.text in self.function["negations"] for w in words[max(0, k - 2) : k])
            if word.any("unmet") and denied and not word.any("negators"):
                return 0  # "not impossible to find"
            if word.any("unmet") or word.text == "too":
                return -sign * self._polarity(k) if word.any("copulas", "auxiliaries") else -sign
            if word.text == "little" or word.text in self.function["nobody"]:
                return -sign
            if word.text in self.function["negations"] or word.text.endswith("n't"):
                return -sign if known else 0
            if word.any("evidence_nouns"):
                return -sign if self._quantified(k) else sign
            if k and words[k - 1].text == "too":  # "too sparse to"
                continue
            if word.any("permitting", "modals", "auxiliaries") or (known and word.any("copulas", "fillers")):
                known = True
            elif known or not (word.any("record", "fillers", "relatives") or word.text in self.function["given"]
                               or word.text in self.function["before_to"]):  # fmt: skip
                break
        return sign if known or to == 0 else 0

    def _gerund(self, j: int) -> int:
        """Return what the word before a gerund makes of it: "falls short of showing", "far from showing"."""
        denied = any(word.text in self.function["denies_gerund"] for word in self.words[max(0, j - 3) : j])
        return -1 if denied else 0

    def _runs_on(self, last: int) -> bool:
        """Return whether a clause with "that" is itself the subject of the verb after ``last``.

        "That the brace is necessary has not been shown", "evidence that it is necessary is lacking".
        """
        for word in self.words[last + 1 : last + 12]:
            if word.text in (",", ";", ":", "and", "or", "that") or word.any(
                "causes", "breaks", "relatives", "conditions"
            ):
                return False
            if word.any("copulas", "modals") or (word.any("auxiliaries") and word.text not in ("to", "yet")):
                return True
            if word.text in self.function["goes_on"]:
                return True
        return False

    def _verb_start(self, j: int) -> int:
        k = j
        while k > 0 and (
            self.words[k - 1].any("copulas", "auxiliaries", "modals", "negators", "fillers")
            or self.words[k - 1].text in self.function["failing"]
            or self.words[k - 1].text.endswith("ly")
        ):
            k -= 1
        return k

    def _agent_phrase(self, that: int) -> int:
        """Return where the words begin that name who acts before "that"; ``that`` where there are none.

        In "established by the notes of her doctors that" they begin at "by".
        """
        words = self.words
        first = that
        for j in range(that - 1, max(that - _AGENT, 0), -1):
            word = words[j]
            if word.text in (";", ":", "that") or word.any("copulas", "modals", "questions", "unmet", "deny"):
                break
            if word.any("show", "report", "doubt") and not word.any("record", "evidence_nouns"):
                break
            before = words[j - 1]
            told = before.any("show", "report") and before.text.endswith(("ed", "n"))
            if word.text in self.function["names_agent"] and (told or before.any("evidence_nouns")):
                first = j
        return first

    def _record_of(self, j: int) -> bool:
        """Return whether the subject of the verb at ``j`` is what somebody wrote: "the letters of her physicians"."""
        first = self._verb_start(j)
        subject = self.words[self._subject_start(first) : first]
        at = next((k for k, word in enumerate(subject) if word.any("record")), None)
        return at is not None and any(
            word.text in self.function["names_writer"] and not any(w.any("treating") for w in subject[: at + k])
            for k, word in enumerate(subject[at + 1 :], 1)
        )
