"""What is fuzzed: bytes to record, with everything that must hold whatever the bytes are."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import spacy

import imr_nlp
from imr_nlp.config import shipped
from imr_nlp.doc.source import to_source_doc
from imr_nlp.letter import letter_of
from imr_nlp.reading import source as reading
from imr_nlp.reading.limits import check_letter, media_type
from imr_nlp.reading.problems import ReadError
from imr_nlp.records import schema as records
from support.letters import LETTER

#: Processor time that a letter may take, in times of tokenising the longest one that is allowed (`tokenising`).
MAX_TIMES = 100.0
CODES = frozenset({"empty", "no_text", "encrypted", "damaged", "binary", "too_large"})
# Every word of every message: what else stands in one comes from the letter.
_OWN_WORDS = frozenset(
    word
    for module in Path(reading.__file__).parent.glob("*.py")
    for word in re.findall(r"[a-z]+", module.read_text(encoding="utf-8").lower())
)


class InvariantError(AssertionError):
    """An input for which something doesn't hold. The message shows no letter text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an input: "record", or the code of its refusal; and the processor seconds that it took."""

    result: str
    seconds: float


@lru_cache(maxsize=1)
def pipeline() -> imr_nlp.Language:
    """Return the pipeline as workers run it, loaded once a process."""
    return imr_nlp.load(source_doc=False)


@lru_cache(maxsize=1)
def tokenising() -> float:
    """Return the processor seconds that spaCy's English tokenizer takes for as many words as a letter may have."""
    blank = spacy.blank("en")
    text = LETTER * (shipped("reading.yml")["max_words"] // len(LETTER.split()))
    best = float("inf")
    for _ in range(5):  # the first meets each word for the first time
        begin = time.process_time()
        blank.tokenizer(text)
        best = min(best, time.process_time() - begin)
    return best


def run(data: bytes, name: str) -> Outcome:
    """Read bytes under a name as the command line does. Raises InvariantError, or whatever the pipeline raised."""
    nlp = pipeline()
    begin = time.process_time()
    letters: list[reading.SourceText] = []
    result = "record"
    try:
        letters = reading.letters_in(reading.read_bytes(data, name, media_type(name)))
        for letter in letters:
            check_letter(letter.letter, name)
    except ReadError as error:
        _holds(error.code in CODES, f"unknown code {error.code}")
        _check_message(error.message, name)
        letters, result = [], error.code
    seconds = time.process_time() - begin
    for letter in letters:
        seconds += _read(nlp, letter.letter)
    times = seconds / tokenising() / max(1, len(letters))
    _holds(times < MAX_TIMES, f"took {seconds:.1f} s, {times:.0f} times as long as tokenising the longest letter")
    return Outcome(result, seconds)


def _read(nlp: imr_nlp.Language, text: str) -> float:
    """Read one letter and check its record; return the processor seconds of the reading."""
    begin = time.process_time()
    doc = nlp(text)
    letter = letter_of(doc)
    seconds = time.process_time() - begin
    _check(letter, text)
    _holds(to_source_doc(doc).text == text, "the Doc's text isn't the letter's")
    return seconds


def _holds(condition: bool, message: str) -> None:
    if not condition:
        raise InvariantError(message)


def _check_message(message: str, name: str) -> None:
    _holds(message.startswith(f"{name}: ") and message.isprintable(), "a message isn't one line that names the file")
    words = set(re.findall(r"[^\W\d_]+", message.removeprefix(name).lower()))
    _holds(words <= _OWN_WORDS, "a message has words that aren't its own")


def _check(letter: records.Letter, text: str) -> None:
    """Check a record: valid, its places inside the text and its texts those of the letter."""
    again = records.Letter.model_validate_json(letter.model_dump_json())
    _holds(again == letter, "the record isn't the same after a round trip")
    parts: list[records.Located] = [*letter.facts, *letter.entities, *letter.services]
    for service in letter.services:
        parts += [*service.citations, *service.rationale]
        _holds((service.decision_start is None) == (service.decision_end is None), "half a decision")
        if service.decision_start is not None and service.decision_end is not None:
            _holds(0 <= service.decision_start < service.decision_end <= len(text), "a decision outside the text")
    for part in parts:
        _holds(0 <= part.start < part.end <= len(text), f"a {type(part).__name__} outside the text")
    for named in (*letter.entities, *letter.services):
        _holds(text[named.start : named.end] == named.text, f"the text of a {type(named).__name__} isn't that place's")
    cited = [part for service in letter.services for part in (*service.citations, *service.rationale)]
    ids = [part.id for part in (*letter.entities, *letter.services, *cited)]
    _holds(len(ids) == len(set(ids)), "an id stands for two things")
    _holds(all(relation.head in ids for relation in letter.relations[:1000]), "a relation of nothing")
    _holds(all(len(warning.message) < 100 for warning in letter.warnings), "a long warning")
