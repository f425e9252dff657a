"""``imr-nlp train``: from gold letters to models.

``prepare`` and ``entities`` are in `imr_nlp.cli.train_entities`; ``roles``, ``categories`` and ``statuses``, which read
the gold themselves, and ``all`` are here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imr_nlp.cli.commands import STYLE, Command, Group
from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.train_entities import entities, prepare
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from imr_nlp.training.data import GoldLetter

_OUT = Annotated[
    Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of all models, such as models.", show_default=False)
]
_ANNOTATIONS = Annotated[Path, typer.Option("--annotations", metavar="DIR", help="Folder of the gold to learn from.")]
_CORPUS = Annotated[Path, typer.Option("--corpus", metavar="DIR", help="More gold ($IMR_CORPUS wins over it).")]
_SEED = Annotated[int, typer.Option("--seed", min=0, help="Same seed and letters, same model.")]
_SKOPS = Annotated[
    bool, typer.Option("--skops", help="Also write model.skops, the scikit-learn pipeline (needs skops).")
]
_GOLD = Annotated[
    list[Path] | None,
    typer.Option("--gold", metavar="FILE", help="Further gold, of entities at least; repeatable. Letters beside it."),
]
_HERE, _BESIDE = Path("annotations"), Path("../shared/corpus")
SEED = 20


def roles(
    out: _OUT, annotations: _ANNOTATIONS = _HERE, corpus: _CORPUS = _BESIDE, seed: _SEED = SEED, skops: _SKOPS = False
) -> None:
    """Train the roles of rationale sentences (OUT/roles/1.0), measured by cross-validation over letters."""
    _check(skops)
    _train_roles(_letters(annotations, corpus, seed, readers=True), out, seed, skops)


def categories(
    out: _OUT, annotations: _ANNOTATIONS = _HERE, corpus: _CORPUS = _BESIDE, seed: _SEED = SEED, skops: _SKOPS = False
) -> None:
    """Train the categories of requests that no vocabulary names (OUT/categories/1.0), measured the same way."""
    _check(skops)
    _train_categories(_letters(annotations, corpus, seed), out, seed, skops)


def themes(
    out: _OUT, annotations: _ANNOTATIONS = _HERE, corpus: _CORPUS = _BESIDE, seed: _SEED = SEED, skops: _SKOPS = False
) -> None:
    """Train the themes of gaps that no wording fits (OUT/themes/1.0), from gap_themes.tsv and the gaps of the gold."""
    from imr_nlp.evaluation.gold import GoldError
    from imr_nlp.training.themes import EXAMPLES, train_themes

    _check(skops)
    letters = _letters(annotations, corpus, seed)
    try:
        typer.echo(one_line(f"Trained: {train_themes(letters, annotations / EXAMPLES, out, seed, skops=skops)}"))
    except (GoldError, OSError) as error:
        raise CommandError(str(error), 2) from error


def statuses(
    out: _OUT,
    annotations: _ANNOTATIONS = _HERE,
    corpus: _CORPUS = _BESIDE,
    gold: _GOLD = None,
    unread: Annotated[
        list[str] | None,
        typer.Option("--unread", metavar="NAME", help="A reader on whose letters no rule was written; repeatable."),
    ] = None,
    seed: _SEED = SEED,
    skops: _SKOPS = False,
) -> None:
    """Train what looks over the context rules (OUT/statuses/1.0, OUT/assertions/1.0), measured letter by letter."""
    _check(skops)
    _train_statuses(annotations, corpus, gold, out, seed, unread, skops)


def concepts(out: _OUT) -> None:
    """Build the index of ICD-10-CM codes (OUT/concepts/1.0) from simple-icd-10-cm and configs/concepts/icd10cm."""
    from imr_nlp.config import ConfigError
    from imr_nlp.training.concepts import build

    try:
        typer.echo(one_line(f"Built: {build(out)}"))
    except ImportError as error:
        raise CommandError("the index is built from simple-icd-10-cm: pip install 'imr-nlp[train]'", 2) from error
    except ConfigError as error:
        raise CommandError(str(error), 2) from error


def confidence(
    golds: Annotated[
        list[Path], typer.Argument(metavar="GOLD...", help="Gold files of letters that no rule was written on.")
    ],
    out: _OUT,
    letters: Annotated[
        Path | None, typer.Option("--letters", metavar="DIR", help="The letters, where they are not beside GOLD.")
    ] = None,
) -> None:
    """Measure how often each kind of finding is right (OUT/confidence/1.0), and how well that is calibrated."""
    from imr_nlp.evaluation.gold import GoldError, read_gold
    from imr_nlp.letter import read_letter
    from imr_nlp.pipeline import load
    from imr_nlp.training.confidence import train_confidence

    try:
        read = [read_gold(path, letters) for path in golds]
    except GoldError as error:
        raise CommandError(str(error), 2) from error
    # The models of context have seen most gold; what they decide is rated by their own probability.
    nlp = load(imr_context={"status_model": None, "assertion_model": None})
    found = {name: read_letter(nlp, source) for gold in read for name, source in gold.letters.items()}
    typer.echo(one_line(f"Measured: {train_confidence(read, found, out, [path.name for path in golds])}"))


def everything(
    out: _OUT,
    annotations: _ANNOTATIONS = _HERE,
    corpus: _CORPUS = _BESIDE,
    seed: _SEED = SEED,
    prepared: Annotated[
        Path, typer.Option("--prepared", metavar="DIR", help="Where the training data of entities go.")
    ] = Path("out/training"),
    gold: _GOLD = None,
) -> None:
    """Train entities, roles, categories, statuses and assertions, one after the other."""
    prepare(prepared, annotations, corpus)
    entities(out, prepared, None, None, False)
    _train_roles(_letters(annotations, corpus, seed, readers=True), out, seed, False)
    _train_categories(_letters(annotations, corpus, seed), out, seed, False)
    _train_statuses(annotations, corpus, gold, out, seed, None, False)


VERBS: dict[str, Callable[..., None]] = {
    "prepare": prepare,
    "entities": entities,
    "roles": roles,
    "categories": categories,
    "themes": themes,
    "statuses": statuses,
    "concepts": concepts,
    "confidence": confidence,
    "all": everything,
}


def add_train(app: typer.Typer) -> None:
    """Add ``train`` with its verbs to the command line."""
    group = typer.Typer(help="Train the models from gold letters.", cls=Group, **STYLE)
    for name, verb in VERBS.items():
        group.command(name, cls=Command)(verb)
    app.add_typer(group, name="train")


def _check(skops: bool) -> None:
    """Stop before a training whose result could not be written."""
    if skops and find_spec("skops") is None:
        raise CommandError("--skops needs skops: pip install 'imr-nlp[train]'", 2)


def _letters(annotations: Path, corpus: Path, seed: int, *, readers: bool = False) -> list[GoldLetter]:
    """Return the gold letters; those of readers have no services, and only roles are learnt from them."""
    from imr_nlp.evaluation.gold import GoldError
    from imr_nlp.training.data import gold_letters
    from imr_nlp.training.prepare import gold_files

    try:
        return gold_letters(gold_files(annotations, corpus, readers=readers), seed)
    except GoldError as error:
        raise CommandError(str(error), 2) from error


def _train_roles(letters: list[GoldLetter], out: Path, seed: int, skops: bool) -> None:
    from imr_nlp.training.roles import train_roles

    typer.echo(one_line(f"Trained: {train_roles(letters, out, seed, skops=skops)}"))


def _train_categories(letters: list[GoldLetter], out: Path, seed: int, skops: bool) -> None:
    from imr_nlp.training.categories import train_categories

    typer.echo(one_line(f"Trained: {train_categories(letters, out, seed, skops=skops)}"))


def _train_statuses(
    annotations: Path,
    corpus: Path,
    gold: list[Path] | None,
    out: Path,
    seed: int,
    unread: list[str] | None,
    skops: bool,
) -> None:
    from imr_nlp.evaluation.gold import GoldError
    from imr_nlp.training.prepare import gold_files
    from imr_nlp.training.statuses import train_statuses

    try:
        files = gold_files(annotations, corpus, readers=True)
        for path in gold or ():
            name = path.parent.name if path.stem == "gold" else path.stem
            if name in files:
                raise CommandError(f"--gold {path}: there is gold of the name {name} already; rename it", 2)
            files[name] = path
        places = train_statuses(files, out, seed, unread=unread or (), skops=skops)
    except GoldError as error:
        raise CommandError(str(error), 2) from error
    typer.echo(one_line(f"Trained: {', '.join(map(str, places))}"))
