"""The card of the entity model: what it was trained on, how good it is on letters it has not seen, what its errors are.

The text around the figures that a person has to judge (what the policy is and why) is in
``configs/entity_model/policy.yml``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imr_nlp.components.entity_model.component import LABELS
from imr_nlp.training.entities import META
from imr_nlp.training.entity_figures import ALONE, COMBINED, READER, RULES, FoldScores, causes, cross_validate, figures
from imr_nlp.training.prepare import CORPUS, FOLDS
from imr_nlp.training.reports import PICTURE, data_section, table, write_card

#: Sizes of the learning curve in letters, and the training steps that each gets; all letters get those of the config.
CURVE = {8: 150, 16: 250, 32: 400}
#: Gain in F1 below which one training differs from the next as much.
WORTH = 0.005
WHO = (RULES, ALONE, READER, COMBINED)
PARTS = {
    "held": "Held half of the real letters (their errors were read before the last rules: expect less of new letters)",
    "real": "All real letters",
    "all": "All letters, with the invented ones",
}


def write_entity_card(prepared: Path, place: Path, config: Path | None = None, **settings: Any) -> Path:
    """Cross-validate, draw the learning curve, write ``card.md`` and ``figures.json`` beside the model; return it."""
    judged = cross_validate(prepared, config, **settings)
    curve = {size: _curve_point(prepared, config, size, steps) for size, steps in CURVE.items()}
    curve[round(len(judged) * (1 - 1 / FOLDS))] = _f1(judged)
    measured = {name: {"figures": figures(part), "errors": causes(part)} for name, part in parts(judged).items()}
    written = {"learning_curve": curve, **measured}
    (place / "figures.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    _draw(curve, place / PICTURE)
    meta = json.loads((place / META).read_text(encoding="utf-8"))
    write_card(place, *_text(place, meta, measured, curve))
    return place


def parts(judged: Sequence[FoldScores]) -> dict[str, list[FoldScores]]:
    """Return the letters of each part that has any."""
    real = [one for one in judged if one.letter.source == CORPUS]
    found = {"held": [one for one in real if one.letter.held], "real": real, "all": list(judged)}
    return {name: part for name, part in found.items() if part}


def _curve_point(prepared: Path, config: Path | None, letters: int, steps: int) -> dict[str, float]:
    settings = {"paths.letters": letters, "training.max_steps": steps, "training.eval_frequency": steps}
    return _f1(cross_validate(prepared, config, **settings))


def _f1(judged: Sequence[FoldScores]) -> dict[str, float]:
    held = parts(judged).get("held", judged)
    return {who: float(row["f1"]) for who, row in figures(held)["ALL"].items()}


def _draw(curve: Mapping[int, Mapping[str, float]], png: Path) -> None:
    """Draw the learning curve, where matplotlib is installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return
    picture = Figure(figsize=(6, 3.5), layout="constrained")
    FigureCanvasAgg(picture)
    axes = picture.subplots()
    for who in WHO:
        axes.plot(list(curve), [row[who] for row in curve.values()], marker="o", label=who)
    axes.set(xlabel="letters trained on", ylabel="exact-span F1 on unseen letters", xscale="log")
    axes.set_xticks(list(curve), [str(size) for size in curve])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    picture.savefig(png, dpi=110, metadata={"Software": None})


def _text(
    place: Path, meta: Mapping[str, Any], measured: Mapping[str, Any], curve: Mapping[int, Mapping[str, float]]
) -> list[str]:
    """Return the card's parts."""
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file() and file.suffix != ".png")
    written = [
        f"# Entity model {meta['version']}",
        _INTRODUCTION,
        "## Verdict",
        _verdict(measured),
        "## Figures",
        f"Cross-validated, {FOLDS} folds by letter: no model has seen a letter that it is scored on. Exact spans, F1; "
        "ALL is these three labels. Commands:",
        "<!-- not run: takes half an hour -->\n"
        "```sh\nimr-nlp train prepare -o out/training\nimr-nlp train entities -o models --card\n```",
    ]
    for name, title in PARTS.items():
        if name in measured:
            written += [f"**{title}**", _figures_table(measured[name]["figures"])]
    worst = measured.get("real") or measured["all"]
    written += [
        "## Errors of rules and model combined, on real letters",
        _causes_table(worst["errors"]),
        _REMEDIES,
        "## Would more letters help?",
        table(["letters", *WHO], [[letters, *(row[who] for who in WHO)] for letters, row in curve.items()]),
        f"![Learning curve]({PICTURE})" if (place / PICTURE).is_file() else "",
        "## Data",
        data_section(meta),
        _WEIGHTS,
        f"Seed {meta['seed']}, {meta['steps']} steps, {size / 1e6:.1f} MB. The same data, seed, library versions and "
        "processor type give the same bits.",
    ]
    return written


def _verdict(measured: Mapping[str, Any]) -> str:
    """Return what the figures say of using the model."""
    gains = {
        name: rows["figures"]["ALL"][COMBINED]["f1"] - rows["figures"]["ALL"][RULES]["f1"]
        for name, rows in measured.items()
    }
    told = "; ".join(f"{PARTS[name].split(' (')[0].lower()}: {gain:+.4f}" for name, gain in gains.items())
    better = all(gain >= WORTH for gain in gains.values())
    advice = "worth using" if better else "not worth using: leave it off (`model = null` in `configs/pipeline.cfg`)"
    return f"F1 over all labels, combined less rules: {told}. From {WORTH:+.3f} on it would count; this is {advice}."


def _figures_table(rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    lines = [
        [label, row[RULES]["gold"], *(f"{row[who]['f1']:.3f}" for who in WHO)]
        + [f"{row[COMBINED][what]:.3f}" for what in ("precision", "recall")]
        for label, row in rows.items()
    ]
    return table(["label", "gold", *WHO, "combined: precision", "combined: recall"], lines)


def _causes_table(errors: Mapping[str, Mapping[str, int]]) -> str:
    kinds = sorted({kind for row in errors.values() for kind in row})
    return table(
        ["cause", *sorted(LABELS)], [[kind, *(errors[of].get(kind, 0) for of in sorted(LABELS))] for kind in kinds]
    )


_INTRODUCTION = """
A small named entity recogniser of spaCy (hash embeddings of word form, prefix, suffix, shape and of what the rules
found at each word; two convolutions, width 48; CPU). The component `imr_entity_model` asks it about sentences in
which the rules found an entity of the labels in `configs/entity_model/policy.yml`, and that file says what of its
answer counts.

*Model alone* was trained without the rules' findings; *model that reads the rules* is the shipped model if its answer
replaced the rules' everywhere; *combined* is what the policy makes of both.

Intended use: to look over the rules' findings in California Independent Medical Review determinations. Not for other
clinical text, and not for decisions about a patient.
"""
_REMEDIES = """
*Too short*, *too long*, *shifted*: found, with other bounds than the annotator's; mended by words in
`configs/` (anatomy, qualifiers) and by clearer examples in the label guide. *Not found*: the word is missing
from the vocabulary. *Nothing there*: a finding or mechanism taken for a diagnosis, or a mention that the annotators
left out; mended by the vocabulary's exceptions. *Part of one already found*: one name read as two. *Another label*: the
annotators call it something else.
"""
_WEIGHTS = """
The real letters are public; their text is not shipped. The model holds number arrays and label names, no words: spaCy's
hash embeddings store no vocabulary.
"""
