"""Training the fallback model of gap themes.

It learns from two sources. One is a file of invented sentences whose theme a person gave. The other is the gap
sentences of gold letters, with the theme that the wordings give. `imr_nlp.concepts.themes` asks the model where no
wording fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imr_nlp.concepts.themes import Themes, features
from imr_nlp.doc.tokenizer import view_of
from imr_nlp.evaluation.gold import GoldError
from imr_nlp.learned.saving import save_model
from imr_nlp.training.data import FOLDS, GoldLetter, fingerprint
from imr_nlp.training.fitting import FAMILIES, KEPT, accuracy, cross_validate, fit, macro_f1
from imr_nlp.training.folders import require_model_folder
from imr_nlp.training.reports import described, environment

NAME, VERSION = "themes", "1.0"
EXAMPLES = "gap_themes.tsv"  # of the folder of annotations
_MIN_EXAMPLES = 4  # sentences that a theme must have to be learnt


def read_examples(path: Path) -> list[tuple[list[str], str]]:
    """Read sentences with their themes, the best first: a line holds ``theme|theme``, a tab, and a sentence.

    Raises:
        GoldError: There is no such file, or a line has no tab.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), EXAMPLES)
    >>> _ = path.write_text("# a remark\\nred_flags\\tNo red flag of the wrist is named.\\n")
    >>> read_examples(path)
    [(['red_flags'], 'No red flag of the wrist is named.')]
    """
    examples = []
    if not path.is_file():
        raise GoldError(f"{path}: no such file; it holds sentences with their themes, as in annotations/")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            themes, tab, sentence = line.partition("\t")
            if not tab:
                raise GoldError(f"{path}, line {number}: no tab between the theme and the sentence")
            examples.append((themes.split("|"), sentence))
    return examples


def train_themes(
    letters: Sequence[GoldLetter], examples_path: Path, out: Path, seed: int, *, skops: bool = False
) -> Path:
    """Train the model of themes and write its folder ``out/themes/<version>``.

    Args:
        letters: Gold letters of `imr_nlp.training.data.gold_letters`.
        examples_path: Sentences whose theme a person gave (`read_examples`).
        out: Folder of all models.
        seed: The same letters, seed and library versions give the same bits.
        skops: Whether to write ``model.skops`` too.

    Returns:
        The folder that was written.
    """
    place = out / NAME / VERSION
    require_model_folder(place, NAME)
    rules = Themes(model=False)
    by_hand = read_examples(examples_path)
    examples = {text: (themes[0], EXAMPLES, number % FOLDS) for number, (themes, text) in enumerate(by_hand)}
    for letter in letters:
        source = view_of(letter.doc).source
        for service in letter.record["services"]:
            for sentence in service["rationale"]:
                if sentence["role"] == "gap":
                    text = " ".join(source[sentence["start"] : sentence["end"]].split())
                    if theme := rules.by_words(text):
                        examples.setdefault(text, (theme, letter.name, letter.fold))
    counts = Counter(theme for theme, _, _ in examples.values())
    kept = [(text, *found) for text, found in examples.items() if counts[found[0]] >= _MIN_EXAMPLES]
    rows, labels = [features(text) for text, *_ in kept], [theme for _, theme, _, _ in kept]
    predicted = cross_validate(rows, labels, [fold for *_, fold in kept], FAMILIES[KEPT], seed)
    figures = {
        "accuracy": round(accuracy(labels, predicted.labels), 4),
        "macro_f1": round(macro_f1(labels, predicted.labels), 4),
    }
    pipeline = fit(rows, labels, FAMILIES[KEPT](seed))
    meta = {
        "name": NAME, "version": VERSION, "labels": pipeline.classes_.tolist(), "seed": seed,
        "examples": len(labels), "features": len(pipeline[0].vocabulary_), "data_sha256": fingerprint(rows, labels),
        "letters": described(letters), "trained_with": environment(), "figures": figures,
    }  # fmt: skip
    save_model(place, pipeline, meta, skops=skops)
    (place / "card.md").write_text(_card(meta, counts), encoding="utf-8")
    return place


def _card(meta: dict[str, Any], counts: Counter[str]) -> str:
    rows = "\n".join(f"| {theme} | {number} |" for theme, number in sorted(counts.items(), key=lambda i: (-i[1], i[0])))
    figures = meta["figures"]
    return f"""# {meta["name"]}/{meta["version"]}: themes of gap sentences

**For** gap sentences of a rationale that no wording of `configs/rationale/themes.yml` fits. Not for any other sentence.

**Made by** `imr-nlp train themes --out models`: logistic regression over words, their starts and word pairs, from
{meta["examples"]} distinct sentences. Those of `annotations/{EXAMPLES}` are invented, and a person gave their theme.
The others are gaps of gold letters, with the theme that the wordings give.

**How good**: cross-validated it gives the theme of {figures["accuracy"]:.3f} of these sentences (macro-F1
{figures["macro_f1"]:.3f}). Wordings decide most sentences before it. A probability below `least` of the configuration
is not used. `docs/concepts.md` has the agreement of both with a reader.

| theme | sentences |
|---|--:|
{rows}
"""
