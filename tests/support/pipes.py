"""Small pipelines that many tests share: made once a process, when a test first needs one."""

from __future__ import annotations

from functools import cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}}


def fresh(*names: str) -> Language:
    """A pipeline of the letter tokenizer and these components, which a test may change."""
    nlp = spacy.blank("en", config=TOKENIZER)
    for name in names:
        nlp.add_pipe(name)
    return nlp


@cache
def shared(*names: str) -> Language:
    """The same for all tests of the process, which may not change it."""
    return fresh(*names)


class Pipes:
    """A shared pipeline under a name of a test module: making it there would slow the collection of all tests."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __call__(self, text: str) -> Doc:
        return shared(*self._names)(text)

    def __getattr__(self, name: str) -> Any:
        # pytest asks each name of a module for attributes of its own, and whether it is a class.
        if name.startswith("__") or (name not in ("vocab", "tokenizer") and not hasattr(Language, name)):
            raise AttributeError(name)
        return getattr(shared(*self._names), name)
