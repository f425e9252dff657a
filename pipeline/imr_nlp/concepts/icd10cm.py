"""ICD-10-CM codes of diagnoses, by scispaCy's `CandidateGenerator` over this project's own knowledge base.

The index (``models/concepts/1.0``) is built by ``imr-nlp train concepts`` (`imr_nlp.training.concepts`). It holds
concepts, each one condition at one place with a code for each side, and the names of each. A mention passes
`imr_nlp.concepts.diagnosis_wording` first. The generator finds the names with the nearest character trigrams (TF-IDF).
`Icd10Cm` then ranks them by the words that mention and name share, and picks the code of the mention's side and
encounter.

scispaCy's own ``create_tfidf_ann_index`` refuses SciPy from 1.11 on, so that the index is built here. It is exact, not
approximate: the knowledge base is small enough for one sparse product.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from imr_nlp.compat import scispacy_candidates
from imr_nlp.concepts.diagnosis_wording import BILATERAL, LEFT, RIGHT, Wording, WordingReader, is_level
from imr_nlp.config import shipped
from imr_nlp.learned.loading import place_of, read_model

SYSTEM = "ICD-10-CM"
WORDS = "concepts/icd10cm/words.yml"
INDEX_FILE = "icd10cm.npz"
#: The order of the columns of the index's table of codes.
SIDES = ("", RIGHT, LEFT, BILATERAL)
#: Where a name comes from: this project, an inclusion term or a description of the classification.
CURATED, INCLUSION, DESCRIPTION = 0, 1, 2
_NEIGHBOURS = 24  # names that are looked at
_CACHE_LIMIT = 50_000  # distinct mentions that a process remembers
_NAMES_LIMIT = 10_000  # names of the index whose words a process remembers
_UNMATCHED_HERE, _UNMATCHED_THERE = 0.6, 0.9  # weight of a mention's own words, of a name's own words
_LEVEL_ABSENT, _LEVEL_WRONG, _LEVEL_PART = 0.5, 2.5, 0.8
_CONDITION_WEIGHT = 1.5
_ENCOUNTERS = {"D": "subsequent encounter", "S": "sequela", "K": "nonunion", "P": "malunion"}
#: Fractures for which the classification has no code of a nonunion, and of a malunion.
_NEVER = {"K": ("M48",), "P": ("M48", "S02", "S12", "S22", "S32")}
_CLOSED = ("S52", "S72", "S82")  # here the title of a failed union says that the fracture was closed


class Code(NamedTuple):
    """One code that a mention may mean: its name in the classification, and a score from 0 to 1."""

    code: str
    name: str
    score: float


class TrigramVectorizer:
    """TF-IDF vectors of texts, as scikit-learn's `TfidfVectorizer` (``char_wb``, trigrams) makes them.

    scikit-learn takes 130 MB of memory a process, which reading letters does without.

    Args:
        grams: The trigrams of the index, in the order of its columns.
        idf: Their inverse document frequencies.
    """

    def __init__(self, grams: Sequence[str], idf: np.ndarray) -> None:
        self.columns = {gram: i for i, gram in enumerate(grams)}
        self.idf = idf

    def transform(self, texts: Sequence[str]) -> Any:
        """Return a sparse matrix, a row of unit length for each text (of zeros where no trigram is known)."""
        from scipy.sparse import csr_matrix

        data: list[float] = []
        columns: list[int] = []
        starts = [0]
        for text in texts:
            counts: Counter[int] = Counter()
            for word in text.split():
                padded = f" {word} "
                for i in range(len(padded) - 2):
                    column = self.columns.get(padded[i : i + 3])
                    if column is not None:
                        counts[column] += 1
            row = np.fromiter(counts.values(), float, len(counts)) * self.idf[list(counts)]
            length = float(np.sqrt(row @ row)) or 1.0
            data += (row / length).tolist()
            columns += counts
            starts.append(len(data))
        shape = (len(texts), len(self.columns))
        return csr_matrix((np.array(data, np.float32), np.array(columns, np.int32), np.array(starts, np.int32)), shape)


class SparseIndex:
    """Nearest names by cosine, with the one method of an nmslib index that scispaCy's generator calls.

    Args:
        by_gram: The index, transposed: a row for each trigram, a column for each name.
    """

    def __init__(self, by_gram: Any) -> None:
        self.by_gram = by_gram

    def knnQueryBatch(self, vectors: Any, k: int) -> list[tuple[np.ndarray, np.ndarray]]:  # noqa: N802  (nmslib's name)
        """Return for each row the ``k`` nearest names and their distances (1 - cosine), the nearest first."""
        product = vectors @ self.by_gram
        found = []
        for start, end in pairwise(product.indptr.tolist()):
            near, columns = product.data[start:end], product.indices[start:end]
            if len(near) > k:
                best = np.argpartition(near, len(near) - k)[-k:]
                near, columns = near[best], columns[best]
            order = np.lexsort((columns, -near))
            found.append((columns[order], 1.0 - near[order]))
        return found


class _Itself(dict):
    """A mapping of every name to itself: the concept of a name is looked up later, by its number."""

    def __missing__(self, name: str) -> tuple[str]:
        return (name,)


class Icd10Cm:
    """The shipped index, ready to link.

    >>> linker = icd10cm()
    >>> [(found.code, found.name) for found in linker.link("left lumbar radiculopathy")[:1]]
    [('M54.16', 'Radiculopathy, lumbar region')]
    >>> [linker.link(text)[0].code for text in ("Carpal tunnel syndrome", "right CTS", "disc protrusion at L5-S1")]
    ['G56.00', 'G56.01', 'M51.27']
    >>> linker.link("xylophone")
    []
    """

    def __init__(self, model: str, settings: Mapping[str, Any]) -> None:
        from scipy.sparse import csr_matrix

        self.threshold = float(settings["threshold"])
        self.close = float(settings["close"])
        self.most = int(settings["most"])
        meta, files = read_model(place_of(model), (INDEX_FILE,))
        self.model = f"{meta['name']}/{meta['version']}"
        with np.load(BytesIO(files[INDEX_FILE]), allow_pickle=False) as stored:
            parts = {name: stored[name] for name in stored.files}
        self.codes, self.sides, self.specific = parts["codes"], parts["sides"], parts["specific"]
        self.descriptions, self.description_ends = parts["descriptions"].tobytes(), parts["description_ends"]
        names = parts["names"].tobytes().decode("ascii").split("\n")
        self.numbers = {name: i for i, name in enumerate(names)}
        self.pair_ends, self.pairs = parts["pair_ends"], parts["pairs"]
        self.conditions = frozenset(parts["conditions"].tobytes().decode("ascii").split())
        self.places = frozenset(parts["places"].tobytes().decode("ascii").split())
        grams = parts["grams"].tobytes().decode("ascii")
        grams = [grams[i : i + 3] for i in range(0, len(grams), 3)]
        by_gram = csr_matrix(
            (parts["data"].astype(np.float32), parts["indices"].astype(np.int32), parts["indptr"]),
            (len(grams), len(names)),
        )
        self.weights = _weights(names, self.conditions)
        self._rarest = max(self.weights.values()) if self.weights else 1.0
        self.reader = WordingReader(settings, self.weights)
        candidates = scispacy_candidates()
        knowledge = candidates.KnowledgeBase([])
        knowledge.alias_to_cuis = _Itself()
        self.generator = candidates.CandidateGenerator(
            ann_index=SparseIndex(by_gram), tfidf_vectorizer=TrigramVectorizer(grams, parts["idf"]),
            ann_concept_aliases_list=names, kb=knowledge,
        )  # fmt: skip
        self._cache: dict[str, list[Code]] = {}
        self._by_name: dict[str, int] = {}  # the codes by their descriptions; filled where it is needed
        self._courses: dict[int, frozenset[str]] = {}  # by the number of a code
        self._names: dict[str, tuple[frozenset[str], frozenset[str], float]] = {}

    def link(self, mention: str) -> list[Code]:
        """Return the codes that a mention may mean, the likeliest first; empty where none is likely enough."""
        return self.link_all([mention])[0]

    def link_all(self, mentions: Sequence[str]) -> list[list[Code]]:
        """Return the codes of each mention (see `link`); each distinct mention is linked once a process."""
        new = [text for text in dict.fromkeys(mentions) if text not in self._cache]
        if new:
            if len(self._cache) + len(new) > _CACHE_LIMIT:
                self._cache.clear()
            self._link_new(new)
        return [self._cache.get(text, []) for text in mentions]

    def _link_new(self, mentions: Sequence[str]) -> None:
        read = [(text, self.reader(text)) for text in mentions]
        asked = [(text, wording) for text, wording in read if wording.words]
        self._cache.update((text, []) for text, wording in read if not wording.words)
        if not asked:
            return
        self._ask({text: wording.key for text, wording in asked}, dict(asked))
        # A mention with an aside or a tail is asked for without them.
        short: dict[str, Wording] = {}
        for text, wording in asked:
            if not self._cache[text] and (left := self.reader.shorter(text)) != text.lower():
                told = self.reader(left)
                if told.words:
                    short[text] = replace(told, side=told.side or wording.side)
        if short:
            self._ask({text: wording.key for text, wording in short.items()}, short)
        # A condition at a place that the classification does not name is asked for without the place.
        again = {
            text: " ".join(sorted(rest))
            for text, wording in asked
            if not self._cache[text] and (rest := wording.words - self.places) and rest != wording.words
        }
        if again:
            self._ask(again, dict(asked))

    def _ask(self, keys: Mapping[str, str], wordings: Mapping[str, Wording]) -> None:
        found = self.generator(list(keys.values()), k=_NEIGHBOURS)
        for text, candidates in zip(keys, found, strict=True):
            near = {c.aliases[0]: max(c.similarities) for c in candidates}
            self._cache[text] = self._ranked(wordings[text], near)

    def _ranked(self, wording: Wording, near: Mapping[str, float]) -> list[Code]:
        scored = []
        total = self._weight_of(wording.words)
        for name, cosine in near.items():
            score = self._score(wording, total, name, cosine)
            if score >= self.threshold:
                number = self.numbers[name]
                for source, concept in self.pairs[self.pair_ends[number] : self.pair_ends[number + 1]].tolist():
                    lacks, shared, more = self._fit(concept, wording)
                    rest = int(self.specific[concept]), source, concept
                    scored.append((-score, lacks, shared, source != CURATED, more, *rest))
        scored.sort()
        codes: dict[str, Code] = {}
        for negative, *_, concept in scored[: self.most]:
            if -negative < scored[0][0] * -self.close:
                break
            for code, name in self._coded(concept, wording):
                codes.setdefault(code, Code(code, name, round(-negative, 3)))
        return list(codes.values())[: self.most]

    def _nondisplaced(self, number: int) -> int:
        """Return the code of a fracture that is not displaced for the code of the one that is."""
        name = self._description(number)
        if not name.startswith("Displaced "):
            return number
        if not self._by_name:
            self._by_name = {self._description(i): i for i in range(len(self.codes))}
        return self._by_name.get(f"Nondisplaced {name.removeprefix('Displaced ')}", number)

    def _fit(self, concept: int, wording: Wording) -> tuple[bool, int, int]:
        """Return how well a concept fits a mention beside its words, the less the better.

        Whether it has no code for a mention without a side, how many words of the course it shares (negative), and how
        many it has beyond.
        """
        of_side = self.sides[concept].tolist()
        number = of_side[SIDES.index(wording.side)]
        lacks = number < 0
        number = max(of_side) if lacks else number
        told = self._courses.get(number)
        if told is None:
            told = self._courses[number] = self.reader.course(self._description(number))
        return lacks and not wording.side, -len(told & wording.course), len(told - wording.course)

    def _description(self, number: int) -> str:
        start, end = self.description_ends[number], self.description_ends[number + 1]
        return str(self.descriptions[start:end].decode("utf-8"))

    def _score(self, wording: Wording, total: float, name: str, cosine: float) -> float:
        words, levels, weight = self._told(name)
        shared = wording.words & words
        if not shared or (shared <= self.places and len(shared) < len(wording.words)):
            return 0.0
        both = self._weight_of(shared)
        lost = _UNMATCHED_HERE * (total - both) + _UNMATCHED_THERE * (weight - both)
        if levels or wording.levels:
            lost += _level_loss(wording.levels, levels)
        return both / (both + lost) * (0.85 + 0.15 * min(1.0, cosine))

    def _told(self, name: str) -> tuple[frozenset[str], frozenset[str], float]:
        """Return the words, the levels and the weight of a name."""
        told = self._names.get(name)
        if told is None:
            words = name.split()
            levels = frozenset(word for word in words if is_level(word))
            rest = frozenset(words) - levels
            told = self._names[name] = rest, levels, self._weight_of(rest)
            if len(self._names) > _NAMES_LIMIT:
                self._names.clear()
        return told

    def _weight_of(self, words: Iterable[str]) -> float:
        weight = 0.0
        for word in words:
            weight += self.weights.get(word, self._rarest)
        return weight

    def _coded(self, concept: int, wording: Wording) -> Iterable[tuple[str, str]]:
        """Yield the codes of a concept for the side of a mention: both sides' where bilateral has none of its own."""
        of_side = dict(zip(SIDES, self.sides[concept].tolist(), strict=True))
        sides: tuple[str, ...] = (wording.side,)
        if of_side[wording.side] < 0:
            both = wording.side == BILATERAL and of_side[RIGHT] >= 0 and of_side[LEFT] >= 0
            sides = (RIGHT, LEFT) if both else ("",)
        for side in sides:
            number = of_side[side] if of_side[side] >= 0 else max(of_side.values())
            if "nondisplaced" in wording.words:
                number = self._nondisplaced(number)
            code = self.codes[number].decode("ascii")
            yield _at_encounter(code, self._description(number), wording.encounter)


