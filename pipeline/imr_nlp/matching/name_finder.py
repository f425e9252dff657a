"""Finding the names of treatments: a vocabulary's patterns, the surroundings they need, and canonical names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.config import ConfigError
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.matching.token_grammar import TokenGrammar, TokenMatch, longest
from imr_nlp.matching.vocabulary import Words, load_vocabulary
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import plural, singular
from imr_nlp.text.misspellings import Respeller

_SLASH, _HYPHEN, _AMPERSAND = (re.compile(rf"\s?{sign}\s?") for sign in "/-&")
_AROUND = 48  # characters on either side that a `left` or `right` may look at


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name found at tokens ``start:end``, with its canonical form and what the vocabulary says of it."""

    start: int
    end: int
    rule: str
    canonical: str
    kind: str
    category: str


def written_end(doc: Doc, name: NameMatch) -> int:
    """Return the character where a name ends, without the full stop after a letter that ends a sentence.

    The tokenizer keeps the two together: "vitamin C.", "CBT-I."

    >>> from spacy.vocab import Vocab
    >>> doc = Doc(Vocab(), ["vitamin", "C."], [True, False])
    >>> doc.text[:written_end(doc, NameMatch(0, 2, "px.vitamin", "vitamin c", "PROCEDURE", "pharmaceutical"))]
    'vitamin C'
    """
    last = doc[name.end - 1]
    stop = len(last) > 1 and last.text[-1] == "." and last.text[-2].isalnum() and "." not in last.text[:-1]
    return last.idx + len(last) - stop


