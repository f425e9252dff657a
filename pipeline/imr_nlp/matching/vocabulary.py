"""Reading a vocabulary file, and splitting its phrases into words as letters are split.

`imr_nlp.matching.token_grammar` says what a vocabulary holds, and compiles it.
"""

from __future__ import annotations

from typing import Any

import spacy
from spacy.language import Language

from imr_nlp.config import ConfigError, is_unchanged, read_yaml

#: A shipped list of names: every list is checked with its model.
_NAMES = "treatments/names/therapy.yml"


def load_vocabulary(path: str, kind: str | None = None) -> dict[str, Any]:
    """Read a vocabulary file, and what it names: classes of other files (``include:``), and lists of names.

    Those classes come first, and so do the names of the files under ``names_from:``.

    Args:
        path: The file; a relative path is taken from ``configs/``.
        kind: Name of the shipped file of the same kind, whose model a user's file must fit.

    Returns:
        The content, with ``classes``, ``parts``, ``names`` and ``patterns``.

    Raises:
        ConfigError: A file cannot be used.

    >>> "region" in load_vocabulary("concepts/anatomy.yml")["classes"]
    True
    """
    config = read_yaml(path, kind)
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: a vocabulary is a mapping with 'classes' and 'patterns'")
    classes: dict[str, Any] = {}
    parts: dict[str, str] = {}
    checked = is_unchanged(path)
    for name in config.get("include") or []:
        included = load_vocabulary(name, "vocabulary.yml")
        classes |= included["classes"]
        parts |= included["parts"]
        checked = checked and included["checked"]
    names: list[dict[str, Any]] = []
    for name in config.get("names_from") or []:
        names += read_yaml(name, _NAMES)
        checked = checked and is_unchanged(name)
    names += config.get("names") or []
    classes |= config.get("classes") or {}
    parts |= config.get("parts") or {}
    patterns = config.get("patterns") or []
    found = {"classes": classes, "parts": parts, "names": names, "patterns": patterns, "checked": checked}
    return {**config, **found}


class Words:
    """Callable that splits a phrase the way that the letters of a pipeline are split."""

    def __init__(self, nlp: Language) -> None:
        self.tokenizer: Any = getattr(nlp.tokenizer, "base", nlp.tokenizer)
        self._special = frozenset(self.tokenizer.rules)  # "cannot" is two words

    @property
    def signature(self) -> str:
        """What tells a tokenizer that splits phrases otherwise."""
        base = self.tokenizer
        searches = (base.prefix_search, base.suffix_search, base.infix_finditer, base.token_match, base.url_match)
        patterns = [getattr(getattr(search, "__self__", None), "pattern", None) for search in searches]
        return repr([spacy.__version__, patterns, sorted(self._special)])

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``."""
        words = text.split(" ")
        # Plain words need no tokenizer, and a vocabulary has ten thousands of them.
        if "".join(words).isalpha() and "" not in words and self._special.isdisjoint(words):
            return words
        return [token.text for token in self.tokenizer(text)]
