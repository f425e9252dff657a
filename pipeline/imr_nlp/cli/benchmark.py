"""``imr-nlp benchmark``: how fast this machine reads letters, beside plain tokenisation and stock medspaCy."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import write_output


def benchmark(
    corpus: Annotated[
        list[str],
        typer.Argument(metavar="CORPUS...", help="Letters: files, folders (recursively), globs.", show_default=False),
    ],
    write: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes of the rows with several (default: one a core).")
    ] = None,
    letters: Annotated[
        int, typer.Option("--letters", min=1, metavar="N", help="Read at most N letters, taken evenly from all.")
    ] = 100,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.01, help="Least length of a pass; shorter is sooner done, less steady.")
    ] = 1.0,
    passes: Annotated[
        int, typer.Option("--passes", min=1, help="Passes of each row; the fastest counts (whole runs: at most 3).")
    ] = 5,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="ROW",
            help="Only these rows: tokenise, pipeline, medspacy, library, components, pdf, workers, spark.",
        ),
    ] = None,
    no_spark: Annotated[bool, typer.Option("--no-spark", help="Leave the Spark row out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no table.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Measure letters/s, tokens/s and peak memory, in one run and one table.

    tokenise: spaCy's blank tokenizer, the floor. medspacy: stock medspaCy.
    pipeline: text to record, and each of its components. library: all of load().
    pdf: PDF to record in one process. workers-1, workers-N: whole runs. spark-N: Spark.

    It takes about seven minutes. docs/performance.md says how to read the table.

    [bold]Examples[/bold]

      imr-nlp benchmark letters/ --json benchmark.json

      imr-nlp benchmark letters/ --only tokenise --only pipeline --only medspacy

      imr-nlp benchmark letters/ --only workers --workers 4
    """
    if debug:
        os.environ["IMR_BENCHMARK_DEBUG"] = "1"
    if write is not None and not write.parent.is_dir():
        raise CommandError(f"--json {write}: there is no folder {write.parent}", 2)
    from imr_nlp.benchmark.measure import measure
    from imr_nlp.benchmark.plan import KINDS, NoLettersError, is_row, plan
    from imr_nlp.benchmark.report import figures

    if unknown := [name for name in only or () if not is_row(name)]:
        raise CommandError(f"--only {unknown[0]}: no such row; known are {', '.join(KINDS)}", 2)
    loud = sys.stderr.isatty() and not quiet
    try:
        made = plan(
            corpus,
            letters=letters,
            workers=workers or _cores(),
            seconds=seconds,
            passes=passes,
            only=only or (),
            spark=not no_spark,
        )
    except NoLettersError as error:
        raise CommandError(str(error), 2) from error
    with _bar() if loud else _silence() as progress:
        measured = measure(made, progress)
    known = figures(made, measured)
    if not quiet:
        _print(known)
    if write is not None:
        write_output("--json", write, json.dumps(known, indent=1) + "\n")
    if made.failed:
        raise CommandError("; ".join(made.failed), 1)


def _cores() -> int:
    # Not every system tells which cores a process may use; each tells how many there are.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(known: dict[str, Any]) -> None:
    from rich.console import Console

    from imr_nlp.benchmark.report import table

    console = Console(highlight=False)
    corpus, machine = known["corpus"], known["machine"]
    console.print(
        f"{corpus['letters']} letters and {corpus['pdfs']} PDFs; {machine['cores']} cores, {machine['cpu']}",
        markup=False,
    )
    console.print(table(known))
    for name, ratio in known["ratios"].items():
        console.print(f"{name}: {ratio:.2f}", markup=False)
    for note in known["notes"]:
        console.print(note, markup=False)


@contextmanager
def _silence() -> Iterator[Callable[[str, float], None]]:
    yield lambda doing, share: None


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    """Show a progress bar on standard error; what is yielded moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the corpus", total=1.0)
        yield lambda doing, share: bar.update(task, description=doing, completed=share)
