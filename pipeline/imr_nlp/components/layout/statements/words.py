"""Words of a sentence for `statements`: glued and broken words put right, phrases and classes found.

The classes are the ones of ``configs/layout/statements.yml``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.misspellings import Respeller

#: What hides something, "[illegible]", "___" or a black bar, is a word too: no verb reads over it.
_WORD = re.compile(
    r"[A-Za-z][A-Za-z']*(?:-[A-Za-z']+)*|\d+(?:\.\d+)?|[;:,()?!\"]|\[[^\[\]]{1,40}\]|_{2,}|\*{3,}|\.{4,}"
    r"|[\u2580-\u2593]+|[\u25a0\u25ac]{2,}|[#~]{2,}"
)
_OUTCOMES = frozenset({"upheld", "overturned", "modified"})  # classes of verbs that decide
_MIN_LENGTH = 6  # letters; shorter words are one letter off too many others
_MAX_PARTS = 5  # glued words in one
_CACHE_SIZE = 20_000  # words that are remembered, so that memory stays flat
_NO_CLASS: frozenset[str] = frozenset()
_PHRASES = ("limits", "set_against", "taken_out")  # lists of function words that are looked for as phrases
_NO_CLASSES = ("glued", "broken", "respelled", "not_respelled")  # lists of words to put right


class Word(NamedTuple):
    """A word or phrase of a sentence; a tuple, since a letter has hundreds.

    Attributes:
        text: As it is meant, lower case.
        start: Offset of its first character.
        end: Offset after its last character.
        classes: The classes of the lexicon that it belongs to.
    """

    text: str
    start: int
    end: int
    classes: frozenset[str]

    def any(self, *names: str) -> bool:
        """Return whether the word belongs to one of these classes."""
        return not self.classes.isdisjoint(names)


class Lexicon:
    """The word classes of ``statements.yml``.

    >>> lexicon = load_lexicon()
    >>> [word.text for word in lexicon.words("The Health Plan's brace isnot medicaly neces-sary.")]
    ['the', 'health plan', 'brace', 'is', 'not', 'medically', 'necessary']
    """

    def __init__(self, data: dict[str, Any]) -> None:
        """Read the classes.

        Args:
            data: The content of ``statements.yml``.
        """
        self.classes: dict[str, set[str]] = defaultdict(set)
        for name, listed in data["holders"].items():
            self._add(name, listed)
            self._add("holder", listed if name != "record" else [])
        for name, listed in data["verbs"].items():
            self._add(name, [form for verb in listed for form in _forms(verb)])
        for name, listed in data["predicates"].items():
            self._add(name, listed)
        for name, listed in data.items():
            if isinstance(listed, list) and name not in _NO_CLASSES:
                self._add(name, listed)
        self.function = {name: frozenset(listed) for name, listed in data["function_words"].items()}
        #: The same lists as phrases, the longest first: "except for" before "except".
        self.phrases = {
            name: sorted((phrase.split() for phrase in self.function[name]), key=len, reverse=True) for name in _PHRASES
        }
        #: Words without a class at which a predicate may begin.
        self.openers = self.function["agreement"] | self.function["negated_auxiliaries"] | {"medically"}
        #: What a file broke anywhere: "is not" by its letters.
        self.nots = {"not": ["not"], **{f"{verb}not": [verb, "not"] for verb in self.function["whole_verbs"]}}
        self.sets = {phrase: frozenset(names) for phrase, names in self.classes.items()}
        self.numbers: dict[str, int] = data["numbers"]
        self.answers = _by_decision(data["answer_lead"], data["answers"])
        self.verdicts = _by_decision(data["verdict_lead"], data["verdicts"])
        self.echoes = {place: compile_pattern(pattern, re.IGNORECASE) for place, pattern in data["echoes"].items()}
        self.clefts = {name: frozenset(listed) for name, listed in data["clefts"].items()}
        self.clefts["negations"] = self.function["negations"] | {"no"}
        self.clefts["begins"] = self.clefts["openers"] | self.clefts["relatives"]
        self.clefts["determiners"] = self.clefts["openers"] | self.clefts["negations"]
        #: Without one of these no antecedent is denied, and nothing is asked with "what".
        self.denies = self.clefts["negations"] | self.clefts["inverting"] | self.clefts["nothing"] | {"what"}
        self.panel_size = compile_pattern(data["panel_size"], re.IGNORECASE)
        self.others = compile_pattern(data["others"], re.IGNORECASE)
        self.answer = compile_pattern(data["answer"], re.IGNORECASE)
        #: Over lower case, where a search takes a sixth of the time that it takes with IGNORECASE.
        self.triggers = compile_pattern(data["triggers"])
        self.member_label = compile_pattern(data["member_label"], re.IGNORECASE)
        self.dissent, self.outcome, self.respective = (
            compile_pattern(data[key], re.IGNORECASE) for key in ("dissent", "outcome", "respective")
        )
        self.misread = {seen: meant for meant, listed in data["misread"].items() for seen in listed}
        self.broken = frozenset(data["broken"])
        self.begun = frozenset(word[:n] for word in self.broken for n in range(1, len(word)))
        self.memo: dict[str, tuple[str, ...]] = {}
        self.glued = frozenset(data["glued"])
        self.respell = Respeller(data["respelled"], _MIN_LENGTH, others=[*self.classes, *data["not_respelled"]])
        self.longest: dict[str, list[list[str]]] = defaultdict(list)
        for phrase in self.classes:
            parts = phrase.split()
            if len(parts) > 1:
                self.longest[parts[0]].append(parts)
        for phrases in self.longest.values():
            phrases.sort(key=len, reverse=True)

    def _add(self, name: str, listed: Sequence[Any]) -> None:
        for word in listed:
            self.classes[str(word).lower()].add(name)

    def words(self, text: str, start: int = 0, end: int | None = None) -> list[Word]:
        """Return the words and phrases of ``text[start:end]``, with offsets into ``text``.

        Args:
            text: Text of the reading view.
            start: Where to begin.
            end: Where to stop; None for the end of the text.

        Returns:
            The words in text order. A possessive is its noun.
        """
        single = self._single(text, start, len(text) if end is None else end)
        return self._phrases(self._put_right(single))

    def _put_right(self, single: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
        """Put right a small word that is misread in "is not medically" and "to not be", where no other can stand."""
        for i in range(len(single) - 1, 1, -1):
            if single[i][0] == "be":
                self._put_right_infinitive(single, i)
            if single[i][0] != "medically":
                continue
            for n in (2, 3):
                pieces = [word for word, _, _ in single[max(i - n, 0) : i]]
                whole = self.nots.get("".join(pieces))
                if whole and pieces != whole:  # "is no t", "isn ot"
                    first, last = single[i - n][1], single[i - 1][2]
                    single[i - n : i] = [(word, first, last) for word in whole]
                    break
            else:
                self._misread_before(single, i)
        return single

    def _put_right_infinitive(self, single: list[tuple[str, int, int]], i: int) -> None:
        """Put right a "not" that is misread, or cut in two, in "to not be"; "be" stands at ``i``."""
        for n in (1, 2):
            pieces = "".join(word for word, _, _ in single[max(i - n, 0) : i])
            if i > n and single[i - n - 1][0] == "to" and "not" in (pieces, self.misread.get(pieces)):
                single[i - n : i] = [("not", single[i - n][1], single[i - 1][2])]

    def _misread_before(self, single: list[tuple[str, int, int]], i: int) -> None:
        """Put right one of the two words before ``single[i]``."""
        (copula, begin, end), (word, start, stop) = single[i - 2 : i]
        if self.misread.get(word) == "not" and "copulas" in self.sets.get(copula, _NO_CLASS):
            single[i - 1] = ("not", start, stop)
        elif word == "not" and (meant := self.misread.get(copula)):
            single[i - 2] = (meant, begin, end)

    def _single(self, text: str, start: int, end: int) -> list[tuple[str, int, int]]:
        """Return the words as they are meant, one by one."""
        found = [(match.group().lower(), *match.span()) for match in _WORD.finditer(text, start, end)]
        single: list[tuple[str, int, int]] = []
        sets, memo, begun = self.sets, self.memo, self.begun
        taken = False  # whether the word before took this one
        for i, one in enumerate(found):
            word, begin, stop = one
            if taken:
                taken = False
            elif word in sets or not word[0].isalpha():
                single.append(one)
            elif word in begun and i + 1 < len(found) and word + found[i + 1][0] in self.broken:
                single.append((word + found[i + 1][0], begin, found[i + 1][2]))
                taken = True
            else:
                parts = memo.get(word) or self._meant(word)
                if len(parts) == 1:
                    single.append((parts[0], begin, stop))
                    continue
                at = begin
                for part in parts:
                    single.append((part, at, min(at + len(part), stop)))
                    at += len(part)
        return single

    def _meant(self, word: str) -> tuple[str, ...]:
        """Return the words that an unlisted word stands for, and remember them (a tenth of the layout's time)."""
        if len(self.memo) >= _CACHE_SIZE:
            self.memo.clear()
        joined = word.replace("-", "")
        parts: tuple[str, ...] = (joined,) if "-" in word and joined in self.broken else _cut(joined, self.glued)
        if not parts:
            for mark in ("'s", "s'", "'"):
                if word.endswith(mark):
                    word_alone = word.removesuffix(mark) + ("s" if mark == "s'" else "")
                    break
            else:
                word_alone = word
            parts = (self.respell(word_alone) or word_alone,)
        self.memo[word] = parts
        return parts

    def _phrases(self, single: list[tuple[str, int, int]]) -> list[Word]:
        found = []
        longest, sets, after = self.longest, self.sets, 0
        for i, (word, start, end) in enumerate(single):
            if i < after:
                continue
            if word in longest:
                for parts in longest[word]:
                    if [w for w, _, _ in single[i : i + len(parts)]] == parts:
                        after, word, end = i + len(parts), " ".join(parts), single[i + len(parts) - 1][2]
                        break
            found.append(Word(word, start, end, sets.get(word, _NO_CLASS)))
        return found

    def after_phrase(self, name: str, texts: Sequence[str], k: int) -> int:
        """Return where the words after a phrase at ``k`` begin; 0 where none of the list stands there.

        A phrase may be one word of a sentence already, as those of a class are.

        >>> load_lexicon().after_phrase("taken_out", ["all", "except", "for", "two"], 1)
        3
        """
        for phrase in self.phrases[name]:
            if list(texts[k : k + len(phrase)]) == phrase:
                return k + len(phrase)
            if texts[k] == " ".join(phrase):
                return k + 1
        return 0

    def number(self, word: Word) -> float | None:
        """Return the value of a number in digits or words; None where it is none."""
        if word.text[0].isdigit():
            return float(word.text)
        value = self.numbers.get(word.text)
        return None if value is None else float(value)


def _forms(verb: str) -> list[str]:
    """Return the forms of a verb that ``statements.yml`` lists.

    >>> _forms("argue"), _forms("say/said/says")
    (['argue', 'argues', 'argued', 'arguing'], ['say', 'said', 'says'])
    """
    if "/" in verb:
        return verb.split("/")
    stem = verb.removesuffix("e")
    third = verb + ("es" if verb.endswith(("s", "x", "ch", "sh")) else "s")
    return [verb, third, f"{stem}ed", f"{stem}ing"]


@lru_cache(maxsize=4096)
def _cut(word: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return the known words that a word is glued from; empty where it is not.

    >>> _cut("isnotmedically", frozenset(["is", "not", "medically"]))
    ('is', 'not', 'medically')
    """

    def cut(at: int, left: int) -> tuple[str, ...] | None:
        if at == len(word):
            return ()
        for length in range(min(16, len(word) - at), 1, -1):
            if left and word[at : at + length] in known:
                rest = cut(at + length, left - 1)
                if rest is not None:
                    return (word[at : at + length], *rest)
        return None

    parts = cut(0, _MAX_PARTS) if 5 <= len(word) <= 60 else None
    return parts if parts and len(parts) > 1 else ()


def load_lexicon(path: str = "layout/statements.yml") -> Lexicon:
    """Read the lexicon.

    Args:
        path: File of word classes, relative to ``configs/``.

    Returns:
        The lexicon.

    Raises:
        ConfigError: A class is missing or malformed.
    """
    try:
        lexicon = Lexicon(read_yaml(path, "layout/statements.yml"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: {error!r}") from error
    for word, names in lexicon.classes.items():
        if not (names.isdisjoint(_OUTCOMES) or lexicon.triggers.search(word)):
            raise ConfigError(f'{path}: triggers: finds nothing in "{word}", which would never be read; add its stem')
    return lexicon


def _by_decision(lead: str, listed: dict[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
    """Return what whole sentences may say for each decision, after a lead that any of them may have."""
    return [
        (decision, compile_pattern(f"{lead}(?:{'|'.join(patterns)})", re.IGNORECASE))
        for decision, patterns in listed.items()
    ]
