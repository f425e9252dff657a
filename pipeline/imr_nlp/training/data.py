"""Gold letters as examples for the scikit-learn models, with the fold of each letter.

`gold_letters` runs the rules over every gold letter once. A letter is in one fold with all that is in it, so that no
cross-validated figure comes from a model that has seen the letter. Only letters of the real corpus are folded where
there are any: the project's own letters, which are invented, then always help to train and never count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.rationale.component import rationales_of
from imr_nlp.components.rationale.role_model import features
from imr_nlp.components.rationale.role_rules import RoleRules
from imr_nlp.concepts.services import BY_HEADING
from imr_nlp.doc.spans import ENTITIES, SERVICES, attrs_of, spans_of
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.evaluation.gold import read_gold
from imr_nlp.learned.features import Features
from imr_nlp.training.prepare import TRAINING, fold_of, to_view

FOLDS = 10
TRAIN_ONLY = -1  # the fold of letters that are never tested on


class GoldLetter(NamedTuple):
    """A gold letter: its Doc over the reading view, with what the rules found, and its gold record."""

    name: str
    case_number: str | None
    source: str
    held: bool
    fold: int
    doc: Doc
    record: dict[str, Any]


class Example(NamedTuple):
    """Something to learn: its features, its label by hand, what the rules say, and the letter that it comes from."""

    letter: str
    held: bool
    fold: int
    features: Features
    label: str
    by_rules: str
    sure: float


def gold_letters(files: Mapping[str, Path], seed: int, folds: int = FOLDS) -> list[GoldLetter]:
    """Return the letters of gold files, as `imr_nlp.training.prepare` finds them.

    Args:
        files: The gold files by the name of their source.
        seed: Of the order in which letters are dealt to folds.
        folds: How many there are.

    Raises:
        GoldError: A gold file or one of its letters can't be used.
    """
    nlp = rules_pipeline()
    letters: list[GoldLetter] = []
    for source, path in files.items():
        gold = read_gold(path, entities_alone=source == TRAINING).alone()
        scored = source != TRAINING and (source == "corpus" or "corpus" not in files)
        held = {record["name"] for record in gold.split("heldout").records}
        dealt = fold_of(gold.letters, folds, seed)
        for record in gold.records:
            name = record["name"]
            case = (record.get("case") or {}).get("case_number")
            doc = nlp(gold.letters[name].text)
            letters.append(
                GoldLetter(name, case, source, name in held, dealt[name] if scored else TRAIN_ONLY, doc, record)
            )
    return letters


def rules_pipeline() -> Language:
    """Return the shipped pipeline without models, up to what the models of roles and categories need."""
    from imr_nlp.pipeline import load

    nlp = load(imr_rationale={"model": None}, imr_services={"model": None})
    for name in nlp.pipe_names[nlp.pipe_names.index("imr_services") + 1 :]:
        nlp.remove_pipe(name)
    return nlp


def role_examples(letters: Iterable[GoldLetter], rules: RoleRules) -> list[Example]:
    """Return the rationale sentences that the pipeline finds, each with the role of the gold sentence it overlaps most.

    A rationale that stands for several services counts once.
    """
    examples = []
    for letter in letters:
        gold = _gold_sentences(letter)
        seen: set[tuple[int, int]] = set()
        for rationale in rationales_of(letter.doc).values():
            sentences = [placed.sentence for placed in rationale]
            judged = rules.judge(sentences)
            rows = features(rules, sentences, judged)
            for placed, by_rules, row in zip(rationale, judged, rows, strict=True):
                place = placed.start, placed.end
                role = _best(place, gold)
                if role is not None and place not in seen:
                    seen.add(place)
                    examples.append(
                        Example(
                            letter.name, letter.held, letter.fold, row, role, by_rules.role.role, by_rules.role.score
                        )
                    )
    return examples


class Request(NamedTuple):
    """A disputed service of a gold letter: its wording, what the vocabulary says, and its category by hand."""

    letter: str
    fold: int
    text: str
    category: str
    procedure: str
    by_rules: str
    known: bool


class Name(NamedTuple):
    """A name of the vocabulary: its wording, the category of a request for it, and its canonical form."""

    text: str
    category: str
    canonical: str


def requests(letters: Iterable[GoldLetter]) -> list[Request]:
    """Return the disputed services of the letters; ``known`` where the vocabulary or a decisive wording names them."""
    found = []
    for letter in letters:
        ours = {service["start"]: service for service in map(attrs_of, spans_of(letter.doc, SERVICES))}
        entities = [attrs_of(span) for span in spans_of(letter.doc, ENTITIES)]
        services = letter.record["services"]
        view = view_of(letter.doc)
        places = to_view(view, (s["start"] for s in services), (s["end"] for s in services))
        for (start, end), service in zip(places, services, strict=True):
            guess = ours.get(start) or {}
            named = any(start <= e["start"] < end and "canonical" in e and e["rule"] != BY_HEADING for e in entities)
            found.append(
                Request(
                    letter.name,
                    letter.fold,
                    view.text[start:end],
                    service["category"],
                    service.get("procedure") or "",
                    guess.get("category", "other"),
                    named,
                )
            )
    return found


def fingerprint(rows: Sequence[Features], labels: Sequence[str]) -> str:
    """Return the SHA-256 of training data, so that a model says what it was trained on without holding its text.

    >>> fingerprint([{"word mri": 1.0}], ["fact"])[:8] == fingerprint([{"word mri": 1.0}], ["gap"])[:8]
    False
    """
    written = json.dumps([rows, labels], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _gold_sentences(letter: GoldLetter) -> dict[tuple[int, int], str]:
    """Return the gold roles of a letter by their place in its reading view.

    A letter of which no services are marked has its rationale sentences in a list of their own.
    """
    sentences = [s for service in letter.record["services"] for s in service.get("rationale") or []]
    sentences += letter.record.get("rationale") or []
    places = to_view(view_of(letter.doc), (s["start"] for s in sentences), (s["end"] for s in sentences))
    return {place: sentence["role"] for place, sentence in zip(places, sentences, strict=True)}


def _best(place: tuple[int, int], gold: Mapping[tuple[int, int], str]) -> str | None:
    common = {other: min(place[1], other[1]) - max(place[0], other[0]) for other in gold}
    best = max(common, key=common.__getitem__, default=None)
    return gold[best] if best is not None and common[best] > 0 else None
