"""The index of ICD-10-CM, built from ``simple-icd-10-cm`` and this project's own names.

``imr-nlp train concepts`` calls `build`. What it writes is what `imr_nlp.concepts.icd10cm` loads: a list of concepts,
their names, and the TF-IDF vectors of the names. The classification itself is a work of the US government and free.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from imr_nlp.concepts.diagnosis_wording import WordingReader
from imr_nlp.concepts.icd10cm import CURATED, DESCRIPTION, INCLUSION, INDEX_FILE, SIDES, WORDS
from imr_nlp.config import ConfigError, shipped
from imr_nlp.training.folders import require_model_folder

NAME, VERSION = "concepts", "1.0"
NAMES = "concepts/icd10cm/conditions.yml"
_RANGE = (3, 3)  # characters of an n-gram, as in scispaCy's linkers
_SIDE = re.compile(r"\b(right|left|bilateral|both)\b")
_UNSAID = re.compile(r"\b(?:right|left|bilateral|both|unspecified|unilateral)\b")
_WORD = re.compile(r"[a-z0-9]+")
_ENCOUNTER = re.compile(r", initial encounter.*$")
_WITHOUT = re.compile(r"[,\s]+without [^,]*")


@dataclass
class Concept:
    """One condition at one place, with a code for each side. ``names`` are (key, source) pairs."""

    sides: dict[str, str]
    names: dict[str, int] = field(default_factory=dict)
    specific: int = 0


class Builder:
    """Collects concepts and their names from the classification and from ``conditions.yml``."""

    def __init__(self) -> None:
        import simple_icd_10_cm as icd

        self.icd = icd
        self.config = shipped(WORDS)
        self._codes = set(icd.get_all_codes(with_dots=True))
        words = {word for code in self._codes for word in _WORD.findall(icd.get_description(code).lower())}
        self.reader = WordingReader(self.config, words)
        self.concepts: dict[tuple[tuple[str, str], ...], Concept] = {}
        self.kept, self.omitted = tuple(self.config["kept"]), set(self.config["omitted"])

    def concept(self, sides: Mapping[str, str]) -> Concept:
        """Return the concept of some codes, made where it is new."""
        return self.concepts.setdefault(tuple(sorted(sides.items())), Concept(dict(sides)))

    def collect(self) -> None:
        """Take the names of ``conditions.yml``, then those of the classification."""
        named = shipped(NAMES)
        for condition, places in named["by_place"].items():
            for place, code in places.items():
                self._curate(f"{condition} {place}".strip(), code)
        for name, code in named["names"].items():
            self._curate(name, code)
        self._classification()

    def _curate(self, name: str, code: str | Mapping[str, str]) -> None:
        sides = dict(code) if isinstance(code, Mapping) else self.sides_below(str(code), self.reader(name).words)
        for one in sides.values():
            if not self.icd.is_valid_item(one):
                raise ConfigError(f"{NAMES}: {name}: no such code: {one}")
        concept = self.concept(sides)
        concept.names.setdefault(self.reader(name).key, CURATED)

    def sides_below(self, node: str, words: frozenset[str] = frozenset()) -> dict[str, str]:
        """Return the code of each side among the codes below ``node`` (itself where there are none).

        Codes whose descriptions share the most of ``words`` come first: of a dislocation before a subluxation.

        Raises ConfigError where the classification has no such code.
        """
        if not self.icd.is_valid_item(node):
            raise ConfigError(f"{NAMES}: no such code: {node}")
        shared = {code: len(words & self.reader(self.icd.get_description(code)).words) for code in self._leaves(node)}
        leaves = sorted(code for code, count in shared.items() if count == max(shared.values()))
        sides: dict[str, str] = {}
        for code in leaves:
            found = _SIDE.search(self.icd.get_description(code).lower())
            side = {"both": "bilateral"}.get(found[1], found[1]) if found else ""
            if side or "unspecified" in self.icd.get_description(code).lower() or len(leaves) == 1:
                sides.setdefault(side, code)
        if "" not in sides:
            sides[""] = node if node in self._codes else leaves[0]
        return sides

    def _leaves(self, node: str) -> Iterable[str]:
        children = self.icd.get_children(node)
        if not children:
            yield node
        for child in children:
            if len(child) < 8 or child[-1] in "A":
                yield from self._leaves(child)

    def _classification(self) -> None:
        groups: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        texts: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        for code in sorted(self._codes):
            omitted = code[0] in self.omitted or code[:3] in self.omitted
            if not code[0].isalpha() or (omitted and not code.startswith(self.kept)):
                continue
            if len(code) == 8 and code[-1] != "A":
                continue
            if self.icd.get_children(code):
                continue
            text = self.icd.get_description(code)
            parent = self.icd.get_parent(self.icd.get_parent(code) if len(code) == 8 else code)
            bare = " ".join(_UNSAID.sub(" ", _ENCOUNTER.sub("", text.lower())).split())
            found = _SIDE.search(text.lower())
            side = {"both": "bilateral"}.get(found[1], found[1]) if found else ""
            group = (parent, re.sub(r"(?<=[a-z]{3})s\b", "", bare))
            groups[group].setdefault(side, code)
            texts[group].append((_ENCOUNTER.sub("", text), DESCRIPTION))
            terms = self.icd.get_inclusion_term(code)
            texts[group] += [(term, INCLUSION) for term in terms]
        for (parent, _), sides in groups.items():
            group = (parent, _)
            if "" not in sides and parent in self._codes and len(parent) > 3:
                sides = {**sides, "": parent}
            concept = self.concept(sides)
            for text, source in texts[group]:
                key = self.reader(_WITHOUT.sub("", text)).key
                if key:
                    concept.names.setdefault(key, source)
            told = [text.lower() for text, source in texts[group] if source == DESCRIPTION]
            least = min(text.count("unspecified") - text.count("other ") for text in told)
            concept.specific = -least


def build(out: Path) -> Path:
    """Build the index and write its folder ``out/concepts/1.0``: the same libraries, the same bytes.

    Args:
        out: Folder of all models, such as ``models``.

    Returns:
        The folder that was written.

    Raises:
        ConfigError: A curated name has a code that the classification does not have.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    folder = out / NAME / VERSION
    require_model_folder(folder, NAME)
    builder = Builder()
    builder.collect()
    concepts = [c for c in builder.concepts.values() if c.names]
    keys: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, concept in enumerate(concepts):
        for key, source in concept.names.items():
            keys[key].append((source, number))
    names = sorted(keys)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=_RANGE, min_df=2, dtype=np.float32)
    vectors = vectorizer.fit_transform(names)
    codes = sorted({code for concept in concepts for code in concept.sides.values()})
    place = {code: i for i, code in enumerate(codes)}
    descriptions = [builder.icd.get_description(code).encode() for code in codes]
    by_gram = vectors.T.tocsr()
    by_gram.sort_indices()
    pairs = [sorted(keys[name]) for name in names]
    stored = BytesIO()
    np.savez_compressed(
        stored,
        codes=np.array(codes, "S8"),
        descriptions=_bytes(b"".join(descriptions)),
        description_ends=_ends(descriptions),
        sides=np.array([[place.get(c.sides.get(side, ""), -1) for side in SIDES] for c in concepts], np.int32),
        specific=np.array([concept.specific for concept in concepts], np.int8),
        names=_bytes("\n".join(names).encode("ascii")),
        pair_ends=_ends(pairs),
        pairs=np.array([pair for found in pairs for pair in found], np.int32),
        grams=_bytes("".join(vectorizer.get_feature_names_out()).encode("ascii")),
        idf=vectorizer.idf_.astype(np.float32),
        data=by_gram.data.astype(np.float16),
        indices=by_gram.indices.astype(np.uint16),
        indptr=by_gram.indptr.astype(np.int32),
        conditions=_bytes(" ".join(sorted(_conditions(builder.reader))).encode("ascii")),
        places=_bytes(" ".join(sorted(_places(builder.reader))).encode("ascii")),
    )
    files = {INDEX_FILE: stored.getvalue()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content_bytes in files.items():
        (folder / name).write_bytes(content_bytes)
    meta = {
        "name": NAME,
        "version": VERSION,
        "source": f"simple-icd-10-cm {version('simple-icd-10-cm')}",
        "codes": len(codes),
        "concepts": len(concepts),
        "names": len(names),
        "sha256": {name: hashlib.sha256(content_bytes).hexdigest() for name, content_bytes in files.items()},
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_CARD.format(**meta), encoding="utf-8")
    return folder


_CARD = """# concepts/{version}: an index of ICD-10-CM

**For** linking the diagnoses of a letter to ICD-10-CM codes (`imr_concepts`). Not for billing.

**Made by** `imr-nlp train concepts --out models` from {source}, which holds the classification of the US National
Center for Health Statistics (a work of the US government, free of copyright), and from `configs/concepts/icd10cm`.
The same libraries give the same bytes.

**Holds** {codes:,} codes as {concepts:,} concepts (one condition at one place, with a code for each side) under
{names:,} names, and the TF-IDF vectors of the names over character trigrams. Obstetrics, the perinatal period, external
causes, encounters and poisoning by single substances are left out. Codes of the initial encounter stand for the
others, which differ in the last character alone.

**How good**: `tests/data/icd10cm.tsv` and `docs/concepts.md`. Its known weakness is a mention of two conditions, or
of one condition at two places, which gets a code for each but in no particular order.

**Files**: `icd10cm.npz` (numbers and plain text, no pickle), `meta.json` (SHA-256 of it).
"""


def _conditions(reader: WordingReader) -> set[str]:
    """Return the words that name a condition, not a place."""
    named = shipped(NAMES)
    heads = {word for name in named["by_place"] for word in reader(name).words}
    return heads | ({word for name in named["names"] for word in reader(name).words} - _places(reader))


def _places(reader: WordingReader) -> set[str]:
    """Return the words that name a place, not a condition."""
    named = shipped(NAMES)["by_place"]
    heads = {word for name in named for word in reader(name).words}
    return {word for places in named.values() for place in places for word in reader(place).words} - heads


def _bytes(text: bytes) -> np.ndarray:
    return np.frombuffer(text, np.uint8)


def _ends(parts: Sequence[Any]) -> np.ndarray:
    return np.cumsum([0, *map(len, parts)], dtype=np.int32)
