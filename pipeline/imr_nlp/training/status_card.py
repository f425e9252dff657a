"""The cards of the models of statuses and assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from sklearn.pipeline import Pipeline

from imr_nlp.training.prepare import TRAINING
from imr_nlp.training.reports import size_of, table, telling_features, write_card

_INTRODUCTION = {
    "statuses": """
# Statuses of procedures and medications

Looks over what the context rules say of a PROCEDURE or MEDICATION: requested, performed, planned, negated or general.
Component `imr_context`, setting `status_model`. Without it the rules of `configs/context.yml` decide alone.
""",
    "assertions": """
# Assertions of diagnoses

Looks over what the context rules say of a DIAGNOSIS: affirmed, negated, possible, historical, hypothetical or family.
Component `imr_context`, setting `assertion_model`. Without it the rules of `configs/context.yml` decide alone.
""",
}
_USE = """
**For:** California IMR letters and letters like them. **Not for:** bare sentences and texts without headings, where the
rules keep their word, and deciding about treatment.
"""
_POLICY = {
    "statuses": """
The model's value takes the place of the rules' where it is more probable. Where a cue decided, it must be more probable
by 0.3. A service heading, a user's rule and an entity's own status are never overruled.
""",
    "assertions": """
The model's value takes the place of the rules' where it is more probable by 0.2 and no cue decided. A cue, a user's
rule and an entity's own assertion are never overruled.
""",
}
_SPLIT = """
Each reader's letters are tested by a model that saw no letter of that reader. The public letters of the first gold file
are tested in ten folds by letter. Further gold only helps to train, and no figure is given for it. Command:
`imr-nlp train statuses`.

The figures are shares of right values among the entities that were found. *Unread* are readers on whose letters no rule
was written. Rules were written on all other letters, so that the rules alone look better there than they are.
"""
_MARGIN = """
By how much the model must be more probable than the value that a cue gave. *never* leaves every cue its word.
"""
_LIMITS = """
- The readers' letters are invented by language models. They follow the annotation guide, and no reviewer wrote them.
- They were asked for hard statuses, so that "negated", "planned" and "possible" are more frequent than in real letters.
- The public letters are from 2016-17 and of one layout.
- The roles of sentences are features, and the shipped model of roles has seen the public letters.
- The score is a probability over values. It says nothing of whether the entity was cut rightly.
- Of other sentences it sees what the rules say of the same name there, and no words.
"""
_WEIGHTS = """
The weights were learned from public letters too, whose text is not shipped. A model file holds no sentences. Of the
text it holds single words that stood in at least two letters.
"""


def card_of_statuses(place: Path, pipeline: Pipeline, meta: Mapping[str, Any]) -> None:
    """Write the card of either model into its folder."""
    name, figures = meta["name"], meta["figures"]
    groups = [group for group in figures if not group.startswith("reader-")]
    write_card(
        place,
        _INTRODUCTION[name],
        _USE,
        f"**Size:** {size_of(place, meta)} {meta['examples']:,} entities.",
        "## Data",
        _data(meta["letters"], meta["unread"]),
        _WEIGHTS,
        "## What it may do",
        _POLICY[name],
        "## Figures",
        _SPLIT,
        table(_HEAD, _rows(figures, groups)),
        "### Reader by reader",
        table(_HEAD, _rows(figures, [group for group in figures if group not in groups])),
        "### The margin of a cue",
        _MARGIN,
        _margins(figures, groups),
        "## What it looks at",
        telling_features(pipeline),
        "## Limits",
        _LIMITS,
    )


_MEASURES = ("entities", "rules", "with model", "model alone", "changed rightly", "changed wrongly")
_HEAD = ("letters", "label", *_MEASURES)


def _rows(figures: Mapping[str, Any], groups: Sequence[str]) -> Iterator[list[Any]]:
    for group in groups:
        for label, measured in figures[group].items():
            yield [group, label, *(measured[name] for name in _MEASURES)]


def _margins(figures: Mapping[str, Any], groups: Sequence[str]) -> str:
    rows = [
        [group, label, *measured["margin"].values()] for group in groups for label, measured in figures[group].items()
    ]
    heads = next((list(measured["margin"]) for group in groups for measured in figures[group].values()), [])
    return table(["letters", "label", *heads], rows) if rows else ""


def _data(letters: Mapping[str, Sequence[str]], unread: Sequence[str]) -> str:
    """Return which letters a model was trained on: readers' letters by number, others by name."""
    parts = []
    for source, names in letters.items():
        readers = sorted({name.rpartition("-")[0] for name in names if name.startswith("reader-")})
        if readers:
            told = (
                f"{len(names)} letters of {len(readers)} readers ({source}). Language models wrote and marked them by "
            )
            told += "the annotation guide."
            told += " They are in `annotations/training`." if source == TRAINING else " They are not shipped."
            told += f" Unread: {', '.join(unread)}." if unread else ""
        else:
            what = "invented letters of `annotations/`" if source == "samples" else f"public letters ({source})"
            told = f"{len(names)} {what}: {', '.join(names)}."
        parts.append(fill(told, 118, break_on_hyphens=False))
    return "\n\n".join(parts)
