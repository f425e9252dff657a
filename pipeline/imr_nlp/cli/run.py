"""``imr-nlp run`` (``nlp-run``): letters in, records out."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from imr_nlp.cli.commands import Version
from imr_nlp.cli.console import bar, check_rules, cores, is_url, no_bar, say
from imr_nlp.cli.errors import CommandError
from imr_nlp.text.visible import visible

if TYPE_CHECKING:
    from imr_nlp.reading.inputs import Inputs
    from imr_nlp.reading.problems import Problem
    from imr_nlp.reading.table_files import Columns
    from imr_nlp.run.runner import Summary

#: Letters that make it worth while to start one more process (each takes seconds to load the pipeline).
LETTERS_A_WORKER = 100
#: Reasons that are printed where every input failed.
_REASONS = 3


def run(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files (.txt, .md, .html, .htm, .pdf, .docx, .eml, .zip; tables with --text-column), folders "
            "(recursively), globs, or - for standard input; for Spark also hdfs://…, s3a://… and whatever Hadoop "
            "reads.",
            show_default=False,
        ),
    ],
    out: Annotated[str, typer.Option("-o", "--output", metavar="OUT", help="Folder to write.", show_default=False)],
    engine: Annotated[
        Literal["local", "spark"],
        typer.Option("--engine", help="Who does it: processes on this machine, or Apache Spark."),
    ] = "local",
    master: Annotated[
        str | None,
        typer.Option(
            "--master",
            metavar="URL",
            help="Spark's master: local[N], spark://HOST:PORT, yarn, … (default: as Spark is configured, or local[*]).",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes (default: one a core, fewer for few letters)."),
    ] = None,
    duckdb: Annotated[
        Path | None,
        typer.Option("--duckdb", metavar="FILE", help="Also write the tables into a DuckDB database."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, added to the shipped ones."),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option("--text-column", metavar="NAME", help="Column of letters in .csv, .jsonl and .parquet tables."),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id-column", metavar="NAME", help="Column of ids in such tables (default: the row's number)."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a former run in OUT.")] = False,
    store_text: Annotated[
        bool,
        typer.Option("--store-text", help="Keep each letter's text, which offsets point into, in OUT/texts."),
    ] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Time limit of a letter; inf for none."),
    ] = 60,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something failed.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
    version: Version = False,
) -> None:
    """Read IMR determination letters and write one record a letter.

    OUT receives letters.jsonl, ten Parquet tables (letters, services, entities, diagnoses, medications, citations,
    rationale, limits, warnings, relations), errors.jsonl and run.json. Exit code: 0 when every letter went through, 1
    when some failed, 2 for wrong usage. A run that was stopped continues when the same command is given again; letters
    that were read are not read twice.

    [bold]Examples[/bold]

      nlp-run letters/ -o out

      nlp-run "2016/*.pdf" 2017/ -o out --duckdb imr.duckdb --workers 4

      nlp-run letters.csv --text-column text --id-column case -o out

      pdftotext letter.pdf - | nlp-run - -o out

      nlp-run s3a://bucket/letters -o s3a://bucket/out --engine spark --master spark://host:7077
    """
    loud = sys.stderr.isatty() and not quiet
    if not out.strip():
        raise CommandError("-o names no folder (is a variable of the shell empty?); name the folder to write", 2)
    check_rules(rules)
    if id_column is not None and text_column is None:
        raise CommandError("--id-column needs --text-column, which names the column of the letters", 2)
    if engine == "spark":
        from imr_nlp.cli import run_spark

        if text_column is not None:
            fix = "read the table with Spark and call imr_nlp.spark.extract (see docs/spark.md)"
            raise CommandError(f"--text-column: not with --engine spark; {fix}", 2)
        _require_local({"--workers": workers, "--duckdb": duckdb, "--store-text": store_text})
        summary = run_spark.run(
            inputs, out, master=master, rules=rules, overwrite=overwrite, timeout=timeout, loud=loud, debug=debug
        )
        _close(summary, out, f"{out}/errors.parquet", quiet=quiet, loud=loud)
        return
    if master is not None:
        raise CommandError("--master is Spark's; add --engine spark", 2)
    if is_url(out):
        raise CommandError(f"{out} is a URL; add --engine spark, or name a folder of this machine with -o", 2)
    for name in inputs:
        if is_url(name):
            raise CommandError(f"{name} is a URL; download it and name the file, or add --engine spark", 2)
    folder = Path(out)
    from imr_nlp.reading.inputs import expand
    from imr_nlp.reading.table_files import Columns

    columns = Columns(text_column, id_column) if text_column is not None else None
    found = expand(inputs, exclude=folder, columns=columns)
    _require_letters(found, inputs)
    from imr_nlp.config import ConfigError
    from imr_nlp.reading.run_files import STORE
    from imr_nlp.run import runner
    from imr_nlp.run.output_folder import OutputError, WriteError
    from imr_nlp.run.pool import WorkerError

    try:
        with bar(found.expected()) if loud else no_bar() as move:
            summary = runner.run(
                found,
                folder,
                workers=workers or _workers(found.expected()),
                rules=rules,
                store_text=store_text,
                duckdb=duckdb,
                overwrite=overwrite,
                timeout=timeout,
                debug=debug,
                progress=lambda so_far: move(so_far.letters + so_far.failed, so_far.failed),
            )
    except (OutputError, ConfigError) as error:
        raise CommandError(str(error), 2) from error
    except (WriteError, WorkerError) as error:
        raise CommandError(str(error), 1) from error
    except KeyboardInterrupt as error:
        kept = (folder / STORE).exists()
        mend = "the same command goes on from there" if kept else f"nothing was written to {out}"
        raise CommandError(f"interrupted; {mend}", 130) from error
    _close(summary, out, f"{folder / 'errors.jsonl'}", quiet=quiet, loud=loud)


def _close(summary: Summary, out: str, errors: str, *, quiet: bool, loud: bool) -> None:
    """Say what a run did. Raises CommandError where letters failed."""
    if not quiet:
        for note in summary.notes:
            say(f"nlp-run: {note}")
        _print_table(summary, out) if loud else _print_line(summary, out)
        for line in summary.others.lines():
            say(f"nlp-run: {line}")
        if summary.letters and not summary.services:
            say(f"nlp-run: no disputed service was found; are these IMR determinations? (imr-nlp audit {out})")
    if summary.failed:
        from imr_nlp.records.summary import counted

        if not summary.letters:
            _say_reasons(errors)
        total = summary.letters + summary.failed
        raise CommandError(f"{summary.failed:,} of {counted(total, 'input')} failed; {errors} says which and why", 1)


def _say_reasons(errors: str) -> None:
    """Say why the first inputs failed, where all did. Spark's errors are no file of lines here."""
    with suppress(OSError, ValueError), Path(errors).open(encoding="utf-8") as lines:
        for line in islice(lines, _REASONS):
            say(f"nlp-run: {json.loads(line)['message']}")


