"""Decision words: what a heading says that becomes of the denial, and how a request's history is told.

The words are in ``configs/layout/decisions.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from imr_nlp.components.layout.definitions import WordedPattern, compiled, worded
from imr_nlp.components.layout.misread_decisions import MisreadDecisions, without_spacing
from imr_nlp.components.layout.notice_words import NoticeWords, notice_words
from imr_nlp.components.layout.statements.words import Lexicon, Word, load_lexicon
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.case import lower_case
from imr_nlp.text.compiled import compile_pattern

_APART = r"[\s,;:.()\[\]/-]"  # what stands between amounts
_SCRAP = 3  # letters of what a scan may have left of "not"
_FLIPPED = {"upheld": "overturned", "overturned": "upheld"}
_SINGLE = (
    "lead_in",
    "trailing",
    "quoted",
    "enclosed",
    "dated",
    "lists",
    "introduction",
    "replaces",
    "older_list",
    "reason_label",
    "stated",
    "column_lead",
    "summary_mark",
)
_BETWEEN = re.compile(r"[\s/|()\[\],_]*(?:or\b)?[\s/|()\[\],_]*")  # between the words of a choice: "Upheld / Modified"


class WordDecision(NamedTuple):
    """What decision words say: the decision, None where they can't be read, and the amount granted."""

    decision: str | None
    granted: float | None = None
    open: bool = False  # whether the words are known to leave it open: "Deferred", "May be overturned"


