"""Statements of a decision: what a sentence decides, who says so, and whether it decides at all.

`Statements.read` returns every predicate of necessity and every act on a denial with its holder. The caller takes
those whose `Statement.decides` is true. The words are in ``configs/layout/statements.yml``; `words` finds them.

A predicate is read in three steps. Its own verb group gives polarity and modality ("could not be considered"). What
governs it is read to the left: "that", a verb or noun of saying, its negation and its subject. Last come conditions,
questions, and parts of a request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imr_nlp.components.layout.statements import echoes
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.predicates import Sentence
from imr_nlp.components.layout.statements.quotations import with_announced, with_speakers
from imr_nlp.components.layout.statements.reservations import Reservations, load_reservations
from imr_nlp.components.layout.statements.speakers import HOLDERS
from imr_nlp.components.layout.statements.words import Lexicon, Word, load_lexicon
from imr_nlp.text.case import lower_case
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.intervals import between

_END = re.compile(r"(?<=[.?!;])[\"')\]]*\s+(?=[\"'(\[#]?[A-Z0-9•*-])")
#: A letter with a full stop ends a sentence where another opens behind it: "vitamin C. The plan"; no name begins so.
_OPENS = re.compile(
    r"[\s\"')\]]*(?:The|This|That|These|Those|It|He|She|They|We|His|Her|Their|Our|There|In|On|At|After|For|As|Based|"
    r"Therefore|Thus|However|Both|All|No|None|Neither|A|An)(?= [a-z])|[\s\"')\]]*(?:The|His|Her|Their) [A-Z]"
)
_NO_END = re.compile(r"(?:\b(?:Dr|Drs|Mr|Mrs|Ms|No|vs?|Inc|St|e\.g|i\.e|cf|al|approx|pp?)|\b[A-Z])\.\Z")
#: The same three for a passage without capitals.
_IN_LOWER = [re.compile(one.pattern.replace("A-Z0-9", "a-z0-9"), re.IGNORECASE) for one in (_END, _NO_END, _OPENS)]
_NEXT = re.compile(r"[.?!;]\s")
_JOINT = re.compile(r",? and |, ")
_OUTCOMES = ("upheld", "overturned", "modified", "necessity")  # classes of words
_SEVERAL = 2  # outcomes of a sentence that may be told respectively
#: Classes of words before such a sentence that keep it from being the reviewer's.
_OTHERS = ("treating", "source", "inner_appeals", "conditions", "questions", "report", "negators")
_BEFORE = 90  # characters before a clause in which those who say it are named
_VERDICT = 90  # characters of the longest sentence that says nothing but the outcome

__all__ = ["Statement", "Statements", "load_statements", "sentences"]


def sentences(text: str, start: int, end: int, breaks: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Cut a passage of text into sentences.

    Args:
        text: Text of the reading view.
        start: Where to begin.
        end: Where to stop.
        breaks: Offsets at which a sentence begins whatever comes before, such as lines of a form.

    Returns:
        (start, end) of each sentence.

    >>> sentences("Dr. Roe agreed. The brace is needed.", 0, 36)
    [(0, 15), (16, 36)]
    >>> sentences("dr. roe agreed. the brace is needed.", 0, 36)
    [(0, 15), (16, 36)]
    """
    cuts = {start}
    ends, no_end, opens = _IN_LOWER if text[start:end].islower() else (_END, _NO_END, _OPENS)
    for match in ends.finditer(text, start, end):
        initial = no_end.search(text, max(start, match.start() - 8), match.start())
        name = initial and not text[max(start, initial.start() - 2) : initial.start()].strip().islower()
        if not initial or (not name and len(initial.group()) == 2 and opens.match(text, match.start())):
            cuts.add(match.end())
    cuts.update(at for at in breaks if start < at < end)
    ordered = sorted(cuts)
    found = []
    for begin, following in zip(ordered, [*ordered[1:], end], strict=True):
        stop = begin + len(text[begin:following].rstrip())
        if stop > begin:
            found.append((begin, stop))
    return found


