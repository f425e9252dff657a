"""Training the fallback model of gap themes: it learns from the sentences that the wordings decide.

`imr_nlp.concepts.themes` asks it where no wording fits. Its labels are therefore those of the rules: the figures of its
card say how well it finds a rule's answer from the other words of the sentence, not how well it agrees with a reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imr_nlp.concepts.themes import Themes, features
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.learned.skops_export import save_model
from imr_nlp.training.data import GoldLetter, fingerprint
from imr_nlp.training.fitting import FAMILIES, KEPT, accuracy, cross_validate, fit, macro_f1
from imr_nlp.training.reports import described, environment

NAME, VERSION = "themes", "1.0"
_LEAST = 4  # sentences that a theme must have to be learnt


def train_themes(letters: Sequence[GoldLetter], out: Path, seed: int) -> Path:
    """Train the model on the gap sentences of all letters and write its folder ``out/themes/<version>``.

    Args:
        letters: Gold letters of `imr_nlp.training.data.gold_letters`.
        out: Folder of all models.
        seed: The same letters, seed and library versions give the same bits.

    Returns:
        The folder that was written.
    """
    rules = Themes(model=False)
    examples: dict[str, tuple[str, str, int]] = {}
    for letter in letters:
        source = view_of(letter.doc).source
        for service in letter.record["services"]:
            for sentence in service["rationale"]:
                if sentence["role"] == "gap":
                    text = " ".join(source[sentence["start"] : sentence["end"]].split())
                    if theme := rules.by_words(text):
                        examples.setdefault(text, (theme, letter.name, letter.fold))
    counts = Counter(theme for theme, _, _ in examples.values())
    kept = [(text, *found) for text, found in examples.items() if counts[found[0]] >= _LEAST]
    rows, labels = [features(text) for text, *_ in kept], [theme for _, theme, _, _ in kept]
    predicted = cross_validate(rows, labels, [fold for *_, fold in kept], FAMILIES[KEPT], seed)
    figures = {
        "accuracy": round(accuracy(labels, predicted.labels), 4),
        "macro_f1": round(macro_f1(labels, predicted.labels), 4),
    }
    pipeline = fit(rows, labels, FAMILIES[KEPT](seed))
    place = out / NAME / VERSION
    meta = {
        "name": NAME, "version": VERSION, "labels": pipeline.classes_.tolist(), "seed": seed,
        "examples": len(labels), "features": len(pipeline[0].vocabulary_), "data_sha256": fingerprint(rows, labels),
        "letters": described(letters), "trained_with": environment(), "figures": figures,
    }  # fmt: skip
    save_model(place, pipeline, meta)
    (place / "card.md").write_text(_card(meta, counts), encoding="utf-8")
    return place


def _card(meta: dict[str, Any], counts: Counter[str]) -> str:
    rows = "\n".join(f"| {theme} | {number} |" for theme, number in sorted(counts.items(), key=lambda i: (-i[1], i[0])))
    figures = meta["figures"]
    return f"""# {meta["name"]}/{meta["version"]}: themes of gap sentences

**For** gap sentences of a rationale that no wording of `configs/rationale/themes.yml` fits. Not for any other sentence.

**Made by** `imr-nlp train themes --out models`: logistic regression over words and word pairs, from {meta["examples"]}
distinct gap sentences whose theme the wordings decide. No sentence was labelled by hand for it.

**How good**: cross-validated over letters it gives the wordings' own answer to {figures["accuracy"]:.3f} of the
sentences (macro-F1 {figures["macro_f1"]:.3f}). That is agreement with the rules, on sentences that the rules can read.
Below a probability of one half its answer is not used. `docs/concepts.md` has the agreement with a reader.

| theme | sentences |
|---|--:|
{rows}
"""
