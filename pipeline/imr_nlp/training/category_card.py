"""The card of the model of request categories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from imr_nlp.training.fitting import KEPT
from imr_nlp.training.reports import WEIGHTS, data_section, size_of, table, telling_features, write_card

_INTRODUCTION = """
# Categories of requests that no vocabulary names

Tells the category of a disputed service (surgery, dmepos, ...) from the wording of the request. Component
`imr_services`, setting `model`. The vocabulary's answer comes first; the model is asked only where the vocabulary
knows nothing that the request names. Its answers carry `category_rule` and `category_score`.

**For:** new drugs, devices and procedures in bulk counts by category. **Not for:** deciding about treatment or payment.
"""

_SPLIT = """
Five folds by letter, public letters only; the vocabulary's names and the invented letters always help to train.
Command: `imr-nlp train categories`.
"""

_UNSEEN = """
The same requests as if the vocabulary didn't have what they ask for: from training were left out every wording of every
name that a tested request contains, every request for the same procedure, and the letters themselves. This is the task
that the model is there for.
"""

_NAMES = """
Names of the vocabulary without the request around them, every wording of a name in the same one of five folds. Harder
than requests: there is no dose, no count and no "purchase of" to go by.
"""

_LIMITS = """
- Behavioral health, transportation, programmes and home health are rare among the requests; for them the model knows
  little but the vocabulary's names.
- By macro-F1 the fallback wordings alone do better: they name the rare categories. Where requests of rare categories
  matter more than the many, leave `model` unset.
- A bare brand name that resembles nothing is a guess; its score says so.
- The categories are those of the label guide, which are not billing codes.
"""


def card_of_categories(place: Path, pipeline: Pipeline, meta: Mapping[str, Any]) -> None:
    """Write the card into the model's folder."""
    figures = meta["figures"]
    tested = figures["requests"]["model alone"]["examples"]
    write_card(
        place,
        _INTRODUCTION,
        f"**Size:** {size_of(place, meta)} {meta['examples']:,} names and requests.",
        "## Data",
        "The procedures and drugs of `configs/treatments/`, each with its category, and the requests of these letters:",
        data_section(meta),
        WEIGHTS,
        "## Figures",
        _SPLIT,
        "### All requests",
        _measured(figures["requests"]),
        f"The vocabulary knows what {figures['known']} of these {tested} requests name.",
        "### Requests whose names are new",
        _UNSEEN,
        _measured(figures["unseen"]),
        "The simplest family that is not measurably worse than the most accurate one (paired by letter, one-sided,\n"
        f"at 5 in 100) is: {figures['simplest']}. Kept: {KEPT}, whose weights can be read.",
        "### Bare names that are new",
        _NAMES,
        _measured(figures["names"]),
        "### The name of what no vocabulary has",
        "It is read off the wording of the request (`imr_nlp.concepts.services.plain_name`), not learned. "
        "As if the vocabulary\n"
        f"had none of their names, that gives the canonical name by hand for {figures['plain_name']:.1%} of requests.",
        "## What it looks at",
        telling_features(pipeline),
        "## Limits",
        _LIMITS,
    )


def _measured(measured: Mapping[str, Mapping[str, float]]) -> str:
    keys = ("examples", "accuracy", "macro_f1", "calibration_error")
    rows = [[name, *(values.get(key, "") for key in keys)] for name, values in measured.items()]
    return table(["", "tested", "accuracy", "macro-F1", "calibration error"], rows)
