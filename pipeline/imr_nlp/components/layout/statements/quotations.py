"""What others are quoted with: no statement in a quotation of theirs is the reviewer's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.speakers import HOLDERS
from imr_nlp.components.layout.statements.words import Lexicon

#: A quotation: curly marks, straight ones, or single ones after a mark or a blank. At most 2,000 characters.
_QUOTED = re.compile(r"“[^“”]{8,2000}”|\"[^\"]{8,2000}\"|(?<=[\s:,])['‘](?=[A-Z])[^'‘’]{8,2000}['’](?=[\s.,;]|$)")
_REACH = 120  # characters before or after a quotation in which its speaker is named
_LABEL = 3  # words and marks of a label before a quotation
_BEFORE = re.compile(r"[.?!]\s")


def with_speakers(
    lexicon: Lexicon, text: str, start: int, end: int, found: Sequence[Statement], breaks: Sequence[int] = ()
) -> list[Statement]:
    """Give each statement inside a quotation to the person who is quoted, where a word beside it names one.

    A quotation whose speaker nobody names stays as it is: whole rationales are quoted.
    """
    if not found or not any(mark in text[start:end] for mark in "“\"‘'"):
        return list(found)
    told = list(found)
    for quoted in _QUOTED.finditer(text, start, end):
        line = bisect_right(breaks, quoted.start())  # a title above the sentence names no speaker
        speaker = _speaker(lexicon, text, max(start, breaks[line - 1]) if line else start, end, quoted)
        if speaker is not None:
            told = [replace(one, holder=speaker) if quoted.start() < one.end <= quoted.end() else one for one in told]
    return told


def with_announced(lexicon: Lexicon, text: str, start: int, found: Sequence[Statement]) -> list[Statement]:
    """Give each statement behind a colon to the insurer or the treating side that says it: "The adjuster noted: …".

    >>> from imr_nlp.components.layout.statements.reader import load_statements
    >>> [said.holder for said in load_statements().read("The surgeon writes: the cane is medically necessary.")]
    ['treating']
    """
    told = []
    for one in found:
        colon = text.rfind(":", max(start, one.start - _REACH), one.start) if one.decides else -1
        speaker = _named(lexicon, text[max(start, colon - _REACH) : colon + 1]) if colon >= 0 else None
        told.append(replace(one, holder=speaker) if speaker in ("insurer", "treating") else one)
    return told


def _speaker(lexicon: Lexicon, text: str, start: int, end: int, quoted: re.Match[str]) -> str | None:
    before = text[max(start, quoted.start() - _REACH) : quoted.start()]
    begin = max((cut.end() for cut in _BEFORE.finditer(before)), default=0)
    lead = before[begin:].rstrip()
    opens = lead.endswith((":", ",")) or lead.rpartition(" ")[2] in lexicon.function["before_quotes"]
    speaker = _named(lexicon, before[begin:]) if opens else None
    if speaker is None and text[quoted.end() - 2] in ",?!":  # "…," wrote her surgeon
        after = text[quoted.end() : min(end, quoted.end() + _REACH)]
        speaker = _named(lexicon, _BEFORE.split(after, 1)[0])
    return speaker


def _named(lexicon: Lexicon, passage: str) -> str | None:
    """Return the person who says something in a passage; None without a verb of saying, or where it is the reviewer."""
    words = lexicon.words(passage)
    if passage.rstrip().endswith(":"):  # "Guideline: "…""
        labelled = next((name for word in words[-_LABEL:] for name in HOLDERS if name in word.classes), None)
        if labelled in ("source", "insurer", "treating"):
            return labelled
        if any(word.text in lexicon.function["others_texts"] for word in words):
            return "other"
    if not any(word.any("report", "deny") or word.text in lexicon.function["quotes"] for word in words):
        return None
    for word in words:
        for name in HOLDERS:
            if name in word.classes:
                return None if name == "reviewer" else name
        if word.any("denials"):
            return "insurer"
    return "other" if words and words[0].text not in ("it", "this", "the following") else None
