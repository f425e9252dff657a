"""Sentences of a letter (component ``imr_sentences``): a Doc in, the same Doc with ``doc.sents`` out.

Read in this order: `SentenceSegmenter` (the component), `SentenceSplitter.starts` (one passage of text), and then the
questions that `SentenceSplitter` asks of a full stop. The words it asks about are in ``configs/sentences.yml``.

Candidates are found by one regular expression over the text and only they are looked at in Python, so that the
component takes about as long as spaCy's ``sentencizer``, which looks at each token.
"""

import re
from bisect import bisect_right
from itertools import pairwise
from typing import Any

import numpy as np
from spacy.attrs import IDX, SENT_START
from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.doc import spans as annotate
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.compiled import compile_pattern

# A mark that may end a sentence, what closes with it, and the blank after it: '… indicated." |The', "x-ray . |No"
_STOP = r"(?P<mark>[.?!]{1,6})(?P<close>[\"')\]]{0,3})\s{1,20}(?=[\"'(\[]{0,3}(?:[A-Z0-9]|(?:%s)\b|[a-z]\)))"
# Author-year references that stand alone after a sentence: "(Doe, 2004) (Roe, 2005) |The"
_REFERENCES = re.compile(r"(?:\([^()]{2,80}\d{4}[a-z]?\)[ ]?){1,12}(?=[A-Z])")
# A numbered item without a bracket before its number, in a list that runs on: "… and/or |2) Personal care"
_ITEM = re.compile(r"(?P<number>\d{1,2})(?P<closing>[.)]) (?=[A-Z])")
_FIRST_WORD = re.compile(r"[\"'(\[]{0,3}([A-Za-z0-9][A-Za-z0-9']{0,30})[ ]?([%A-Za-z]{0,8})")
_OPENING = "\"'(["
_DOTTED = re.compile(r"(?:[a-z]{1,2}\.){1,5}[a-z]{1,2}")  # "u.s", "b.i.d", "ph.d"
# Dots that lead to an entry of a form: "Asthma ........ No", "Asthma . . . . No".
_LEADER, _SPACED_LEADER = ".....", ". . "
_OTHER_SENTENCE = np.array(-1, dtype=np.int64).astype(np.uint64)  # spaCy's "no sentence starts here"


