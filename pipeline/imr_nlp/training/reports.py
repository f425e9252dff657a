"""What is said of a trained model: its card, with tables and, where matplotlib is installed, a learning curve."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from sklearn.pipeline import Pipeline

from imr_nlp.learned import linear_model as linear
from imr_nlp.training.data import GoldLetter

CARD, PICTURE = "card.md", "learning-curve.png"
#: Accuracy and macro-F1 by the number of letters trained on.
Curve = dict[int, tuple[float, float]]
_TELLING = 12  # features shown for each label


def described(letters: Iterable[GoldLetter]) -> dict[str, list[str]]:
    """Return the letters of each source: by case number, or by name where a letter has none."""
    found: dict[str, list[str]] = {}
    for letter in letters:
        found.setdefault(letter.source, []).append(letter.case_number or letter.name)
    return {source: sorted(names) for source, names in sorted(found.items())}


def environment() -> dict[str, str]:
    """Return the versions that a model's bits depend on."""
    from importlib.metadata import version

    names = ("scikit-learn", "scipy", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table.

    >>> print(table(["what", "share"], [["all", 0.5]]))
    | what | share |
    |---|---|
    | all | 0.500 |
    """
    lines = [head, ["---"] * len(head), *rows]
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line] for line in lines]
    written = [f"| {' | '.join(line)} |" for line in cells]
    written[1] = "|" + "---|" * len(head)
    return "\n".join(written)


def learning_curve_picture(curve: Curve, place: Path) -> bool:
    """Draw a learning curve into a PNG; False where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    sizes = list(curve)
    for name, which, marker in (("accuracy", 0, "o"), ("macro-F1", 1, "s")):
        axes.plot(sizes, [curve[size][which] for size in sizes], marker=marker, label=name)
    axes.set(xlabel="letters trained on", ylabel="cross-validated over letters", xscale="log", ylim=(None, 1.0))
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(place, dpi=110, metadata={"Software": None})  # so that the same figures give the same picture
    return True


def comparison(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return a table of measures over all letters and over either half."""
    halves = ("all", "develop", "held")
    head = ["", *(f"{of}: {what}" for of in halves for what in ("accuracy", "macro-F1")), "calibration error"]
    rows = []
    for name, parts in measured.items():
        cells: list[Any] = [parts[of][what] for of in halves for what in ("accuracy", "macro_f1")]
        rows.append([name, *cells, parts["all"].get("calibration_error", "")])
    return table(head, rows)


def telling_features(pipeline: Pipeline) -> str:
    """Return a table of the features that speak most for each label."""
    names = pipeline[0].get_feature_names_out()
    rows = []
    for label, weights in zip(pipeline[-1].classes_, pipeline[-1].coef_, strict=True):
        strongest = sorted(range(len(names)), key=lambda i: (-weights[i], names[i]))[:_TELLING]
        rows.append([label, ", ".join(f"`{names[i]}`" for i in strongest)])
    return table(["label", "features with most weight"], rows)


def size_of(place: Path, meta: Mapping[str, Any]) -> str:
    """Return how large a model is."""
    size = sum((place / name).stat().st_size for name in (linear.WEIGHTS, linear.NAMES)) / 1000
    return f"{meta['features']:,} features, {len(meta['labels'])} labels, {size:,.0f} kB on disk."


def data_section(meta: Mapping[str, Any]) -> str:
    """Return which letters a model was trained on, by case number."""
    parts = []
    for source, names in meta["letters"].items():
        what = "invented letters of `annotations/`" if source == "samples" else "public letters"
        parts.append(fill(f"{len(names)} {what}: {', '.join(names)}.", 118, break_on_hyphens=False))
    return "\n\n".join(parts)


WEIGHTS = """The weights were learned from public letters whose text is not shipped. A model file holds no sentences: of
the text only single words, pairs of words or parts of words that stood in at least two examples."""


def write_card(place: Path, *parts: str) -> None:
    """Write the card of the model in ``place``, its parts one below the other."""
    (place / CARD).write_text("\n\n".join(part.strip() for part in parts if part) + "\n", encoding="utf-8")