class NameFinder:
    """The compiled names and patterns of a vocabulary such as ``treatments/procedures.yml``.

    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> finder = NameFinder(nlp, "treatments/procedures.yml")
    >>> [(n.canonical, n.category) for n in finder.names(nlp.make_doc("magnetic resonance imaging of the knee"))]
    [('mri', 'diagnostic_imaging')]
    """

    def __init__(self, nlp: Language, vocabulary: str, kind: str | None = None) -> None:
        config = load_vocabulary(vocabulary, kind)
        self.tokenize = Words(nlp)
        self._canonical: dict[str, str] = {}
        self._category: dict[str, str] = {}
        for name, wordings in (config.get("canonical") or {}).items():
            self._canonical |= dict.fromkeys((form for word in wordings for form in _spellings(str(word))), str(name))
        self._generics = {str(k): str(v) for k, v in (config.get("generics") or {}).items()}
        classes = dict(config["classes"])
        ends = config.get("same_ends") or {}
        for group in config.get("names") or []:
            words = self._register(group, ends.get(group["kind"]) or [])
            entry = classes.setdefault(group["kind"], {"words": [], "plural": True})
            entry["words"] = [*entry["words"], *words]
        respell = None
        if shortest := config.get("respell_from"):
            respell = Respeller(_single_words(classes), int(shortest))
        self.grammar = TokenGrammar({**config, "classes": classes}, self.tokenize, vocabulary, respell)
        self._around = {pattern.id: _conditions(pattern.attrs, vocabulary) for pattern in self.grammar.patterns}
        self._not_left, self._not_right = (
            {str(word): _compile(regex, vocabulary) for word, regex in (config.get(key) or {}).items()}
            for key in ("not_left", "not_right")
        )
        self._exceptions = {"not_left": self._not_left, "not_right": self._not_right}

    def fired(self, doc: Doc, regions: Iterable[tuple[int, int]] | None = None) -> set[str]:
        """Return what a Doc makes use of: listed names, and exceptions (``not_left:...``) that bar a name."""
        exceptions = {f"{side}:{word}" for side, word in self._barring(doc, regions)}
        return self.grammar.fired(doc) | exceptions

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat these names, exceptions and patterns as absent; empty switches all on again."""
        self.grammar.switch_off([key for key in entries if ":" not in key], rules)
        self._not_left, self._not_right = (
            {word: regex for word, regex in table.items() if f"{side}:{word}" not in entries}
            for side, table in self._exceptions.items()
        )

    def _barring(self, doc: Doc, regions: Iterable[tuple[int, int]] | None) -> Iterator[tuple[str, str]]:
        written = text_of(doc)
        for match in self.grammar.matches(doc, regions):
            first, last = doc[match.start], doc[match.end - 1]
            start, end = first.idx, last.idx + len(last)
            sides = written[max(0, start - _AROUND) : start], written[end : end + _AROUND]
            for (side, table), beside in zip(self._exceptions.items(), sides, strict=True):
                for word in (written[start:end].lower(), "*"):
                    if word in table and table[word].search(beside):
                        yield side, word

    def names(self, doc: Doc, regions: Iterable[tuple[int, int]] | None = None) -> Iterator[NameMatch]:
        """Yield the names within the spans (token start, end), in text order and without overlaps."""
        written = text_of(doc)
        for match in longest(m for m in self.grammar.matches(doc, regions) if self._fits(doc, written, m)):
            text = doc[match.start : match.end].text.lower()
            known = match.pattern.attrs
            yield NameMatch(
                match.start,
                match.end,
                match.pattern.id,
                known.get("canonical") or self.canonical(text),
                known.get("kind", ""),
                self._category.get(text) or known.get("category", ""),
            )

    def canonical(self, text: str) -> str:
        """Return the canonical name of what is written: lower case, singular, one for several wordings.

        Blanks beside a slash say nothing. Those beside a hyphen or "&" are evened out where that makes a known name.
        """
        text = _SLASH.sub("/", " ".join(text.lower().split()))
        for form in (text, _HYPHEN.sub("-", text), _AMPERSAND.sub(" & ", text)):
            if known := self._canonical.get(form):
                return known
        head = singular(text)
        return self._canonical.get(head, head)

    def generic(self, drug: str) -> str | None:
        """Return the generic name of a brand of drug, where the vocabulary has it."""
        return self._generics.get(drug.lower())

    def _register(self, group: dict[str, Any], ends: Iterable[Sequence[str]]) -> list[str]:
        others = {end: [other for other in same if other != end] for same in ends for end in same}
        words: list[str] = []
        for name, wordings in group["names"].items():
            for listed in map(str, (name, *wordings)):
                start, _, end = listed.rpartition(" ")
                alike = [f"{start} {other}" for other in others.get(end, ())] if start else []
                for word in (listed, *alike):
                    words.append(word)
                    for form in _spellings(word.lower()):
                        self._category.setdefault(form, group["category"])
        return words

    def _fits(self, doc: Doc, text: str, match: TokenMatch) -> bool:
        around = self._around[match.pattern.id]
        first, last = doc[match.start], doc[match.end - 1]
        start, end = first.idx, last.idx + len(last)
        name = text[start:end].lower()
        left, right = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
        for key, regex in around.items():
            if bool(regex.search(left if key.endswith("left") else right)) == key.startswith("not"):
                return False
        for table, side in ((self._not_left, left), (self._not_right, right)):
            if any(barred.search(side) for barred in (table.get(name), table.get("*")) if barred):
                return False
        return True


def _spellings(word: str) -> Iterator[str]:
    for form in (word, word.replace("-", " ")):
        yield form
        yield plural(form)


def _single_words(classes: Mapping[str, Any]) -> Iterator[str]:
    for entry in classes.values():
        listed = entry.get("words", ()) if isinstance(entry, dict) else entry
        yield from (str(word) for word in listed if " " not in str(word))


def _conditions(attrs: Any, source: str) -> dict[str, re.Pattern[str]]:
    keys = ("left", "right", "not_left", "not_right")
    return {key: _compile(attrs[key], source) for key in keys if key in attrs}


def _compile(regex: str, source: str) -> re.Pattern[str]:
    try:
        return compile_pattern(regex, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"{source}: {regex!r}: {error}") from error
