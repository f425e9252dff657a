"""The theme of a gap: what a sentence of the rationale says is missing (``configs/rationale/themes.yml``).

The wordings of the file come first. A sentence that none of them fits goes to a trained model over its words
(`imr_nlp.training.themes`). So does one that only a general wording fits, such as "not documented".
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from imr_nlp.config import ConfigError, shipped
from imr_nlp.learned.features import Features
from imr_nlp.learned.loading import Model, load_model
from imr_nlp.text.compiled import compile_pattern

PATH = "rationale/themes.yml"
OTHER = "other"
_WORD = re.compile(r"[a-z]+")
_MAX_LENGTH = 600  # characters of a sentence that are read
_STEM = 5  # letters that words of one family share: "improve", "improvement"


class Theme(NamedTuple):
    """A theme, what gave it, and the model's probability where a model did."""

    theme: str
    rule: str
    score: float | None = None


class Themes:
    """Themes by wordings, then by the trained model.

    >>> told = themes()
    >>> told.of("There is no documentation of functional improvement from the prior sessions.").theme
    'no_functional_improvement'
    >>> told.of("No red flags were noted.").theme, told.of("The request exceeds the recommended 10 visits.").theme
    ('no_red_flags', 'exceeds_guideline')
    """

    def __init__(self, path: str = PATH, model: bool = True) -> None:
        config = shipped(path)
        self.names: list[str] = list(config["themes"])
        try:
            self.rules = [
                (name, _compiled(known["words"])) for name, known in config["themes"].items() if known["words"]
            ]
        except re.error as error:
            raise ConfigError(f"{path}: not a regular expression: {error}") from error
        self.least = float(config["least"])
        self.general = frozenset(config.get("general", ()))
        self.sure = float(config.get("sure", 1.0))
        self.model: Model | None = load_model(config["model"]) if model and config.get("model") else None

    def by_words(self, sentence: str) -> str | None:
        """Return the first theme whose wordings a sentence has; None without one."""
        lower = sentence.lower()  # quicker than patterns that ignore case
        behind = f" {lower}"
        for name, (at_edge, others) in self.rules:
            if at_edge.search(behind) or others.search(lower):
                return name
        return None

    def of(self, sentence: str) -> Theme:
        """Return the theme of a gap sentence."""
        text = " ".join(sentence.split())[:_MAX_LENGTH]
        name = self.by_words(text)
        if name and name not in self.general:
            return Theme(name, f"theme.{name}")
        if self.model is not None:
            probabilities = self.model.linear.probabilities([features(text)])[0]
            best = int(probabilities.argmax())
            score = round(min(float(probabilities[best]), 1.0), 3)
            if score >= (self.sure if name else self.least):
                return Theme(self.model.linear.labels[best], f"model:{self.model.name}", score)
            if not name:
                return Theme(OTHER, f"model:{self.model.name}", score)
        return Theme(name, f"theme.{name}") if name else Theme(OTHER, "theme.none")


def _compiled(wordings: list[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile wordings to two patterns: for the sentence behind a blank, and for the sentence alone.

    The first holds those that begin at a word's edge. `re` tries it behind characters of no word only, which saves
    0.5 ms a letter.

    >>> [pattern.pattern for pattern in _compiled([r"\\ba", "^d", r"\\bb"])]
    ['[^\\\\w](?:\\\\ba|\\\\bb)', '(?:^d)']
    """
    at_edge = "|".join(wording for wording in wordings if wording.startswith(r"\b"))
    others = "|".join(wording for wording in wordings if not wording.startswith(r"\b"))
    return (
        compile_pattern(rf"[^\w](?:{at_edge})" if at_edge else r"(?!)"),
        compile_pattern(f"(?:{others})" if others else r"(?!)"),
    )


def features(sentence: str) -> Features:
    """Return what the model sees of a sentence: its words, their starts and word pairs.

    >>> sorted(features("No red flags."))
    ['start flags', 'start no', 'start red', 'word flags', 'word no', 'word red', 'words no red', 'words red flags']
    """
    words = _WORD.findall(sentence.lower()[:_MAX_LENGTH])
    names = [f"word {word}" for word in words] + [f"words {a} {b}" for a, b in pairwise(words)]
    return dict.fromkeys(names + [f"start {word[:_STEM]}" for word in words], 1.0)


@lru_cache(maxsize=1)
def themes() -> Themes:
    """Return the shipped themes, read once a process."""
    return Themes()
