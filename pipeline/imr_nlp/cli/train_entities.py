"""``imr-nlp train prepare`` and ``imr-nlp train entities``: from gold to training data to the entity model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from imr_nlp.cli.errors import CommandError
from imr_nlp.text.visible import one_line

_PREPARED = Annotated[Path, typer.Option("--prepared", metavar="DIR", help="What 'train prepare' wrote.")]


def prepare(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the training data go.")],
    annotations: Annotated[
        Path, typer.Option("--annotations", metavar="DIR", help="Folder of the gold to learn from.")
    ] = Path("annotations"),
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="DIR", help="More gold ($IMR_CORPUS wins over it).")
    ] = Path("../shared/corpus"),
) -> None:
    """Turn gold letters into training data: Docs with gold and rules' entities, and folds by letter."""
    from imr_nlp.evaluation.gold import GoldError
    from imr_nlp.training.prepare import gold_files
    from imr_nlp.training.prepare import prepare as write

    try:
        table = write(gold_files(annotations, corpus), out)
    except GoldError as error:
        raise CommandError(str(error), 2) from error
    typer.echo(one_line(f"{len(table)} letters in {1 + max(row['fold'] for row in table.values())} folds: {out}"))


def entities(
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of all models; this one is entities/1.0 in it.")
    ],
    prepared: _PREPARED = Path("out/training"),
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="In place of configs/entity_model/train.cfg.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="In place of the config's number.")] = None,
    card: Annotated[
        bool,
        typer.Option("--card", help="Cross-validate, draw a learning curve and write the card (some 10 minutes)."),
    ] = False,
) -> None:
    """Train the entity model; measure it by letter-grouped cross-validation."""
    from imr_nlp.training.entities import NAME, VERSION, train

    settings: dict[str, Any] = {} if steps is None else {"training.max_steps": steps, "training.eval_frequency": steps}
    if not (prepared / "letters.spacy").is_file():
        raise CommandError(f"--prepared {prepared}: no training data; run 'imr-nlp train prepare' first", 2)
    place = train(prepared, out / NAME / VERSION, config, **settings)
    typer.echo(one_line(f"Trained: {place}"))
    if card:
        from imr_nlp.training.entity_card import write_entity_card

        typer.echo(one_line(f"Measured: {write_entity_card(prepared, place, config, **settings)}"))