@dataclass(slots=True)
class _Context:
    """What is known of a passage up to a sentence.

    Attributes:
        lower: The passage in lower case.
        start: Where it begins.
        end: Where it ends.
        several: Whether it tells of several reviewers.
        named: The last sentence that no pronoun begins: "It" may be somebody who is named there.
        speaker: Who was named last.
        asked: The question in the sentence before.
        last: What the sentence before says last.
    """

    lower: str
    start: int
    end: int
    several: bool
    named: tuple[int, int]
    speaker: str | None = None
    asked: Statement | None = None
    last: Statement | None = None


class Statements:
    """Reader of statements.

    >>> read = load_statements().read
    >>> [(s.decision, s.holder) for s in read("The plan says that it is not medically necessary. We disagree.")]
    [('upheld', 'insurer')]
    >>> [s.decision for s in read("There is insufficient evidence that the brace is medically necessary.")]
    ['upheld']
    """

    def __init__(self, lexicon: Lexicon, reservations: Reservations) -> None:
        """Use a lexicon of word classes, and what keeps a sentence from deciding."""
        self.lexicon = lexicon
        self.reservations = reservations
        self.people = _people(lexicon)
        #: What begins a sentence for somebody whom the one before names.
        self.pronouns = tuple(f"{word.capitalize()} " for word in ("it", *lexicon.function["pronouns"]))

    def read(self, text: str, start: int = 0, end: int | None = None, breaks: Sequence[int] = ()) -> list[Statement]:
        """Return the statements of ``text[start:end]`` in text order, whoever makes them.

        Args:
            text: Text of the reading view.
            start: Where to begin.
            end: Where to stop; None for the end of the text.
            breaks: See `sentences`.

        Returns:
            The statements, with offsets into ``text``.
        """
        end = len(text) if end is None else end
        lower = lower_case(text[start:end])
        several = any(word in lower for word in self.lexicon.function["several_reviewers"])
        context = _Context(lower, start, end, several, (start, start))
        found = [
            said for place in sentences(text, start, end, breaks) for said in self._of_sentence(text, *place, context)
        ]
        found = with_speakers(self.lexicon, text, start, end, found, breaks)
        found = self._of_most(text, start, end, found)
        return self._of_members(text, start, end, found, breaks)

    def _of_sentence(self, text: str, begin: int, stop: int, context: _Context) -> list[Statement]:
        """Return what a sentence says, also by answering or echoing the one before; bring the context up to it.

        >>> said = load_statements().read("Is the brace medically necessary? No. The cane is medically necessary.")
        >>> [(" ".join(one.subject), one.decision) for one in said if one.decides]
        [('the brace', 'upheld'), ('the cane', 'overturned')]
        """
        answer = context.asked and self._answered(text, begin, stop, context.asked)
        echo = context.last and echoes.behind(self.lexicon, text, begin, stop, context.last)
        context.asked = context.last = None
        holder: str | None = None
        told: list[Statement] = []
        if self.lexicon.triggers.search(context.lower, begin - context.start, stop - context.start):
            sentence = Sentence(self.lexicon, self._words(text, begin, stop), context.speaker)
            sentence.several = context.several
            sentence.body = self._body(text, begin, *context.named)
            told = self._told(text, begin, stop, sentence, context.end)
            asked = next((one for one in told if one.mood == "question" and one.kind == "necessity"), None)
            context.asked = asked or _inverted(sentence.words)
            holder = sentence.first_holder()
        elif match := self.people.match(text, begin, stop):
            words = self.lexicon.words(text, match.start(), match.end())
            holder = next((c for w in words for c in HOLDERS if c in w.classes), None)
        if echo and not told:
            told = [echo]
        context.last = told[-1] if told else None
        context.speaker = holder or context.speaker
        if not text.startswith(self.pronouns, begin):
            context.named = (begin, stop)
        return [answer, *told] if answer else told

    def _told(self, text: str, begin: int, stop: int, sentence: Sentence, end: int) -> list[Statement]:
        """Return what a sentence says with the words of a decision, in text order.

        Args:
            text: Text of the reading view.
            begin: Where the sentence begins.
            stop: Where it ends.
            sentence: Its words.
            end: Where the passage ends.

        >>> asked = "A brace and a cane were denied. "
        >>> said = load_statements().read(asked + "The brace is medically necessary, and so is the cane.")
        >>> [(" ".join(one.subject), one.decision) for one in said]
        [('the brace', 'overturned'), ('the cane', 'overturned')]
        """
        told = self._verdict(text, begin, stop) or sentence.adopted(list(sentence.statements()))
        in_order = self.lexicon.function["in_order"]
        if any(word.text in in_order for word in sentence.words):
            told = self._respective(text, begin, stop, told)
        told = self.reservations.applied(text, begin, stop, told, end)
        told = with_announced(self.lexicon, text, begin, told)
        if any(one.holder == "member" for one in told):  # what one of several says stays his to the full stop
            told = [replace(one, holder="member") if one.holder == "narrator" else one for one in told]
        more = [other for one in told if (other := echoes.inside(self.lexicon, text, stop, one))]
        return sorted((*told, *more), key=lambda one: one.start) if more else list(told)

    def _body(self, text: str, begin: int, before: int, end: int) -> str | None:
        """Return whom "It" or "They" means at ``begin``: the insurer, if the sentence at ``before`` tells of it."""
        if not text.startswith(self.pronouns, begin):
            return None
        named = {name for word in self.lexicon.words(text, before, end) for name in HOLDERS if name in word.classes}
        office = named - {"source"} == {"insurer"} or ("insurer" in named and text.startswith("It ", begin))
        return "insurer" if office else None

    def _verdict(self, text: str, start: int, end: int) -> list[Statement]:
        """Return what a sentence decides that says nothing but the outcome: "Denial upheld."."""
        if end - start > _VERDICT:
            return []
        said = text[start:end].strip().rstrip(".!")
        for decision, pattern in self.lexicon.verdicts:
            if pattern.fullmatch(said):
                at = start + text[start:end].index(said)
                return [Statement(at, at + len(said), decision, "narrator", "act", part=decision == "modified")]
        return []

    def _respective(self, text: str, start: int, end: int, told: Sequence[Statement]) -> list[Statement]:
        """Return what a sentence decides on each of several: "The denials of A and B are upheld and overturned, …"."""
        match = self.lexicon.respective.search(text, start, end)
        if match is None:
            before = self.lexicon.words(text, start, end)
            return list(told) if sum(word.any(*_OUTCOMES) for word in before) < _SEVERAL else []
        if any(not one.decides for one in told) or any(
            word.any(*_OTHERS) for word in self.lexicon.words(text, start, match.start())
        ):
            return []
        at, stop = match.span("names")
        places = between(_JOINT.finditer(text, at, stop), at, stop)
        said = self.lexicon.words(match["words"])
        turns = [turn for word in said for turn in ("upheld", "overturned") if word.any(turn)]
        if not len(turns) == len(places) == len(_JOINT.split(match["words"])) or any(
            word.any("negators", "part", "modals") for word in said
        ):
            return []
        subjects = [tuple(word.text for word in self.lexicon.words(text, a, b)) for a, b in places]
        return [
            Statement(a, b, turn, "narrator", "act", subject=subject, subject_end=b)
            for (a, b), turn, subject in zip(places, turns, subjects, strict=True)
        ]

    def _answered(self, text: str, start: int, end: int, asked: Statement) -> Statement | None:
        """Return what a sentence decides that only answers the question before it: "Yes.", "The answer is no."."""
        said = text[start:end].strip().rstrip(".!")
        first, _, rest = said.partition(". ")  # "No." ends no sentence: it may be a number
        said = said if rest[:1].isdigit() else first
        for decision, pattern in self.lexicon.answers:
            if pattern.fullmatch(said):
                at = start + text[start:end].index(said)
                return replace(asked, start=at, end=at + len(said), decision=decision, mood="stated", holder="narrator")
        return None

    def _words(self, text: str, start: int, end: int) -> list[Word]:
        """Return the words of a sentence without its answer: the "No" of "No. The brace is not …" negates nothing."""
        words = self.lexicon.words(text, start, end)
        answer = next((j for j, word in enumerate(words) if word.text in ("no", "yes")), None)
        if answer is None or not self.lexicon.answer.match(text, words[answer].start, end):
            return words
        before = text[start : words[answer].start].rstrip()
        if before and before[-1].isalnum() and not words[answer - 1].any("sides"):
            return words
        mark = answer + 1 < len(words) and not words[answer + 1].text[0].isalnum()
        return words[:answer] + words[answer + 1 + mark :]

    def _of_most(self, text: str, start: int, end: int, found: list[Statement]) -> list[Statement]:
        """Give the panel what "the other two" say where one of three speaks before: they are the majority."""
        if not any(one.holder == "member" for one in found):
            return found
        size = self.lexicon.panel_size.search(text, start, end)
        if size is None:
            return found
        told = []
        for one in found:
            near = max(start, one.start - _BEFORE)
            others = self.lexicon.others.search(text, near, one.start) if one.holder == "member" else None
            most = 2 * self._value(others["number"]) > self._value(size["number"]) if others else False
            told.append(replace(one, holder="panel") if most else one)
        return told

    def _value(self, number: str) -> int:
        return int(number) if number.isdigit() else self.lexicon.numbers[number.lower()]

    def _of_members(
        self, text: str, start: int, end: int, found: list[Statement], breaks: Sequence[int]
    ) -> list[Statement]:
        """Give what several reviewers say under a label each to a member, until the panel speaks."""
        begins = frozenset(breaks)
        labels = [
            label for label in self.lexicon.member_label.finditer(text, start, end)
            if text[label.end() - 1] != "." or label.start() in begins or text[max(label.start() - 2, 0)] in ".?!:"
        ]  # fmt: skip
        if len(labels) < 2:
            return found
        told, panel = [], False
        last = labels[-1]
        for one in found:
            later = bool(
                any(last.end() < at <= one.start for at in breaks) or _NEXT.search(text, last.end(), one.start)
            )
            if later and self.lexicon.dissent.search(text, last.start(), one.start):
                later = bool(self.lexicon.outcome.search(text, max(last.end(), one.start - _BEFORE), one.end))
            panel = panel or (one.start > last.start() and one.holder == "panel") or (later and one.kind == "act")
            alone = one.end > labels[0].start() and not panel and one.holder in ("narrator", "reviewer")
            told.append(replace(one, holder="member") if alone else one)
        return told