@dataclass(frozen=True)
class Decisions:
    """``decisions.yml``, compiled.

    Attributes:
        words: Decision words of headings and the decision of each.
        splits: Wordings of a request's history, with the groups ``original``, ``authorized``, ``service``.
        split_cues: Phrases by which such a history is known.
        split_first: With which words it begins.
        open_end: Words at a line's end with which no request ends.
        qualifier: Words between the colon of a heading and its decision word.
        lead_in: What stands before a request.
        trailing: What stands after it.
        lexicon: Word classes for words that no list has.
        statuses: Words in the place of a decision that decide nothing.
        closed: Those of them with which a line of its own closes a request: "Walker: Withdrawn".
        left_open: Words that begin what stands behind a colon, and say that nothing is decided there.
        hedged: What takes back the decision word directly after it: "may be", "previously".
        asked: Words of what was asked for, before a word of denials: "appeal upheld".
        withdrawn_by: What takes back the decision word before it: "if", "in 2014".
        through: Words before the person or office that decided: "by", "per".
        limits: What grants a part only, and what may do so.
        exceptions: What takes a part out of a grant, or out of a denial.
        amended: What shows that the decisions of a letter were changed later, over text in lower case.
        vacated: What tells of a later order on the determination, over text in lower case.
        nameless: Amounts and the like, which name no service.
        placeholder: What stands where a service has no name: "[Service 1]".
        corrections: What shows that a decision was corrected, over text in lower case.
        replaces: What announces the decision that holds instead of one before.
        label: A label before a decision on a line of its own.
        quoted: What shows that the decision line after it is another letter's.
        older_list: What announces a list of an earlier review's decisions.
        reason_label: What opens the reasons behind a decision: "Reason:".
        summary_mark: What numbers a service in a summary or in its heading.
        enclosed: What announces a letter that is enclosed below.
        dated: What opens such a line with a year.
        introduction: What introduces the services in a sentence of its own.
        lists: What tells in a sentence of the insurer that the lines after it are the insurer's.
        others_words: Decision words of insurers, which a letter with words of its own does not use.
        misprints: Decision words that are known where one letter is wrong, or where their end is cut off.
        necessity: What grants where no decision word stands.
        denying: Words beside such a phrase by which it refuses.
        unnecessary: What refuses where no decision word stands.
        title_formulas: What the heading of the reasons decides, and the pattern by which it does.
        column_lead: What a column of a table of crosses names before its decision.
        amount: How many of what was asked are granted.
        stated: Words at the end of a heading that say what became of its request.
        notice: Words of the list of a notice.
        in_names: Decision words that may end a name behind a comma: "swallow study, barium, modified".
        prefixes: What stands before a colon within a request: "Associated surgical service".
    """

    words: dict[str, str]
    splits: tuple[tuple[str, re.Pattern[str]], ...]
    split_cues: re.Pattern[str]
    split_first: str
    open_end: re.Pattern[str]
    qualifier: re.Pattern[str]
    lead_in: re.Pattern[str]
    trailing: re.Pattern[str]
    lexicon: Lexicon = field(repr=False)
    statuses: re.Pattern[str]
    closed: tuple[str, ...]
    left_open: re.Pattern[str]
    hedged: re.Pattern[str]
    asked: re.Pattern[str]
    withdrawn_by: re.Pattern[str]
    through: tuple[str, ...]
    limits: tuple[re.Pattern[str], re.Pattern[str]]
    exceptions: re.Pattern[str]
    amended: WordedPattern
    vacated: WordedPattern
    nameless: re.Pattern[str]
    placeholder: re.Pattern[str]
    corrections: WordedPattern
    replaces: re.Pattern[str]
    label: re.Pattern[str]
    quoted: re.Pattern[str]
    older_list: re.Pattern[str]
    reason_label: re.Pattern[str]
    summary_mark: re.Pattern[str]
    enclosed: re.Pattern[str]
    dated: re.Pattern[str]
    lists: re.Pattern[str]
    introduction: re.Pattern[str]
    others_words: frozenset[str]
    misprints: tuple[str, ...]
    in_names: frozenset[str]
    prefixes: re.Pattern[str]
    necessity: frozenset[str]
    denying: frozenset[str]
    unnecessary: tuple[str, ...]
    title_formulas: tuple[tuple[str, re.Pattern[str]], ...]
    column_lead: re.Pattern[str]
    amount: re.Pattern[str]
    stated: re.Pattern[str]
    notice: NoticeWords

    @cached_property
    def _misread(self) -> MisreadDecisions:
        return MisreadDecisions(self.words, self.misprints)

    @cached_property
    def _longest(self) -> re.Pattern[str]:
        ordered = sorted(self.words, key=len, reverse=True)
        return compile_pattern(rf"\b(?:{'|'.join(re.escape(word) for word in ordered)})\b")

    def read(self, written: str) -> WordDecision:
        """Return what decision words say, also where other words stand beside them.

        Args:
            written: The words of a heading after its request.

        Returns:
            The decision, None where the words say none or several.

        >>> decisions = load_decisions()
        >>> [decisions.read(words).decision for words in ("Upheld (see below)", "Not overturned", "Withdrawn")]
        ['upheld', 'upheld', None]
        >>> [decisions.read(words).decision for words in ("UpheId", "0vertumed", "U p h e l d")]
        ['upheld', 'overturned', 'upheld']
        >>> decisions.read("Modified to #30"), decisions.read("Upheld / Overturned").decision
        (WordDecision(decision='modified', granted=30.0, open=False), None)
        >>> taken_back = ("Cannot be upheld", "Overturned by the judge", "Upheld if late")
        >>> [decisions.read(words).decision for words in taken_back]
        [None, None, None]
        """
        plain = " ".join(lower_case(written).split())
        if plain in self.words:
            return WordDecision(self.words[plain])
        if reasons := self.reason_label.search(plain):
            plain = plain[: reasons.start()]
        if self.statuses.search(plain) or self.left_open.match(plain) or "?" in plain:
            return WordDecision(None, open=True)
        plain = self._misread.put_right(plain)
        words = self.lexicon.words(plain)
        plain = " ".join(word.text for word in words)
        found: set[str] = set()
        matches = list(self._longest.finditer(plain))
        if matches and self._taken_back(plain, matches, words):
            return WordDecision(None, open=True)
        for match in matches:
            decision = self.words[match.group()]
            negated = "not" in plain[: match.start()].split()[-2:]
            if negated and decision not in _FLIPPED:
                return WordDecision(None)
            found.add(_FLIPPED[decision] if negated else decision)
        if not found:
            found = {self._necessity(words)} - {""}
        if len(found) == len(_FLIPPED) + 1:  # all that a form has to choose from
            return WordDecision(None, open=True)
        if len(found) == 1 and matches and self.exceptions.search(plain, matches[-1].end()):
            return WordDecision("modified")
        if "overturned" in found and (limited := self._limited(plain, matches)):
            amount = self.amount.search(written)
            return limited if limited.decision is None or not amount else limited._replace(granted=float(amount[1]))
        several = len(found) > 1 and any(word.any("part") for word in words)  # "upheld in part, overturned in part"
        if len(found) == 1 or several or "modified" in found:
            partly = several or "modified" in found or any(word.any("part") for word in words)
            if partly and not any(word.any("whole") for word in words):
                amount = self.amount.search(written)
                return WordDecision("modified", float(amount[1]) if amount else None)
            return WordDecision(found.pop())
        return WordDecision(None)

    def is_own(self, word: str) -> bool:
        """Return whether a decision word is one of reviewers, and none that insurers use: "Upheld", not "Denied".

        >>> decisions = load_decisions()
        >>> decisions.is_own("Upheld"), decisions.is_own("Denied")
        (True, False)
        """
        return " ".join(word.lower().split()) not in self.others_words

    def known(self, written: str) -> bool:
        """Return whether words say what became of a request, or that nothing is decided."""
        read = self.read(written)
        return read.decision is not None or read.open

    def _taken_back(self, plain: str, matches: list[re.Match[str]], words: list[Word]) -> bool:
        """Return whether words beside the decision words leave open what is decided, or tell that another decided."""
        first, last = matches[0], matches[-1]
        before, after = plain[: first.start()], plain[last.end() :]
        if self.hedged.search(before) or self.withdrawn_by.search(after) or self.asked.search(plain):
            return True
        several = {self.words[match.group()] for match in matches}
        if len(several) > 1 and all(_BETWEEN.fullmatch(plain, a.end(), b.start()) for a, b in pairwise(matches)):
            return True  # a choice that nobody made
        subject = [word for word in self.lexicon.words(before) if not word.any("auxiliaries")]
        if subject and subject[-1].any("insurer") and self.others_words.issuperset(m.group() for m in matches):
            return True  # "necessary for #10; UR had denied all"
        told = [k for k, word in enumerate(words) if word.text in self.through]
        return any(word.any("insurer", "treating", "inner_appeals") for k in told for word in words[k + 1 : k + 4])

    def within(self, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Yield the decision words behind a colon or dash between two offsets; group ``word`` is the word.

        >>> text = "Cane: Upheld; sling"
        >>> [match["word"] for match in load_decisions().within(text, 0, len(text))]
        ['Upheld']
        """
        yield from self._inside.finditer(text, start, end)

    def names(self, text: str, start: int, end: int) -> bool:
        """Return whether a passage names a service: neither amounts alone, a placeholder nor a label does."""
        return not any(one.fullmatch(text, start, end) for one in (self.nameless, self.placeholder, self.label))

    @cached_property
    def at_end(self) -> re.Pattern[str]:
        """A decision word at the end of a passage: " is: Upheld", ": Overturned.", " Modified"."""
        return self._ending("[:;.-]?", self.words)

    @cached_property
    def at_end_of_line(self) -> re.Pattern[str]:
        """The same behind a colon, also of words that close a request without a decision."""
        return self._ending(":", [*self.words, *self.closed])

    @staticmethod
    def _ending(mark: str, listed: Iterable[str]) -> re.Pattern[str]:
        words = alternatives(listed, blank=r"\s")
        lead = r"(?:\s(?:is|are|was))?\s?" + mark
        return compile_pattern(rf"{lead}\s?\b(?P<word>{words})\b[\s.:;,)\]-]{{0,6}}\Z", re.IGNORECASE)

    def places(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the places of decision words between two offsets of a text."""
        for match in self._longest.finditer(lower_case(text[start:end])):
            yield start + match.start(), start + match.end()

    def only(self, written: str) -> bool:
        """Return whether a passage holds decision words, who decided, and little words, but nothing asked for.

        >>> decisions = load_decisions()
        >>> decisions.only("Upheld by UR; IMR"), decisions.only("Upheld; knee brace")
        (True, False)
        """
        words = self.lexicon.words(self._longest.sub(" ", lower_case(written)))
        little = ("reviewer", "insurer", "negators", "fillers", "sides")
        return all(word.any(*little) or len(word.text) < 2 for word in words)

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        return compile_pattern(
            rf"\s?(?::|\s[-–—])\s?[\[(]?\s?(?P<word>{alternatives(self.words, blank=chr(92) + 's')})\b", re.IGNORECASE
        )

    def _limited(self, plain: str, matches: list[re.Match[str]]) -> WordDecision | None:
        """Return what a grant with a limit behind it comes to; None where there is no limit."""
        after = plain[matches[0].end() :] if matches else plain
        sure, doubtful = (limit.search(after) for limit in self.limits)
        if sure:
            return WordDecision("modified")
        return WordDecision(None) if doubtful else None

    def length(self, written: str) -> int:
        """Return how many words decision words are; a spaced word is one.

        >>> load_decisions().length("O v e r t u r n e d by us")
        3
        """
        return len(without_spacing(written).split())

    def titled(self, heading: str) -> str | None:
        """Return what the heading of the reasons decides on all services; None where it says nothing.

        >>> headings = "The brace is NOT MEDICALLY NECESSARY:", "The brace IS MEDICALLY NECESSARY:", "Rationale:"
        >>> [load_decisions().titled(heading) for heading in headings]
        ['upheld', 'overturned', None]
        """
        return next((decision for decision, formula in self.title_formulas if formula.search(heading)), None)

    def place_stated(self, heading: str) -> tuple[int, int] | None:
        """Return the place of words after a request that say what became of it, also where that is no decision.

        >>> heading = "Norco #60: Terminated - no longer in dispute"
        >>> start, end = load_decisions().place_stated(heading); heading[start:end]
        'Terminated - no longer in dispute'
        """
        match = self.stated.search(heading)
        if match is None:
            return None
        word = match["word"]
        known = self._longest.search(self._misread.put_right(" ".join(word.lower().split())))
        if known or self.statuses.search(word) or self.read(word).decision:
            return match.span("word")
        return None

    def _necessity(self, words: list[Word]) -> str:
        """Return what "is (not) medically necessary" decides; nothing where a scrap stands before "medically"."""
        texts = [word.text for word in words]
        at = next((k for k, pair in enumerate(pairwise(texts)) if " ".join(pair) in self.necessity), None)
        if at is None:
            return "upheld" if any(phrase in " ".join(texts) for phrase in self.unnecessary) else ""
        if not self.denying.isdisjoint(texts):
            return "upheld"
        scrap = any(len(word.text) <= _SCRAP and word.text.isalpha() and not word.classes for word in words[:at])
        return "" if scrap or any(word.any("negators") for word in words[:at]) else "overturned"


def load_decisions(path: str = "layout/decisions.yml") -> Decisions:
    """Read the words in which headings decide.

    Args:
        path: File of decision words, relative to ``configs/``.

    Returns:
        The words, compiled.

    Raises:
        ConfigError: A key is missing or a pattern is not a regular expression.
    """
    data = read_yaml(path, "layout/decisions.yml")
    try:
        splits = tuple((e["id"], compiled(e["pattern"], path)) for e in data["splits"])
        formulas = tuple((decision, compiled(one, path)) for decision, one in data["title_formulas"].items())
        cues = "|".join(re.escape(cue) for cue in data["split_cues"])
        single = {key: compiled(data[key], path) for key in _SINGLE}
        others = frozenset(data["others_words"])
        statuses = "|".join(map(re.escape, [*data["statuses"], *data["closed"]]))
        labels = "|".join(map(re.escape, data["labels"]))
        words = "|".join(map(re.escape, data["qualifiers"]))
        opened = "|".join(map(re.escape, [*data["statuses"], *data["open_words"]]))
        hedges, asked, of_denials = ("|".join(map(re.escape, data[key])) for key in ("hedges", "asked", "of_denials"))
        return Decisions(
            data["words"], splits, others_words=others, split_cues=compiled(cues, path), lexicon=load_lexicon(),
            misprints=tuple(data["misprints"]), in_names=frozenset(data["in_names"]),
            split_first=data["split_first"], open_end=compile_pattern(rf"\b{alternatives(data['open_end'])}\Z"),
            necessity=frozenset(data["necessity"]), denying=frozenset(data["denying"]),
            unnecessary=tuple(data["unnecessary"]), notice=notice_words(data["notice"], path),
            title_formulas=formulas, amount=compile_pattern(data["amount"]),
            qualifier=compiled(rf"(?:(?:{words})\b[ /,]{{0,3}}){{1,4}}", path),
            statuses=compiled(rf"\b(?:{statuses})\b", path), closed=tuple(data["closed"]),
            left_open=compiled(rf"{data['open_lead']}(?:{opened})\b{data['open_tail']}", path),
            hedged=compiled(rf"\b(?:{hedges})[\s:,;-]{{0,3}}\Z|: ?(?:{asked})[\s:]{{0,3}}\Z", path),
            asked=compiled(rf"\b(?:{asked})s?(?: (?:is|was|be|are|were))?\s{{0,3}}\b(?:{of_denials})\b", path),
            withdrawn_by=compiled(data["withdrawn_by"], path), through=tuple(data["through"]),
            limits=(compiled(data["limits"], path), compiled(data["maybe_limits"], path)),
            exceptions=compiled(data["exceptions"], path),
            amended=worded(data["amended"], path), vacated=worded(data["vacated"], path),
            corrections=worded(data["corrections"], path),
            placeholder=compiled(data["placeholder"], path),
            # Nothing is tried twice: a row of dashes can be cut into pieces in more ways than there is time for.
            nameless=compiled(rf"(?=[\s\S]){_APART}*+(?>{data['nameless']}){{0,40}}", path),
            label=compiled(rf"[\s:]*(?:{labels})[\s:]*", path), prefixes=compiled(data["prefixes"], path), **single,
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error!r}") from error
