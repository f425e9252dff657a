"""A grammar over word classes: how names of conditions, tests and treatments are put together.

A vocabulary file sorts words and phrases into *classes* (``side``, ``region``, ``head`` …)
and says in *patterns* how they combine::

    classes:
      side: [left, right, bilateral]
      region: [shoulder, low back, lumbar spine]
      head: {words: [sprain, tear], plural: true}
      level: {regex: '[CTLS]\\d{1,2}'}
    patterns:
      - {id: dx.head, label: DIAGNOSIS, pattern: "side? region* head ('of' 'the'? side? region+)?"}

In a pattern a name stands for one word or phrase of that class. ``'quoted'`` words stand for themselves. ``( ) (?! )
(?= ) | ? * + {m,n}`` mean what they mean in a regular expression. What several patterns share is named once under
``parts:`` and used by its name. ``anchor:`` beside a pattern names classes that each of its matches holds (``anchor:
head``), which makes it fast. Each token becomes one symbol, which tells its classes. A whole letter is then a short
string over which the patterns run as ordinary regular expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spacy.attrs import ORTH
from spacy.tokens import Doc

from imr_nlp.config import ConfigError
from imr_nlp.matching.first_symbols import first_symbols
from imr_nlp.matching.word_classes import WordClasses
from imr_nlp.text.compiled import compile_pattern

_NONE, _REST = ".", "~"  # symbols of a token in no class, and of the tokens that continue a phrase
_RUN = re.compile(f"[^{re.escape(_NONE)}]+")  # tokens that are all in some class: a match lies within one run
_PIECE = re.compile(r"'([^']+)'|([a-z][a-z0-9_]*)|(\{\d+(?:,\d*)?\}|\(\?[!=]|[()|?*+])|(\s+)|(.)")
_ENTRY = re.compile(f"[^{re.escape(_NONE + _REST)}]{_REST}*")  # one listed word or phrase
_CACHE_LIMIT = 20_000  # more words than a few thousand letters share; memory stays flat
_ITEM = re.compile(rf"\(\?:\[([^\]]*)\]{_REST}\*\+\)")  # one word or phrase of a class
_CHOICE = re.compile(rf"(?:(?<=\A)|(?<=\|)|(?<=\(\?:)){_ITEM.pattern}(?:\|{_ITEM.pattern})+(?=\Z|\||\))")


def _merged(choice: re.Match[str]) -> str:
    """Write a choice between classes as one class: shorter to compile and quicker to run."""
    return f"(?:[{''.join(inside[1] for inside in _ITEM.finditer(choice.group()))}]{_REST}*+)"


@dataclass(slots=True)
class Pattern:
    """One pattern of a vocabulary.

    ``expression`` is the regular expression over symbols. ``anchor``, where the vocabulary names one, are classes of
    which every match holds a token: the pattern is tried only near such tokens. ``attrs`` is whatever else the
    vocabulary says of it.
    """

    id: str
    label: str
    expression: str
    attrs: Mapping[str, Any] = field(default_factory=dict)
    anchor: re.Pattern[str] | None = None
    _regex: re.Pattern[str] | None = None

    @property
    def regex(self) -> re.Pattern[str]:
        """The expression compiled, at its first use: a letter needs a third of the patterns of diagnoses."""
        if self._regex is None:
            self._regex = compile_pattern(self.expression)
        return self._regex


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """Tokens ``start:end`` of a Doc that a pattern covers."""

    start: int
    end: int
    pattern: Pattern


class Word(NamedTuple):
    """A token as the grammar sees it: in lower case, its symbol, and the phrases that it begins by their second word.

    A hyphen begins no phrase but may join two halves of a word; ``followers`` is None where neither can be.
    """

    lower: str
    symbol: str
    followers: Mapping[str, Sequence[tuple[list[str], str]]] | None


class TokenGrammar:
    """The compiled classes and patterns of one vocabulary.

    Args:
        config: The classes and patterns.
        tokenize: Splits an entry of a class the way the Doc's tokenizer splits text, as
            `imr_nlp.matching.vocabulary.Words` does.
        source: Where they come from, for messages.
        respell: May name, for a word that is in no class, the listed word that it is a misspelling of.

    >>> classes = {"side": ["left", "right"], "region": ["low back"], "head": {"words": ["strain"], "plural": True}}
    >>> patterns = [{"id": "dx", "label": "DIAGNOSIS", "pattern": "side? region* head"}]
    >>> grammar = TokenGrammar({"classes": classes, "patterns": patterns}, str.split)
    >>> import spacy
    >>> doc = spacy.blank("en")("He has left low back strains now")
    >>> [doc[m.start:m.end].text for m in grammar.matches(doc)]
    ['left low back strains']
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        tokenize: Callable[[str], list[str]],
        source: str = "vocabulary",
        respell: Callable[[str], str | None] | None = None,
    ) -> None:
        self.source = source
        self._parts: Mapping[str, str] = config.get("parts") or {}
        self._tokenize = tokenize
        texts = [*self._parts.values(), *(entry["pattern"] for entry in config["patterns"])]
        quoted = {word.lower() for text in texts for word in re.findall(r"'([^']+)'", text)}
        self._classes = WordClasses(config["classes"], quoted, tokenize, source, respell)
        self._inside: dict[str, str] = {}
        self._written: dict[str, str] = {}  # parts as expressions
        # Patterns that nobody changed since they were checked are compiled when a letter first needs them.
        checked = bool(config.get("checked"))
        self.patterns = [self._compile(entry, checked) for entry in config["patterns"]]
        self._anchored: list[Pattern] = []
        self._starters: dict[str, list[int]] = {}
        self._prepare()
        self._cache: dict[int, Word] = {}
        self._off: frozenset[str] = frozenset()

    def fired(self, doc: Doc) -> set[str]:
        """Return the listed words and phrases that a Doc holds, in lower case and the singular (`entry_key`).

        >>> import spacy
        >>> grammar = TokenGrammar({"classes": {"region": ["low back", "knee"]}, "patterns": []}, str.split)
        >>> grammar.fired(spacy.blank("en")("His low back hurts"))
        {'low back'}
        """
        symbols = self.symbols(doc)
        entries = (found.span() for found in _ENTRY.finditer(symbols))
        return {entry_key([token.lower_ for token in doc[start:end]]) for start, end in entries}

    def switch_off(self, entries: Collection[str], rules: Collection[str] = ()) -> None:
        """Treat these words and phrases as unlisted, and these patterns as absent; empty switches all on again.

        >>> import spacy
        >>> pattern = {"id": "dx", "label": "DIAGNOSIS", "pattern": "head"}
        >>> grammar = TokenGrammar({"classes": {"head": ["strain", "sprain"]}, "patterns": [pattern]}, str.split)
        >>> grammar.switch_off({"strain"})
        >>> [(match.start, match.end) for match in grammar.matches(spacy.blank("en")("strain sprain"))]
        [(1, 2)]
        """
        self._off = frozenset(entries)
        self._cache.clear()
        self._prepare({pattern.id for pattern in self.patterns if pattern.id in rules})

    def _prepare(self, absent: Collection[str] = ()) -> None:
        """Note which patterns a symbol can begin, so that a letter is read once for all of them."""
        self._anchored = [p for p in self.patterns if p.anchor and p.id not in absent]
        self._any_anchor = compile_pattern("|".join(p.anchor.pattern for p in self._anchored if p.anchor) or r"(?!)")
        self._starters = {}
        for number, pattern in enumerate(self.patterns):
            for symbol in () if pattern.anchor or pattern.id in absent else first_symbols(pattern.expression):
                self._starters.setdefault(symbol, []).append(number)
        self._begins = re.compile(f"[{''.join(map(re.escape, self._starters))}]" if self._starters else r"(?!)")

    def classes_of(self, phrase: str) -> set[str]:
        """Return the classes that ``phrase`` (any case) is listed in.

        >>> sorted(TokenGrammar({"classes": {"side": ["left"], "region": ["low back"]}, "patterns": []}, str.split)
        ...        .classes_of("Low back"))
        ['region']
        """
        words = [word.lower() for word in self._tokenize(phrase)]
        classes = self._classes.of_word(words[0]) if len(words) == 1 else self._classes.of_phrase(words)
        return {name for name in classes if not name.startswith("'")}

    def symbols(self, doc: Doc, regions: Iterable[tuple[int, int]] | None = None) -> str:
        """Return one symbol a token: the string over which the patterns run.

        Tokens outside the parts given (first token, end) count as words of no class.
        """
        if len(self._cache) > _CACHE_LIMIT:
            self._cache.clear()
        cache, orths = self._cache, doc.to_array(ORTH).tolist()
        out = [_NONE] * len(orths)
        for start, end in regions if regions is not None else [(0, len(orths))]:
            inside = orths[start:end]
            for orth in set(inside).difference(cache):
                cache[orth] = self._word(doc.vocab.strings[orth])
            words = [cache[orth] for orth in inside]
            marked = [word.symbol for word in words]
            self._mark_phrases(words, marked)
            out[start:end] = marked
        return "".join(out)

    def matches(self, doc: Doc, regions: Iterable[tuple[int, int]] | None = None) -> Iterator[TokenMatch]:
        """Yield every match of every pattern, or only those within the given spans (token start, end).

        Matches of different patterns may overlap; `longest` picks among them.
        """
        within = list(regions) if regions is not None else [(0, len(doc))]
        symbols = self.symbols(doc, within)
        for start, end in within:
            yield from self._anchored_matches(symbols, start, end)
            resume = dict.fromkeys(range(len(self.patterns)), start)
            for begin in self._begins.finditer(symbols, start, end):
                at = begin.start()
                for number in self._starters[symbols[at]]:
                    pattern = self.patterns[number]
                    found = pattern.regex.match(symbols, at, end) if at >= resume[number] else None
                    if found and found.end() > at:
                        resume[number] = found.end()
                        yield TokenMatch(at, found.end(), pattern)

    def _anchored_matches(self, symbols: str, start: int, end: int) -> Iterator[TokenMatch]:
        if not self._anchored:
            return
        runs = [found.span() for found in _RUN.finditer(symbols, start, end)]
        runs = [run for run in runs if self._any_anchor.search(symbols, *run)]
        for pattern in self._anchored:
            for first, last in runs:
                if pattern.anchor and pattern.anchor.search(symbols, first, last):
                    for found in pattern.regex.finditer(symbols, first, last):
                        if found.end() > found.start():
                            yield TokenMatch(found.start(), found.end(), pattern)

    # -- building ------------------------------------------------------------------------------------------------

    def _word(self, text: str) -> Word:
        lower = text.lower()
        symbol = self._classes.symbol(text) or _NONE
        followers = self._classes.phrases.get(lower, {} if lower == "-" else None)
        if self._off:
            symbol = _NONE if entry_key([lower]) in self._off else symbol
            followers = followers and {
                second: [(rest, classes) for rest, classes in rests if entry_key([lower, *rest]) not in self._off]
                for second, rests in followers.items()
            }
        return Word(lower, symbol, followers)

    def _any_of(self, name: str) -> str:
        """Return the symbols of all combinations that hold a class, as the inside of a character class."""
        if name in self._inside:
            return self._inside[name]
        codes = [ord(symbol) for symbol, classes in self._classes.combinations.items() if name in classes]
        runs: list[list[int]] = []
        for code in codes:  # in rising order; runs keep the expressions short and quick to compile
            if runs and code == runs[-1][1] + 1:
                runs[-1][1] = code
            else:
                runs.append([code, code])
        self._inside[name] = "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in runs)
        return self._inside[name]

    def _compile(self, entry: Mapping[str, Any], checked: bool) -> Pattern:
        where = f"{self.source}: pattern {entry.get('id')!r}"
        expression = self._expression(entry["pattern"], where)
        anchor = None
        if "anchor" in entry:
            anchor = compile_pattern(self._expression(entry["anchor"], where))
        attrs = {key: value for key, value in entry.items() if key not in ("id", "label", "pattern", "anchor")}
        pattern = Pattern(entry["id"], entry["label"], expression, attrs, anchor)
        if not checked:
            try:
                pattern.regex  # noqa: B018  (compiles it)
            except re.error as error:
                raise ConfigError(f"{where}: {error}") from error
        return pattern

    def _expression(self, pattern: str, where: str, within: tuple[str, ...] = ()) -> str:
        """Write a pattern as a regular expression over symbols; ``within`` are the parts that it stands in."""
        out: list[str] = []
        for quoted, name, operator, _, other in _PIECE.findall(pattern):
            if other:
                raise ConfigError(f"{where}: unexpected {other!r}")
            if operator:
                out.append("(?:" if operator == "(" else operator)
            elif name in self._parts:
                if name in within:
                    raise ConfigError(f"{where}: part {name!r} contains itself")
                if name not in self._written:
                    part = self._expression(self._parts[name], where, (*within, name))
                    self._written[name] = part if _ITEM.fullmatch(part) else f"(?:{part})"
                out.append(self._written[name])
            elif quoted or name:
                wanted = f"'{quoted.lower()}'" if quoted else name
                symbols = self._any_of(wanted)
                if not symbols:
                    raise ConfigError(f"{where}: there is no class {wanted}")
                out.append(f"(?:[{symbols}]{_REST}*+)")
        return _CHOICE.sub(_merged, "".join(out))

    def _mark_phrases(self, words: list[Word], out: list[str]) -> None:
        after = 0
        for i, followers in [(i, word.followers) for i, word in enumerate(words[:-1]) if word.followers is not None]:
            if i < after:
                continue
            length = 0
            for rest, symbol in followers.get(words[i + 1].lower, ()):
                if [word.lower for word in words[i + 1 : i + 1 + len(rest)]] == rest:
                    out[i], length = symbol, len(rest)
                    break
            if not length and words[i].lower == "-" and i:
                # A word that the print hyphenated ("radicul-opathy") counts as the word that it is.
                joined = self._classes.words.get(words[i - 1].lower + words[i + 1].lower)
                if joined and out[i - 1] == _NONE:
                    out[i - 1], out[i], length = joined, _REST, 1
            out[i + 1 : i + 1 + length] = [_REST] * length
            after = i + length + 1


def entry_key(words: Sequence[str]) -> str:
    """Return one key for an entry's singular and plural, with and without hyphens.

    >>> entry_key(["x", "-", "rays"]), entry_key(["x", "ray"])
    ('x ray', 'x ray')
    """
    key = " ".join(word for word in words if word != "-").replace("-", " ")
    return key[:-1] if key.endswith("s") and not key.endswith("ss") else key


def longest(matches: Iterable[TokenMatch]) -> list[TokenMatch]:
    """Return the matches in text order; of those that overlap, only the longest.

    Args:
        matches: In the order of their patterns. Of two of one length the first stays.

    >>> found = [TokenMatch(*place, pattern=None) for place in ((5, 6), (0, 2), (1, 4))]
    >>> [(match.start, match.end) for match in longest(found)]
    [(1, 4), (5, 6)]
    """
    taken: set[int] = set()
    kept: list[TokenMatch] = []
    for match in sorted(matches, key=lambda m: m.start - m.end):
        if not any(i in taken for i in range(match.start, match.end)):
            taken.update(range(match.start, match.end))
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)
