"""``imr-nlp review``: annotations out into a labelling tool, corrections back as gold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imr_nlp.cli.errors import CommandError

if TYPE_CHECKING:
    from imr_nlp.reading.problems import Problem


class Format(StrEnum):
    """The formats of labelling tools (`imr_nlp.review.formats.FORMATS`, which this module must not import yet)."""

    label_studio = "label-studio"
    prodigy = "prodigy"
    doccano = "doccano"
    brat = "brat"
    docbin = "docbin"
    csv = "csv"


class Order(StrEnum):
    """Which letters first (`imr_nlp.review.order`)."""

    uncertain = "uncertain"
    random = "random"
    coverage = "coverage"
    audit = "audit"


_FORMAT = Annotated[Format, typer.Option("--format", "-f", help="The labelling tool's format.", show_default=False)]


def export(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_OR_LETTERS...",
            help="The folder of a run, or letters to read now (files, folders, globs).",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="File or folder.", show_default=False)],
    format: _FORMAT,
    order: Annotated[Order | None, typer.Option("--order", help="Which letters first (default: as they come).")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Export only the first N.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed and letters, same order.")] = 0,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, for letters that are read now."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Write the annotations of letters for a labelling tool.

    --order uncertain takes first the letters with low model confidence, contradictions and warnings; coverage, those
    that together show most; random, a sample; audit, a sample of each layout and outcome in turn.

    [bold]Examples[/bold]

      imr-nlp review export out -o review --format brat

      imr-nlp review export letters/ -o tasks.json --format label-studio --order uncertain --limit 50
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise CommandError(f"{out} is there already; name another", 2)
    if rules is not None and not rules.is_file():
        raise CommandError(f"--rules {rules}: no such file", 2)
    missing = [
        name for name in what if len(what) == 1 and not any(c in name for c in "*?[") and not Path(name).exists()
    ]
    if missing:
        raise CommandError(f"{missing[0]}: no such file or folder", 2)
    from imr_nlp.config import ConfigError
    from imr_nlp.review.formats import format_named
    from imr_nlp.review.spool import in_order
    from imr_nlp.review.task import Task, tasks_of

    problems: list[Problem] = []
    written = 0
    tool = format_named(format.value)

    def counted() -> Iterator[Task]:
        nonlocal written
        tasks = tasks_of(what, problems, str(rules) if rules else None)
        for task in in_order(tasks, order.value, limit, seed) if order else islice(tasks, limit):
            written += 1
            yield task

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tool.write(counted(), out)
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    except OSError as error:
        raise CommandError(f"{error.filename or out}: {error.strerror}", 1) from error
    if not written and not problems:
        raise CommandError(f"no letters in {', '.join(what[:3])}; nothing was exported", 2)
    typer.echo(f"{written:,} letters -> {out}")
    _say_lost(format, tool.LOST)
    _say_problems(problems, "not exported")


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="What the labelling tool gave back.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Folder of the gold, or the file.", show_default=False),
    ],
    format: _FORMAT,
    replace: Annotated[bool, typer.Option("--replace", help="Replace letters that are there already.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Bring corrected annotations back as gold: DIR/gold.jsonl with the letters in DIR/letters.

    A letter is taken as a whole or not at all: its text must be the one that was exported, its labels and values known,
    its spans inside the text. Exit code 1 where some letters were not taken.

    [bold]Examples[/bold]

      imr-nlp review import review/ --format brat -o annotations/reviewed

      imr-nlp review import jo.jsonl --format prodigy -o annotations/reviewed --replace
    """
    from imr_nlp.review.formats import FormatError, format_named
    from imr_nlp.review.importing import HomeError, bring_home

    missing = [file for file in files if not file.exists()]
    if missing:
        raise CommandError(f"{missing[0]}: no such file or folder", 2)
    tool = format_named(format.value)
    try:
        report = bring_home(tool.read(files), out, replace)
    except (FormatError, HomeError) as error:
        raise CommandError(str(error), 2) from error
    typer.echo(f"{len(report.added):,} letters added, {len(report.replaced):,} replaced -> {out}")
    _say_lost(format, tool.LOST)
    _say_problems(report.problems, "not taken")


def agreement(
    sets: Annotated[
        list[Path],
        typer.Argument(metavar="A B...", help="Gold files, or folders that hold one.", show_default=False),
    ],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page of the disagreements.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON.")
    ] = None,
    letters: Annotated[
        Path | None, typer.Option("--letters", metavar="DIR", help="The letters, where they aren't beside the gold.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Print how far two or more sets of annotations of the same letters agree.

    [bold]Example[/bold]

      imr-nlp review agreement annotations/jo annotations/sam --html agreement.html
    """
    from imr_nlp.cli.review_agreement import agreement_command

    agreement_command(sets, html, write, letters)


def diff(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder or records.", show_default=False)],
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="What reviewers made of it.", show_default=False)],
    write: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write all changes as JSON.")
    ] = None,
    letters: Annotated[
        Path | None, typer.Option("--letters", metavar="DIR", help="The letters, where they aren't beside GOLD.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Print what reviewers changed in a run, by label and by rule: the rules to mend first stand on top.

    [bold]Example[/bold]

      imr-nlp review diff out annotations/reviewed
    """
    from imr_nlp.cli.review_diff import diff_command

    diff_command(run, gold, write, letters)


VERBS: dict[str, Callable[..., None]] = {"export": export, "import": import_, "agreement": agreement, "diff": diff}


def add_review(app: typer.Typer, **style: object) -> None:
    """Add ``review`` with its verbs to the command line."""
    about = "Take annotations to a labelling tool, and corrections home."
    group = typer.Typer(help=about, no_args_is_help=True, **style)  # type: ignore[arg-type]
    for name, verb in VERBS.items():
        group.command(name)(verb)
    app.add_typer(group, name="review")


def _say_lost(format: Format, lost: tuple[str, ...]) -> None:
    for thing in lost:
        typer.echo(f"{format.value} can't hold: {thing}")


def _say_problems(problems: list[Problem], what: str) -> None:
    """List what went wrong, each letter once with all its reasons; exit code 1."""
    if not problems:
        return
    for problem in problems:
        typer.echo(f"{what}: {problem.subject}: {problem.code}: {problem.message}", err=True)
    letters = len({problem.subject for problem in problems})
    raise CommandError(f"{letters:,} letters {what}; the reasons stand above", 1)
