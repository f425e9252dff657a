"""``imr-nlp train prepare`` and ``imr-nlp train entities``: from gold to training data to the entity model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imr_nlp.cli.failure import CommandError

if TYPE_CHECKING:
    from imr_nlp.training.entity_figures import Judged

#: Sizes of the learning curve, in letters, and the steps that each gets: those of the config for all letters.
CURVE = {8: 150, 16: 250, 32: 400}

_PREPARED = Annotated[Path, typer.Option("--prepared", metavar="DIR", help="What 'train prepare' wrote.")]


def prepare(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the training data go.")],
    annotations: Annotated[
        Path, typer.Option("--annotations", metavar="DIR", help="Folder of the gold to learn from.")
    ] = Path("annotations"),
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="DIR", help="More gold, where it exists ($IMR_CORPUS wins over it).")
    ] = Path("../shared/corpus"),
) -> None:
    """Turn gold letters into training data: Docs with gold and rules' entities, and folds by letter."""
    from imr_nlp.gold import GoldError
    from imr_nlp.training.prepare import gold_files
    from imr_nlp.training.prepare import prepare as write

    try:
        table = write(gold_files(annotations, corpus), out)
    except GoldError as error:
        raise CommandError(str(error), 2) from error
    typer.echo(f"{len(table)} letters in {1 + max(row['fold'] for row in table.values())} folds: {out}")


def entities(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of the model.")],
    prepared: _PREPARED = Path("out/training"),
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="In place of configs/train_entities.cfg.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="In place of the config's number.")] = None,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="FILE", help="Cross-validate as well, and write what came of it as JSON."),
    ] = None,
    curve: Annotated[
        Path | None, typer.Option("--curve", metavar="PNG", help="Draw a learning curve as well (many trainings).")
    ] = None,
) -> None:
    """Train the entity model; measure it by letter-grouped cross-validation."""
    from imr_nlp.training.entities import train

    settings: dict[str, Any] = {} if steps is None else {"training.max_steps": steps, "training.eval_frequency": steps}
    if not (prepared / "letters.spacy").is_file():
        raise CommandError(f"--prepared {prepared}: no training data; run 'imr-nlp train prepare' first", 2)
    train(prepared, out, config, **settings)
    typer.echo(f"Trained: {out}")
    if figures is not None:
        from imr_nlp.training.entity_figures import cross_validate

        judged = cross_validate(prepared, config, **settings)
        figures.parent.mkdir(parents=True, exist_ok=True)
        figures.write_text(json.dumps(_summary(judged), indent=1) + "\n", encoding="utf-8")
        typer.echo(f"Cross-validated: {figures}")
    if curve is not None:
        from imr_nlp.training.learning_curve import learning_curve

        learning_curve(prepared, curve, CURVE)
        typer.echo(f"Learning curve: {curve}")


def _summary(judged: list[Judged]) -> dict[str, Any]:
    """Return figures and causes of errors on all letters, on the real ones and on those of them that were held."""
    from imr_nlp.training.entity_figures import causes, figures
    from imr_nlp.training.prepare import CORPUS

    real = [one for one in judged if one.letter.source == CORPUS]
    parts = {"all": judged, "real": real, "held": [one for one in real if one.letter.held]}
    return {
        name: {"letters": len(part), "figures": figures(part), "errors": causes(part)}
        for name, part in parts.items()
        if part
    }