def _inverted(words: Sequence[Word]) -> Statement | None:
    """Return the question "Is the brace medically necessary?"; its subject stands after the verb."""
    if not words or words[-1].text != "?":
        return None
    first = next((k for k, w in enumerate(words) if w.any("copulas") and (not k or words[k - 1].text == ":")), None)
    last = next((k for k, w in enumerate(words) if w.text == "medically" or w.any("necessity")), None)
    if first is None or last is None or last < first + 2:
        return None
    subject = words[first + 1 : last]
    return Statement(subject[0].start, words[-1].end, "overturned", "narrator", "necessity", "question",
                     subject=tuple(word.text for word in subject), subject_end=subject[-1].end)  # fmt: skip


def _people(lexicon: Lexicon) -> re.Pattern[str]:
    people = [name for name, classes in lexicon.classes.items() if not classes.isdisjoint(("reviewer", "treating"))]
    names = "|".join(re.escape(name) for name in sorted(people, key=len, reverse=True))
    return compile_pattern(rf"(?:The |This |Her |His |An? )?(?:\w+ )?(?:{names})\b", re.IGNORECASE)


def load_statements(path: str = "layout/statements.yml", reservations: str = "layout/reservations.yml") -> Statements:
    """Return the reader over the lexicon at ``path`` and the reservations at ``reservations``."""
    return Statements(load_lexicon(path), load_reservations(reservations))