class SentenceSplitter:
    """Where sentences start in a passage of plain text.

    ``rules`` is the content of ``configs/sentences.yml``. Raises ConfigError where a list is missing or no list.

    >>> split = SentenceSplitter(read_yaml("sentences.yml"))
    >>> text = "See Chapter 12, p. 303. Norflex 7.5 mg. daily was given by Dr. Roe. It helped."
    >>> starts = split.starts(text, 0, len(text))
    >>> [text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)])]
    ['See Chapter 12, p. 303.', 'Norflex 7.5 mg. daily was given by Dr. Roe.', 'It helped.']
    """

    def __init__(self, rules: dict[str, Any]) -> None:
        self.never_last = _words(rules, "never_last")
        self.not_before_number = _words(rules, "not_before_number")
        self.last_before_starter = _words(rules, "last_before_starter")
        self.listed = self.never_last | self.not_before_number | self.last_before_starter
        self.starters = _words(rules, "starters")
        self.units = _words(rules, "units")
        self.longest_introduced = _length(rules, "longest_introduced_quotation")
        self.longest_quotation = _length(rules, "longest_quotation")
        self.introducing = _words(rules, "introducing_words")
        self.longest_bracket = _length(rules, "longest_bracket")
        self.longest_sentence = _length(rules, "longest_sentence")
        lower_case = "|".join(map(re.escape, sorted(_words(rules, "lower_case_starters"))))
        self.stop = compile_pattern(_STOP % lower_case)

    def starts(self, text: str, start: int, end: int) -> list[int]:
        """Return the offsets in ``text`` at which the sentences of ``text[start:end]`` start, ``start`` first."""
        quotations = [q for q in self._quotations(text, start, end) if not _is_whole(text, q, start, end)]
        found = [start]
        for stop in self.stop.finditer(text, start, end):
            if stop.end() >= end or (quotations and _within(quotations, _behind_brackets(text, stop.start("mark")))):
                continue
            if self._bracketed(text, found[-1], stop, end) or not self._ends(text, found[-1], stop):
                continue
            found.append(stop.end())
            references = _REFERENCES.match(text, stop.end(), end) if text[stop.end()] == "(" else None
            if references and references.end() < end:
                found.append(references.end())
        return self._without_endless(text, self._with_items(text, found, end, quotations), end)

    def _quotations(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Return the closed quotations; one that another opens before it closes was never closed."""
        found, opened = [], -1
        at = text.find('"', start, end)
        while at >= 0:
            before, after = text[at - 1 : at], text[at + 1 : at + 2]
            may_open = at == start or before in " (\n[,:"
            if may_open and (opened < 0 or not (after == "" or after.isspace())):
                opened = at
            elif opened >= 0:
                introduced = self._introduces(text[max(start, opened - 24) : opened].rstrip())
                if at - opened <= (self.longest_introduced if introduced else self.longest_quotation):
                    found.append((opened, at))
                opened = -1
            at = text.find('"', at + 1, end)
        return found

    def _introduces(self, before: str) -> bool:
        """Whether a comma, a colon or a verb of saying stands right before a quotation."""
        return before[-1:] in (",", ":") or before.rpartition(" ")[2].lower() in self.introducing

    def _bracketed(self, text: str, sentence: int, stop: re.Match[str], end: int) -> bool:
        """Whether the mark stands in brackets that belong to a sentence: "(see Table 2. Figure 3)"."""
        at = stop.start("mark")
        opened = text.rfind("(", max(sentence, at - self.longest_bracket), at)
        if opened < 0 or text.find(")", opened, at) >= 0:
            return False
        closed = text.find(")", at, min(end, opened + self.longest_bracket))
        if closed < 0 or text.find("(", at, closed) >= 0:
            return False
        # Brackets around a whole sentence end with it: "(The exam was normal.) |She". So do those at a quotation's end.
        return not ((opened == sentence or '"' in stop["close"]) and closed < stop.end())

    def _ends(self, text: str, sentence: int, stop: re.Match[str]) -> bool:
        """Whether the mark ends a sentence that began at ``sentence``, by the words before and after it."""
        at = stop.start("mark")
        words = text[max(sentence, at - 80) : at].split()
        if stop["mark"].startswith(_LEADER) or text[at - 4 : at] == _SPACED_LEADER:
            return False
        if stop["mark"] != "." or not words:
            return at > sentence
        written = words[-1].lstrip(_OPENING)
        word = written.lower()
        if len(word) > 2 and word not in self.listed and "." not in word:
            return True  # by far the most frequent case
        return self._ends_after(word, written.isupper(), words[-2] if len(words) > 1 else "", text, stop.end())

    def _ends_after(self, word: str, upper: bool, before: str, text: str, next_start: int) -> bool:
        """Whether a sentence ends after an abbreviation, initial or small number, by the words around it."""
        first = _FIRST_WORD.match(text, next_start)
        follower, unit = (first[1].lower(), first[2].lower()) if first else ("", "")
        small_number = word.isdecimal() and len(word) < 3
        if word in self.never_last:
            return False
        if follower[:1].isdecimal() and (word in self.not_before_number or (small_number and unit in self.units)):
            return False
        if small_number:
            return before != "" and before[-1] not in ":;"  # else the number of a list's item: "1. Failure"
        if word in self.last_before_starter or _DOTTED.fullmatch(word):
            return follower in self.starters
        if len(word) == 1 and upper:
            # "of vitamin D. Therapy" ends here, "Dr. J. Roe" doesn't.
            return follower in self.starters or before.lstrip(_OPENING)[:1].islower()
        return True

    def _with_items(self, text: str, found: list[int], end: int, quotations: list[tuple[int, int]]) -> list[int]:
        """Add the starts of numbered items after the first: "1. Red flags 2. Failure to improve"."""
        if text.find("2) ", found[0], end) < 0 and text.find("2. ", found[0], end) < 0:
            return found
        added, numbers = [], set()
        for item in _ITEM.finditer(text, found[0], end):
            number, bracket = int(item["number"]), item["closing"] == ")"
            listed = bracket or number - 1 in numbers
            numbers.add(number)
            if number < 2 or not listed or _within(quotations, item.start()):
                continue
            before = text[max(found[0], item.start() - self.longest_bracket) : item.start()]
            follows_word = before[-1:] == " " and (before[-2:-1].isalnum() or before[-2:-1] == ")")
            if follows_word and before.rfind("(") <= before.rfind(")"):  # not "(grade 3) Strain"
                added.append(item.start())
        return sorted({*found, *added}) if added else found

    def _without_endless(self, text: str, found: list[int], end: int) -> list[int]:
        """Add starts at blanks in what is longer than sentences are."""
        if max(b - a for a, b in pairwise([*found, end])) <= self.longest_sentence:
            return found
        starts = []
        for a, b in pairwise([*found, end]):
            starts.append(a)
            while b - a > self.longest_sentence:
                a = text.rfind(" ", a + 1, a + self.longest_sentence) + 1 or a + self.longest_sentence
                starts.append(a)
        return starts


def _words(rules: dict[str, Any], name: str) -> frozenset[str]:
    listed = rules.get(name)
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
        raise ConfigError(f"sentences.yml: {name} must be a list of words (put no and on in quotation marks)")
    return frozenset(listed)


def _length(rules: dict[str, Any], name: str) -> int:
    length = rules.get(name)
    if not isinstance(length, int) or length < 1:
        raise ConfigError(f"sentences.yml: {name} must be a number of characters")
    return length


def _behind_brackets(text: str, mark: int) -> int:
    """Return the last of the closing brackets right behind a mark, or the mark: ``therapy.)" The``."""
    while text[mark + 1 : mark + 2] in (")", "]"):
        mark += 1
    return mark