def _require_local(options: dict[str, object]) -> None:
    """Refuse options that only the local engine has."""
    given = [option for option, value in options.items() if value]
    if given:
        raise CommandError(f"{', '.join(given)}: not with --engine spark (see docs/spark.md)", 2)


def _require_letters(found: Inputs, arguments: list[str]) -> None:
    """Wrong usage where nothing named exists, nothing in it is a letter, or a table's column is not named."""
    from imr_nlp.reading.limits import ARCHIVES, MEDIA_TYPES
    from imr_nlp.reading.problems import Problem

    if not found.items and found.outputs:
        raise CommandError(_only_output(Path(found.outputs[0])), 2)
    if not found.items:
        kinds = ", ".join([*MEDIA_TYPES, *sorted(ARCHIVES)])
        raise CommandError(
            "; ".join([f"no letters ({kinds}) in {', '.join(arguments[:3])}", *found.others.lines()]),
            2,
        )
    tables = [item for item in found.items if isinstance(item, Problem) and item.code == "table"]
    if tables:
        raise CommandError(tables[0].message, 2)
    missing = [item for item in found.items if isinstance(item, Problem) and item.code == "not_found"]
    if len(missing) == len(found.items):
        raise CommandError(missing[0].message, 2)
    if found.columns is not None:
        refusals = (_lacking(item, found.columns) for item in found.items)
        first = next(refusals)
        if first is not None and all(refusals):
            raise CommandError(first, 2)


def _lacking(item: str | Problem, columns: Columns) -> str | None:
    """Return why a table gives no letter where it has not the named columns; None for all else."""
    from imr_nlp.reading.limits import TABLES, suffix
    from imr_nlp.reading.table_files import lacking

    if not isinstance(item, str) or suffix(item) not in TABLES:
        return None
    refused = lacking(item, columns)
    return refused.message if refused else None


def _only_output(folder: Path) -> str:
    """Return why nothing is read of a folder that is the output of a run, or of this one."""
    from imr_nlp.reading.run_files import RUN, TEXTS

    if (folder / TEXTS).is_dir():
        fix = f"to read the texts in it again, name {folder}/{TEXTS}"
        return f"{folder} is the output of a run, not a folder of letters; {fix}"
    if (folder / RUN).is_file():
        return f"{folder} is the output of a run, not a folder of letters; name the folder that the run read"
    return f"{folder} would be both input and output; name another folder with -o"


def _workers(letters: int) -> int:
    return max(1, min(cores(), letters // LETTERS_A_WORKER))


def _print_line(summary: Summary, out: str) -> None:
    from imr_nlp.records.summary import counted

    say(
        f"{counted(summary.letters, 'letter')}, {counted(summary.services, 'service')}, {summary.failed:,} failed, "
        f"{summary.skipped:,} skipped, {summary.seconds:.1f} s, "
        f"{summary.letters_per_second:.1f} letters/s, warnings: {_warnings(summary)} -> {out}"
    )


def _warnings(summary: Summary) -> str:
    """Return how many warnings a run has, with its three most frequent kinds."""
    total = f"{sum(summary.warnings.values()):,}"
    kinds = ", ".join(f"{code} {count:,}" for code, count in summary.warnings.most_common(3))
    return f"{total} ({kinds})" if kinds else total


def _print_table(summary: Summary, out: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, title="IMR letters", title_justify="left")
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("letters", f"{summary.letters:,}")
    table.add_row("services", f"{summary.services:,}")
    for decision, style in (("upheld", "red"), ("overturned", "green"), ("modified", "yellow")):
        table.add_row(f"  {decision}", f"[{style}]{summary.decisions[decision]:,}")
    table.add_row("warnings", _warnings(summary))
    table.add_row("failed", f"[red]{summary.failed:,}" if summary.failed else "0")
    for code, count in summary.errors.most_common():
        table.add_row(f"  {code}", f"{count:,}")
    table.add_row("other files skipped", f"{summary.skipped:,}")
    table.add_row("time", f"{summary.seconds:.1f} s, {summary.letters_per_second:.1f} letters/s")
    console = Console(stderr=True)
    console.print(table)
    console.print(f"Written to {visible(out)}", markup=False, highlight=False, soft_wrap=True)