@lru_cache(maxsize=2)
def icd10cm(model: str = "concepts/1.0") -> Icd10Cm:
    """Return the linker of a shipped index, loaded when first asked for and once a process.

    Raises:
        ModelError: The index is missing or is not the one that its ``meta.json`` describes.
    """
    return Icd10Cm(model, shipped(WORDS))


def _at_encounter(code: str, name: str, encounter: str) -> tuple[str, str]:
    if encounter not in _ENCOUNTERS or len(code) != 8 or not code.endswith("A") or code[0] not in "STM":
        return code, name
    stem, comma, tail = name.rpartition(", initial encounter")
    told = _ENCOUNTERS[encounter]
    if encounter in _NEVER:
        if "fracture" not in tail or code.startswith(_NEVER[encounter]):
            return code, name
        told = f"subsequent encounter for {'closed ' if code.startswith(_CLOSED) else ''}fracture with {told}"
    if encounter == "D" and "fracture" in tail:
        told += " for fracture with routine healing"
    return code[:-1] + encounter, f"{stem}, {told}" if comma else name


def _level_loss(mentioned: frozenset[str], named: frozenset[str]) -> float:
    """Return what differing vertebral levels take from a name: nothing where they are the same."""
    if not named:
        return _LEVEL_ABSENT if mentioned else 0.0
    shared = mentioned & named
    if not mentioned:
        return _LEVEL_PART
    if not shared or (len(mentioned) > 2 and not mentioned <= named):
        return _LEVEL_WRONG
    return _LEVEL_PART * (1 - len(shared) / len(mentioned | named)) * 0.6


def _weights(names: Sequence[str], conditions: frozenset[str]) -> dict[str, float]:
    """Return how telling each word is: the rarer among the names, the more, and more where it names a condition."""
    counts = Counter(word for name in names for word in name.split())
    total = len(names)
    return {
        word: (1.0 + math.log(total / count) / 3.0) * (_CONDITION_WEIGHT if word in conditions else 1.0)
        for word, count in counts.items()
    }