def _is_whole(text: str, quotation: tuple[int, int], start: int, end: int) -> bool:
    """Whether a quotation is all that there is: then it is the text itself."""
    most = 10 * (quotation[1] - quotation[0]) > 9 * (end - start)
    return most and not re.search(r"\w", text[start : quotation[0]] + text[quotation[1] : end])


def _within(stretches: list[tuple[int, int]], offset: int) -> bool:
    """Whether ``offset`` lies inside one of the sorted passages and not at its last character."""
    which = bisect_right(stretches, (offset,)) - 1
    return which >= 0 and offset < stretches[which][1] - 1


class SentenceSegmenter(FromFiles):
    """The component: sets ``token.is_sent_start`` of every token.

    A sentence never runs over the edge of a section, nor from a section's heading into its body.

    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> _ = nlp.add_pipe("imr_sentences")
    >>> [sentence.text for sentence in nlp("No red flags, e.g. fever. MRI is not necessary.").sents]
    ['No red flags, e.g. fever.', 'MRI is not necessary.']
    """

    def __init__(self, rules: str) -> None:
        self.splitter = SentenceSplitter(read_yaml(rules, "sentences.yml"))

    def __call__(self, doc: Doc) -> Doc:
        """Set the sentences of ``doc``."""
        if not len(doc):
            return doc
        text = text_of(doc)
        edges = sorted({0, len(text), *_section_edges(doc)})
        starts = [start for a, b in pairwise(edges) for start in self.splitter.starts(text, a, b)]
        offsets = doc.to_array([IDX])
        tokens = np.searchsorted(offsets, np.array(starts, dtype=offsets.dtype))
        marks = np.full(len(doc), _OTHER_SENTENCE, dtype=np.uint64)
        marks[tokens[tokens < len(doc)]] = 1
        marks[0] = 1
        doc.from_array([SENT_START], marks)  # type: ignore[arg-type]  # spaCy's stub wants two dimensions
        return doc


def _section_edges(doc: Doc) -> set[int]:
    """Return where sections begin and end. A service named within a sentence does not cut it."""
    edges: set[int] = set()
    starts: list[int] = []  # where services within sentences begin, in text order
    ends: list[int] = []  # and the last end of all up to that one
    for section in annotate.span_values(doc, annotate.SECTIONS):
        known = section.attrs
        edges.update((section.start_char, known["body_start"], known["body_end"], section.end_char))
        if known.get("in_sentence"):
            starts.append(section.start_char - 1)
            ends.append(max(section.end_char + 1, ends[-1] if ends else 0))
    return {edge for edge in edges if not (before := bisect_right(starts, edge)) or ends[before - 1] < edge}


@factory("imr_sentences", default_config={"rules": "sentences.yml"}, assigns=["token.is_sent_start", "doc.sents"])
def create_sentences(nlp: Language, name: str, rules: str) -> SentenceSegmenter:
    """Make the component from the file of its rules (relative to ``configs/``)."""
    return SentenceSegmenter(rules)
