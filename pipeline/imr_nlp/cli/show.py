"""``imr-nlp show``: letters to be checked at a glance, in the terminal or as a page to send."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from imr_nlp.cli.console import check_rules, is_url, say
from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import require_no_input
from imr_nlp.text.subject import subject
from imr_nlp.text.visible import json_line

if TYPE_CHECKING:
    from imr_nlp.records.schema import Letter

    Read = tuple[Letter, str]


#: What goes into a file by the ending of its name.
_FORMS = {".html": "html", ".htm": "html", ".md": "md", ".json": "json"}


def show(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Letters, or - for standard input.", show_default=False)
    ],
    form: Annotated[
        Literal["text", "html", "md", "json"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Text for a terminal, a page, Markdown, or the records as JSON (default: by the ending of OUT, "
            "or text).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="File to write, instead of standard output.")
    ] = None,
    width: Annotated[
        int | None, typer.Option("--width", min=20, help="Columns of the text (default: those of the terminal).")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own, added to the shipped ones."),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="List every finding with the rule that made it.")] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Time limit of a letter; inf for none."),
    ] = 60,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT where it exists.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Show letters: the facts, each service with decision, quantities, citations and coloured rationale.

    The first line sums up. A page (html) holds all letters and needs no other file.

    [bold]Examples[/bold]

      imr-nlp show letter.pdf

      imr-nlp show letter.pdf --why | less -R

      imr-nlp show *.pdf -o letters.html
    """
    from imr_nlp.reading.limits import TABLES, suffix

    check_rules(rules)
    for name in files:
        if is_url(name):
            raise CommandError(f"{name} is a URL; download it, and name the file", 2)
        if Path(name).is_dir():
            raise CommandError(f"{name} is a folder; name letters in it, or read it with imr-nlp run {name} -o OUT", 2)
        if suffix(name) in TABLES and Path(name).is_file():
            raise CommandError(f"{name} is a table; read it with imr-nlp run {name} --text-column NAME -o OUT", 2)
    wanted = "text" if out is None else _FORMS.get(suffix(out), "text")
    if form is not None:
        wanted = form
    if out is not None:
        require_no_input("-o", out, files)
    if out is not None and out.is_file() and not overwrite:
        raise CommandError(f"{out} exists; name another file, or add --overwrite to replace it", 2)
    if wanted == "html" and out is None and sys.stdout.isatty():
        raise CommandError("a page does not fit a terminal; name a file with -o", 2)
    problems: list[CommandError] = []
    letters = list(_read(files, rules, timeout, debug, problems.append))
    if letters:
        write = {"text": _text, "html": _html, "md": _markdown, "json": _json}[wanted]
        text = write(letters, width, why, out)
        try:
            _put(text, out)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandError(f"{out or 'standard output'}: can't write there ({error.strerror})", 1) from error
    if problems:
        for problem in problems[:-1]:
            say(f"imr-nlp: {problem}")
        code = max(problem.code for problem in problems) if not letters else 1
        raise CommandError(str(problems[-1]), code) from problems[-1].__cause__


def _read(
    files: list[str], rules: Path | None, timeout: float, debug: bool, fail: Callable[[CommandError], None]
) -> Iterator[Read]:
    """Yield the records of files with their texts; ``fail`` is told of those that can't be read.

    The letters are read in a process of their own, with the time limit and the memory limit of a run.
    """
    from imr_nlp.config import ConfigError
    from imr_nlp.reading.problems import Problem
    from imr_nlp.run.isolated import read_each
    from imr_nlp.run.pool import WorkerError

    try:
        for read in read_each(files, rules, timeout, debug=debug):
            if isinstance(read, Problem):
                fail(CommandError(read.message, 2 if read.code == "not_found" else 1))
            else:
                yield read
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    except WorkerError as error:
        raise CommandError(str(error), 1) from error


def _text(letters: list[Read], width: int | None, why: bool, out: Path | None) -> str | None:
    """Print letters, in colour where that is wanted. What goes to a file is returned."""
    import io

    from rich.console import Console

    from imr_nlp.cli.render import findings, letter, together

    stream = io.StringIO() if out else None
    console = Console(highlight=False, width=width, file=stream)
    if len(letters) > 1:
        console.print(together([record for record, _ in letters]))
    for record, text in letters:
        with subject(record.source.path):
            console.print(letter(record, text, console.width))
            if why:
                console.print(findings(record, text, console.width))
    return stream.getvalue() if stream else None


def _html(letters: list[Read], width: int | None, why: bool, out: Path | None) -> str:
    """Return letters as one page. ``width`` and ``why`` are the terminal's: the page shows every finding's rule."""
    from imr_nlp.records.summary import counted
    from imr_nlp.report.letter import document

    title = letters[0][0].source.path or "Letter" if len(letters) == 1 else counted(len(letters), "letter")
    return document(letters, title)


def _markdown(letters: list[Read], width: int | None, why: bool, out: Path | None) -> str:
    from imr_nlp.records.summary import sentence
    from imr_nlp.report.markdown import escaped, letter

    head = [f"{escaped(sentence([record for record, _ in letters]))}\n"] if len(letters) > 1 else []
    return "\n".join([*head, *(letter(record, text) for record, text in letters)])


def _json(letters: list[Read], width: int | None, why: bool, out: Path | None) -> str:
    """Return one record, or a list of several."""
    records = [record.model_dump(mode="json", exclude_none=True) for record, _ in letters]
    text = json.dumps(records[0] if len(records) == 1 else records, indent=2, ensure_ascii=False)
    return json_line(text) + "\n"


def _put(text: str | None, out: Path | None) -> None:
    """Write a result to a file or to standard output, as UTF-8."""
    if text is None:
        return
    data = text.encode("utf-8", "backslashreplace")
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(data)
