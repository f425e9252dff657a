"""Gold letters as training data: a DocBin over the reading view, and the folds by letter.

`prepare` writes two files into its folder:

- ``letters.spacy``: every gold letter as a Doc of the letter tokenizer, with its sections, its sentences and two groups
  of entities: ``gold`` (the annotations) and ``imr`` (what the rules find, without the entity model). ``doc.ents`` are
  the gold entities that a span-based named entity recogniser can learn: without overlaps, the longest first.
- ``folds.json``: for each letter its fold, its source and its case number. A letter is in one fold with all of its
  sentences, so that no cross-validated figure has seen the letter that it is about.

What is written holds the text of the letters; it belongs under ``out/``, not into the repository.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import filter_spans
from spacy.vocab import Vocab

from imr_nlp.doc.spans import ENTITIES, SECTIONS
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.evaluation.gold import Gold, GoldError, read_gold
from imr_nlp.text.view import View
from imr_nlp.training.folders import require_prepared_folder

GOLD = "gold"
SAMPLES, CORPUS = "samples", "corpus"
#: Invented letters of which only the entities are marked, a folder of the annotations; see its README.
TRAINING = "training"
LETTERS, FOLDS_FILE = "letters.spacy", "folds.json"
FOLDS = 5
SEED = 20
#: The component after which the entity model stands.
LAST_RULES = "imr_diagnoses"


class Letter(NamedTuple):
    """A gold letter ready to be learnt from; ``held`` for every other letter by name."""

    name: str
    fold: int
    source: str
    held: bool
    doc: Doc


#: Where a corpus of letters that may not be published lies, beside the checkout.
BESIDE = Path("../shared/corpus")
_READER = re.compile(r"(reader-\w+)-\d+")


def gold_files(annotations: Path, corpus: Path | None = None, *, readers: bool = False) -> dict[str, Path]:
    """Return the gold files there are: the project's own, and that of ``corpus`` ($IMR_CORPUS).

    Only `BESIDE` may be missing. With ``readers`` the letters of readers belong to it, where they are: their gold has
    entities and the roles of rationale sentences alone.

    Raises:
        GoldError: Another folder is named, and no gold is there.

    >>> gold_files(Path("annotations"), BESIDE.with_name("nowhere"))
    Traceback (most recent call last):
    imr_nlp.evaluation.gold.GoldError: --corpus ../shared/nowhere: no gold.jsonl there; name a folder with gold
    >>> gold_files(Path("annotations"))
    {'samples': PosixPath('annotations/gold.jsonl')}
    """
    named = os.environ.get("IMR_CORPUS")
    corpus = Path(named) if named else corpus
    if named and not (Path(named) / "gold.jsonl").is_file():
        raise GoldError(f"IMR_CORPUS={named}: no gold.jsonl there; unset it, or name a folder with gold")
    if not named and corpus not in (None, BESIDE) and not (corpus / "gold.jsonl").is_file():
        raise GoldError(f"--corpus {corpus}: no gold.jsonl there; name a folder with gold")
    found = {SAMPLES: annotations / "gold.jsonl"}
    if corpus is not None and (corpus / "gold.jsonl").is_file():
        found[CORPUS] = corpus / "gold.jsonl"
    if readers and (annotations / TRAINING / "gold.jsonl").is_file():
        found[TRAINING] = annotations / TRAINING / "gold.jsonl"
    return found


def reader_of(letter: str) -> str | None:
    """Return the reader who wrote a letter of ``annotations/training``, or None.

    >>> reader_of("reader-k-07"), reader_of("CM15-0001234")
    ('reader-k', None)
    """
    found = _READER.fullmatch(letter)
    return found[1] if found else None


def fold_of(names: Iterable[str], folds: int = FOLDS, seed: int = SEED) -> dict[str, int]:
    """Deal letters out to folds of the same size (give or take one), the same way whatever their order.

    >>> fold_of(["c", "a", "b", "d"], folds=2) == fold_of(["d", "b", "c", "a"], folds=2)
    True
    >>> sorted(fold_of("abcd", folds=2).values())
    [0, 0, 1, 1]
    """
    shuffled = sorted(names)
    Random(seed).shuffle(shuffled)
    return {name: number % folds for number, name in enumerate(shuffled)}


def prepare(files: Mapping[str, Path], out: Path, folds: int = FOLDS, seed: int = SEED) -> dict[str, Any]:
    """Write ``letters.spacy`` and ``folds.json`` from gold files.

    Args:
        files: The gold files by the name of their source.
        out: The folder that is written.
        folds: How many there are.
        seed: Of the order in which letters are dealt to folds.

    Returns:
        What ``folds.json`` holds: of each letter its fold, its source and its case number.

    Raises:
        GoldError: A gold file or one of its letters can't be used.
        FolderError: The folder holds something that no preparation wrote.
    """
    require_prepared_folder(out, (LETTERS, FOLDS_FILE), FOLDS_FILE)
    nlp = rules_pipeline()
    golds = {source: read_gold(path).alone() for source, path in files.items()}
    bin_ = DocBin(store_user_data=True)
    table: dict[str, Any] = {}
    for source, gold in golds.items():
        dealt = fold_of((record["name"] for record in gold.records), folds, seed)
        held = gold.split("heldout").letters if source == CORPUS else {}
        for name, case, doc in _docs(nlp, gold):
            if name in table:
                raise GoldError(
                    f"{files[source]}: the letter {name} is in {files[table[name]['source']]} too; rename it"
                )
            table[name] = {"fold": dealt[name], "source": source, "held": name in held, "case_number": case}
            bin_.add(doc)
    out.mkdir(parents=True, exist_ok=True)
    bin_.to_disk(out / LETTERS)
    (out / FOLDS_FILE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return table


def read_prepared(folder: Path, vocab: Vocab | None = None) -> list[Letter]:
    """Return the letters that `prepare` wrote into ``folder``, as Docs of ``vocab``."""
    table = json.loads((folder / FOLDS_FILE).read_text(encoding="utf-8"))
    docs = DocBin(store_user_data=True).from_disk(folder / LETTERS).get_docs(vocab or spacy.blank("en").vocab)
    return [
        Letter(name, row["fold"], row["source"], row["held"], doc)
        for (name, row), doc in zip(table.items(), docs, strict=True)
    ]


def rules_pipeline() -> Language:
    """Return the shipped pipeline up to its last rule that finds entities, on the reading view."""
    from imr_nlp.pipeline import load

    nlp = load()
    for name in nlp.pipe_names[nlp.pipe_names.index(LAST_RULES) + 1 :]:
        nlp.remove_pipe(name)
    return nlp


def to_view(view: View, starts: Iterable[int], ends: Iterable[int]) -> list[tuple[int, int]]:
    """Map spans of a letter's text into its reading view.

    >>> from imr_nlp.text.view import read_view
    >>> view = read_view("no  tear of\\nthe <b>cuff</b>")
    >>> [view.text[a:b] for a, b in to_view(view, [4, 19], [8, 23])]
    ['tear', 'cuff']
    """
    places = np.arange(len(view.text))
    first, last = view.all_to_source(places, places + 1)
    begins = np.searchsorted(first, np.asarray(list(starts), dtype=np.int64), side="left")
    stops = np.searchsorted(last, np.asarray(list(ends), dtype=np.int64), side="left") + 1
    return list(zip(begins.tolist(), stops.tolist(), strict=True))


def _docs(nlp: Language, gold: Gold) -> Iterator[tuple[str, str | None, Doc]]:
    for record in gold.records:
        doc = nlp(gold.letters[record["name"]].text)
        entities = record["entities"]
        stretches = to_view(view_of(doc), (e["start"] for e in entities), (e["end"] for e in entities))
        doc.spans[GOLD] = [
            span
            for (start, end), entity in zip(stretches, entities, strict=True)
            if (span := doc.char_span(start, end, label=entity["label"], alignment_mode="expand"))
        ]
        doc.ents = filter_spans(doc.spans[GOLD])
        for group in list(doc.spans):
            if group not in (GOLD, ENTITIES, SECTIONS):
                del doc.spans[group]
        yield record["name"], (record.get("case") or {}).get("case_number"), doc
