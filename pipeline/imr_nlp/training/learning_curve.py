"""The entity model's learning curve: F1 on unseen letters by the number of letters learnt from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imr_nlp.training.entity_figures import ALONE, COMBINED, RULES, cross_validate, figures


def learning_curve(prepared: Path, png: Path, sizes: Mapping[int, int]) -> dict[str, dict[str, float]]:
    """Cross-validate for each size (letters: training steps) and for all letters; draw and return F1 by who found it.

    The figures are written beside the picture, as JSON.
    """
    points: dict[str, dict[str, float]] = {}
    for letters, steps in sizes.items():
        settings = {"paths.letters": letters, "training.max_steps": steps, "training.eval_frequency": steps}
        points[str(letters)] = _f1(prepared, **settings)
    points["all"] = _f1(prepared)
    png.parent.mkdir(parents=True, exist_ok=True)
    png.with_suffix(".json").write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    _draw(points, png)
    return points


def _f1(prepared: Path, **settings: Any) -> dict[str, float]:
    all_labels = figures(cross_validate(prepared, **settings))["ALL"]
    return {who: float(row["f1"]) for who, row in all_labels.items()}


def _draw(points: Mapping[str, Mapping[str, float]], png: Path) -> None:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(5.5, 3.5), layout="constrained")
    axes = picture.add_subplot()
    for who in (RULES, ALONE, COMBINED):
        axes.plot(list(points), [row[who] for row in points.values()], marker="o", label=who)
    axes.set_xlabel("letters learnt from")
    axes.set_ylabel("exact-span F1, unseen letters")
    axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(png, dpi=110, metadata={"Software": None})
