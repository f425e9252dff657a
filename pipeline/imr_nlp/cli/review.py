"""``imr-nlp review``: annotations out into a labelling tool, corrections back as gold."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from imr_nlp.cli.commands import STYLE, Command, Group


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
            help="Folders of runs, or letters to read now (files, folders, globs).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default=False,
            help="What to make: a file for prodigy and doccano, a folder for the others, whatever it is called.",
        ),
    ],
    format: _FORMAT,
    order: Annotated[Order | None, typer.Option("--order", help="Which letters first (default: as they come).")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Export only the first N.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed and letters, same order.")] = 0,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, for letters that are read now."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Longest time for a letter (default: as a run)."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Write the annotations of letters for a labelling tool.

    --order uncertain takes first the letters that are trusted least, and those with warnings; coverage, those
    that together show most; random, a sample; audit, a sample of each layout and outcome in turn.

    [bold]Examples[/bold]

      imr-nlp review export out -o review --format brat

      imr-nlp review export letters/ -o tasks --format label-studio --order uncertain --limit 50
    """
    from imr_nlp.cli.review_export import export_command

    chosen = order.value if order else None
    export_command(what, out, format.value, chosen, limit, seed, rules, timeout, debug=debug)


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
    accept_untouched: Annotated[
        bool,
        typer.Option("--accept-untouched", help="Also take letters that nobody corrected or accepted."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Bring corrected annotations back as gold: DIR/gold.jsonl with the letters in DIR/letters.

    A letter is taken if a reviewer corrected or accepted it, as a whole or not at all: its text must be the one that
    was exported, its labels and values known, its spans inside the text, no attribute missing. Exit code 1 where some
    letters could not be taken, or none was.

    [bold]Examples[/bold]

      imr-nlp review import review/ --format brat -o annotations/reviewed

      imr-nlp review import jo.jsonl --format prodigy -o annotations/reviewed --replace
    """
    from imr_nlp.cli.review_import import import_command

    import_command(files, out, format.value, replace, accept_untouched)


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
    """Print what reviewers changed in a run, by label and by rule: the rules to correct first come first.

    [bold]Example[/bold]

      imr-nlp review diff out annotations/reviewed
    """
    from imr_nlp.cli.review_diff import diff_command

    diff_command(run, gold, write, letters)


VERBS: dict[str, Callable[..., None]] = {"export": export, "import": import_, "agreement": agreement, "diff": diff}


def add_review(app: typer.Typer) -> None:
    """Add ``review`` with its verbs to the command line."""
    about = "Take annotations to a labelling tool, and corrections back."
    group = typer.Typer(help=about, cls=Group, **STYLE)
    for name, verb in VERBS.items():
        group.command(name, cls=Command)(verb)
    app.add_typer(group, name="review")
