"""The tokenizer: text as it came in, a Doc over its reading view out.

`LetterTokenizer` is spaCy's English tokenizer over the view that `imr_nlp.text.view` makes. The Doc remembers the
way back (``doc.user_data["imr_view"]``), and the pipeline's last component, ``imr_record``, turns it into a Doc
over the text as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.view import View, read_view

VIEW = "imr_view"

_CACHE_SIZE = 50_000  # words, about 15 MB; the words met first are the frequent ones
_MAX_REMEMBERED = 40  # characters


def view_of(doc: Doc) -> View:
    """Return the view that ``doc`` was made from; for any other Doc, a view that changes nothing."""
    stored = doc.user_data.get(VIEW)
    if stored is None:
        text = doc.text
        return View(text, text, [0], [0], [len(text)], _lines(text))
    return View(*stored)


def text_of(doc: Doc) -> str:
    """Return ``doc.text`` without putting it together again, which spaCy does at every access."""
    stored = doc.user_data.get(VIEW)
    return stored[0] if stored is not None else doc.text


def _lines(text: str) -> list[tuple[int, int]]:
    lines, at = [], 0
    for line in text.splitlines(keepends=True):
        body = line.strip()
        if body:
            start = at + line.index(body)
            lines.append((start, start + len(body)))
        at += len(line)
    return lines


def _choice(pieces: Iterable[Any], form: str) -> re.Pattern[str]:
    """Join patterns as spaCy's `compile_prefix_regex` and its like do, and keep what they compile to."""
    return compile_pattern("|".join(form.format(piece) for piece in pieces if piece.strip()))


class LetterTokenizer:
    """Callable that spaCy uses as ``nlp.tokenizer``.

    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    >>> [token.text for token in nlp("Norflex 100mg\\n#60: UpheldClaims")]
    ['Norflex', '100', 'mg', '#', '60', ':', 'Upheld', 'Claims']
    """

    def __init__(self, nlp: Language) -> None:
        self.vocab = nlp.vocab
        defaults = nlp.Defaults
        # Doses, ranges and slashed names must come apart, so that spans can end inside them.
        infixes = [*(defaults.infixes or []), r"(?<=[0-9A-Za-z)%])[/;,=](?=[0-9A-Za-z(])", r"(?<=[0-9])[-x](?=[0-9])",
                   r"(?<=[A-Za-z0-9)%])-(?=[A-Za-z0-9(])", r"[()\[\]]", r"(?<=[a-z])#(?=\d)",
                   r"(?<=[A-Z0-9)])\.(?=[A-Z][A-Za-z]{3,})"]  # fmt: skip  # "for PTSD.Decision rationale:"
        suffixes = [*(defaults.suffixes or []), r"(?<=[0-9])(?:mg|mcg|ml|gm|grams?|g|cc|x|mm|cm|hr|hrs|lbs?|tabs?)",
                    r"(?<=[0-9])%", r"[-/#]"]  # fmt: skip
        prefixes = [*(defaults.prefixes or []), r"[-/]"]
        # Made in one go: spaCy goes through its thousand exceptions again whenever one of these is replaced.
        self.base = Tokenizer(
            nlp.vocab,
            rules=defaults.tokenizer_exceptions,
            prefix_search=_choice(prefixes, "^{}").search,
            suffix_search=_choice(suffixes, "{}$").search,
            infix_finditer=_choice(infixes, "{}").finditer,
            token_match=defaults.token_match,
            url_match=defaults.url_match,
        )
        self._met: set[str] = set()

    def __call__(self, text: str) -> Doc:
        """Tokenise the reading view of ``text``."""
        view = read_view(text)
        self._remember(view.text)
        doc = self.base(view.text)
        doc.user_data[VIEW] = (
            view.text, view.source, view.starts, view.source_starts, view.source_ends, view.lines,
        )  # fmt: skip
        return doc

    def _remember(self, text: str) -> None:
        """Have the base tokenizer remember how it splits each word of ``text``, for this letter and the next ones.

        By itself it remembers no word that follows an exception such as "Dr." in a text, which is most of a letter,
        and takes these words apart every time anew: four fifths of its time. A word alone follows nothing.
        """
        words = text.split(" ")
        if self._met.issuperset(words) or len(self._met) >= _CACHE_SIZE:
            return
        for word in set(words) - self._met:
            if len(word) <= _MAX_REMEMBERED:
                self.base(word)
                self._met.add(word)

    def pipe(self, texts: Iterable[str], batch_size: int = 50) -> Iterator[Doc]:
        """Tokenise a stream of texts."""
        for text in texts:
            yield self(text)

    def to_bytes(self, **kwargs: Any) -> bytes:
        """Return the base tokenizer's rules."""
        return self.base.to_bytes(**kwargs)

    def from_bytes(self, data: bytes, **kwargs: Any) -> LetterTokenizer:
        """Restore the base tokenizer's rules."""
        self.base.from_bytes(data, **kwargs)
        self._met.clear()
        return self

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Write the base tokenizer's rules to ``path``."""
        self.base.to_disk(path, **kwargs)

    def from_disk(self, path: str | Path, **kwargs: Any) -> LetterTokenizer:
        """Read the base tokenizer's rules from ``path``."""
        self.base.from_disk(path, **kwargs)
        self._met.clear()
        return self


@spacy.registry.tokenizers("imr.LetterTokenizer.v1")
def create_letter_tokenizer() -> Callable[[Language], LetterTokenizer]:
    """Return what makes the tokenizer of a Language, for ``[nlp.tokenizer]`` in a config."""
    return LetterTokenizer
