"""Training of the entity model (`imr_nlp.components.entity_model.component`) from what `prepare` wrote.

Read `train` first: it runs spaCy's own training loop over ``configs/entity_model/train.cfg`` and keeps the recogniser's
shape and weights, nothing else: no vocabulary, so that no word of a letter is stored. `letters_corpus` is the reader
that the config names. `imr_nlp.training.entity_figures` measures.

The same seed and data give the same weights, bit for bit, on one kind of processor: spaCy trains in one thread here.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train
from spacy.util import filter_spans, load_config
from thinc.api import Config

from imr_nlp.components.entity_model.component import LABELS, PIPE, hints_of, reading, sentences
from imr_nlp.training.entity_config import config_faults, read_training_config
from imr_nlp.training.folders import require_model_folder
from imr_nlp.training.prepare import FOLDS_FILE, GOLD, LETTERS, Letter, read_prepared

NAME, VERSION = "entities", "1.0"
META = "meta.json"
#: Sentences that are learnt from together: enough for the context of a list, little enough to shuffle well.
TOGETHER = 4

Hint = tuple[int, int, str]


def train(prepared: Path, out: Path, config: Path | None = None, **settings: Any) -> Path:
    """Train on the prepared letters, write ``config.cfg``, ``ner/`` and ``meta.json`` into ``out`` and return it.

    Args:
        prepared: What `imr_nlp.training.prepare` wrote.
        out: The model's folder.
        config: A training config, or None for the shipped one.
        settings: Override the config by their dotted names, such as ``{"training.max_steps": 20}``.

    Raises:
        ConfigError: ``config`` is no training config, or ``out`` holds other files.
    """
    require_model_folder(out, NAME)
    settings = {"paths.prepared": str(prepared), **settings}
    full = read_training_config(config, settings)
    with config_faults(config):
        nlp = init_nlp(full)
    with tempfile.TemporaryDirectory() as place:
        spacy_train(nlp, Path(place), stdout=io.StringIO(), stderr=io.StringIO())
        trained = Path(place) / "model-last"
        out.mkdir(parents=True, exist_ok=True)
        shape = load_config(trained / "config.cfg")["components"][PIPE]
        Config({"components": {PIPE: shape}}).to_disk(out / "config.cfg")
        shutil.copytree(trained / PIPE, out / PIPE, dirs_exist_ok=True)
    (out / META).write_text(json.dumps(_meta(prepared, full), indent=1) + "\n", encoding="utf-8")
    return out


def _meta(prepared: Path, config: Config) -> dict[str, Any]:
    """Return what a model was trained on and with: letters by case number, or by name where they have none."""
    letters: dict[str, list[str]] = {}
    for name, row in json.loads((prepared / FOLDS_FILE).read_text(encoding="utf-8")).items():
        if row["fold"] != config["paths"].get("leave_out"):
            letters.setdefault(row["source"], []).append(row["case_number"] or name)
    return {
        "name": NAME,
        "version": VERSION,
        "labels": sorted(LABELS),
        "seed": config["training"]["seed"],
        "steps": config["training"]["max_steps"],
        "letters": letters,
        "data_sha256": sha256((prepared / LETTERS).read_bytes()).hexdigest(),
        "trained_with": {package: version(package) for package in ("spacy", "thinc", "numpy")},
    }


@spacy.registry.readers("imr.Letters.v1")
def letters_corpus(
    folder: str,
    leave_out: int | None = None,
    only: int | None = None,
    letters: int | None = None,
    hint_dropout: float = 0.0,
    seed: int = 0,
) -> Callable[[Language], Iterator[Example]]:
    """Return a reader of prepared letters. Each pass is shuffled and degraded anew.

    Args:
        folder: What `imr_nlp.training.prepare` wrote.
        leave_out: The fold that is not read; None for none.
        only: The one fold that is read; None for all.
        letters: So many letters are drawn; None for all.
        hint_dropout: The share of the rules' findings that is hidden from the model (1.0: it reads none), and of those
            that lose their first token.
        seed: Of everything that is drawn at random.
    """
    random = Random(seed)
    known: list[Letter] = []

    def read(nlp: Language) -> Iterator[Example]:
        if not known:
            known.extend(read_prepared(Path(folder), nlp.vocab))
        chosen = [letter for letter in known if letter.fold != leave_out and only in (None, letter.fold)]
        if letters is not None:
            chosen = Random(seed).sample(chosen, min(letters, len(chosen)))
        examples = [example for letter in chosen for example in _examples(letter, hint_dropout, random)]
        random.shuffle(examples)
        yield from examples

    return read


def drop_hints(hints: list[Hint], hint_dropout: float, random: Random) -> list[Hint]:
    """Return what is left of the rules' findings when some words are not in the vocabulary.

    >>> drop_hints([(0, 2, "DIAGNOSIS")], 1.0, Random(0)), drop_hints([(0, 2, "DIAGNOSIS")], 0.0, Random(0))
    ([], [(0, 2, 'DIAGNOSIS')])
    """
    left: list[Hint] = []
    for start, end, label in hints:
        drawn = random.random()
        if drawn < hint_dropout:
            continue
        if drawn < 2 * hint_dropout and end - start > 1:
            start += 1
        elif drawn < 2.5 * hint_dropout and end - start > 1:
            end -= 1
        left.append((start, end, label))
    return left


def _examples(letter: Letter, hint_dropout: float, random: Random) -> Iterator[Example]:
    doc = letter.doc
    hints = drop_hints(hints_of(doc), hint_dropout, random)
    spans = sentences(doc)
    for first in range(0, len(spans), TOGETHER):
        read = reading(doc, spans[first : first + TOGETHER], hints)
        wanted = read.doc.copy()
        place = {token: number for number, token in enumerate(read.tokens)}
        wanted.ents = filter_spans(
            Span(wanted, place[span.start], place[span.end - 1] + 1, label=span.label)
            for span in doc.spans[GOLD]
            if span.label_ in LABELS and span.start in place and span.end - 1 in place
        )
        yield Example(read.doc, wanted)
