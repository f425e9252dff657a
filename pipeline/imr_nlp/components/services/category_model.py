"""The category of a request that the vocabulary doesn't know, by a trained model over the request's wording.

`features` says what the model sees: the words and word pairs of a request, how its words begin and end (a "-plasty" is
surgery, whatever comes before), and the categories that the fallback wordings of ``concepts/service_categories.yml``
speak for. It was trained on the vocabulary's own names, so that it knows what names of each category look like, and on
requests of gold letters. Training is in `imr_nlp.training.categories`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from imr_nlp.concepts.services import category_cues
from imr_nlp.learned.loading import Model

_WORD = re.compile(r"[a-z]+|\d+|#")
_NUMBER = "0"
_AFFIXES = (3, 4, 5)  # letters
_MAX_LENGTH = 400  # characters of a request that are read; gold requests have at most 250


class Category(NamedTuple):
    """A category, what gave it, and its probability."""

    category: str
    rule: str
    score: float


class CategoryModel:
    """Categories by a model that was trained on `features`."""

    def __init__(self, model: Model) -> None:
        self.rule = f"model:{model.name}"
        self.linear = model.linear

    def category_of(self, request: str) -> Category:
        """Return the most probable of the thirteen categories of the label guide."""
        probabilities = self.linear.probabilities([features(request)])[0]
        best = int(probabilities.argmax())
        return Category(self.linear.labels[best], self.rule, round(min(float(probabilities[best]), 1.0), 3))


def features(request: str) -> dict[str, float]:
    """Return what the model sees of a request; every number is the same.

    >>> [name for name in features("Zyroplasty, 2") if not name.startswith(("starts", "cue"))]
    ['word zyroplasty', 'word 0', 'ends sty', 'ends asty', 'ends lasty', 'words zyroplasty 0', 'last zyroplasty', \
'first cue surgery']
    """
    written = request[:_MAX_LENGTH].lower()
    words = [_NUMBER if word.isdecimal() else word for word in _WORD.findall(written)]
    letters = [word for word in words if word.isalpha()]
    names = [f"word {word}" for word in words]
    names += [f"starts {word[:n]}" for word in letters for n in _AFFIXES if len(word) > n]
    names += [f"ends {word[-n:]}" for word in letters for n in _AFFIXES if len(word) > n]
    names += [f"words {a} {b}" for a, b in pairwise(words)]
    names += [f"last {word}" for word in letters[-1:]]
    cues = category_cues(written)
    names += [f"cue {cue}" for cue in cues]
    names += [f"first cue {cue}" for cue in cues[:1]]
    return dict.fromkeys(names, 1.0)
