"""The card of the model of rationale roles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from imr_nlp.training.fitting import KEPT
from imr_nlp.training.reports import (
    PICTURE,
    WEIGHTS,
    Curve,
    comparison,
    data_section,
    learning_curve_picture,
    size_of,
    table,
    telling_features,
    write_card,
)

_INTRODUCTION = """
# Roles of rationale sentences

Gives every sentence of a decision rationale one of the roles conclusion, gap, fact, guideline and other, with a
probability. Component `imr_rationale`, setting `model`; without it the rules of `configs/rationale/roles.yml` decide.

**For:** sorting the reasons of determinations in bulk, finding gaps and conclusions for a person to read. **Not for:**
deciding about treatment, or for letters of other programmes without looking at its figures on them first.
"""

_SPLIT = """
Ten folds by letter: a letter is tested with all of its sentences, by a model that saw none of them. Only the public
letters are tested; the invented ones always help to train. *Develop* and *held* are every other public letter by name.
What the rules find is among the features, and the rules were written while reading public letters of both halves.
**All figures are therefore a little too good for a letter that nobody has read.** Command: `imr-nlp train roles`.
"""

_POLICY = """
The last line is what ships. Readers' letters share weights with the others, which have further weights of their
own (H. Daumé, "Frustratingly Easy Domain Adaptation", ACL 2007).

Rules and model err on different sentences; as features, the rules' cues get the weight that the gold gives them. The
role that the rules give to the sentence itself is a feature of half weight: on the develop letters it is right too
often to be learned from, and at full weight the held letters get worse.
"""

_INVENTED = """
The invented letters are written in other words and in five layouts. A model that has seen none of them, on their
sentences:
"""

_READERS = """
Readers are language models that wrote the letters of `annotations/training`; others of them gave the roles. They word
their reasons more freely than real reviewers do. A model that saw no letter of the tested reader, on their sentences:
"""

_LIMITS = """
- "other" is rare (about 1 sentence in 45): its probability is the least certain.
- The public letters are from 2016-17, of one layout, and share standing guideline passages; on letters that don't share
  them expect less.
- The score is a probability over roles, not over whether the sentence was cut rightly.
- A sentence is judged by itself, its place, and the rules' role of its neighbours; an argument that runs over several
  sentences is not followed.
"""


_STILL_HELPS = 0.005  # macro-F1


def card_of_roles(place: Path, pipeline: Pipeline, meta: Mapping[str, Any]) -> None:
    """Write the card, and the learning curve beside it, into the model's folder."""
    figures = meta["figures"]
    drawn = learning_curve_picture(figures["learning_curve"], place / PICTURE)
    roles = [
        [role, row["sentences"], row["f1"], ", ".join(f"{given} {count}" for given, count in row["given"].items())]
        for role, row in figures["by_role"].items()
    ]
    curve = [[size, *measured] for size, measured in figures["learning_curve"].items()]
    write_card(
        place,
        _INTRODUCTION,
        f"**Size:** {size_of(place, meta)} {meta['examples']:,} sentences. A letter takes about 1 ms.",
        "## Data",
        data_section(meta),
        WEIGHTS,
        "## Figures",
        _SPLIT,
        "### Families of models",
        comparison(figures["families"]),
        f"Kept: {KEPT}. The simplest family that is not measurably worse than the most accurate one (paired by\n"
        f"letter, one-sided, at 5 in 100) is: {figures['simplest']}.",
        "### Rules, model, or both",
        comparison(figures["policies"]),
        _POLICY,
        *_invented(figures["invented"]),
        *_readers(figures["readers"]),
        "### By role",
        table(["gold", "sentences", "F1", "given"], roles),
        "### Would more labels help?",
        table(["letters trained on", "accuracy", "macro-F1"], curve),
        f"![Learning curve]({PICTURE})" if drawn else "",
        "Trained on public letters alone, three random choices of each size.",
        _outlook(figures["learning_curve"]),
        "## What it looks at",
        telling_features(pipeline),
        "## Limits",
        _LIMITS,
    )


def _outlook(curve: Curve) -> str:
    """Return whether more labels would help, by what the last letters brought."""
    if len(curve) < 2:
        return ""
    (fewer, before), (most, after) = list(curve.items())[-2:]
    gained = after[1] - before[1]
    verdict = "more labels would still help" if gained > _STILL_HELPS else "more labels would help little"
    return f"From {fewer} to {most} letters macro-F1 rose by {gained:.3f}: {verdict}."


def _invented(measured: Mapping[str, Mapping[str, float]]) -> list[str]:
    if not measured:
        return []
    rows = [[name, values["examples"], values["accuracy"], values["macro_f1"]] for name, values in measured.items()]
    return ["### In other words", _INVENTED, table(["", "sentences", "accuracy", "macro-F1"], rows)]


def _readers(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    if not measured:
        return []
    ways = list(measured)
    groups = measured[ways[0]]
    rows = [[group, groups[group]["examples"], *(measured[way][group]["accuracy"] for way in ways)] for group in groups]
    return ["### Letters of readers", _READERS, table(["", "sentences", *ways], rows)]
