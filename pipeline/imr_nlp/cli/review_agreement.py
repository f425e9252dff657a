"""``imr-nlp review agreement``: how far two or more sets of annotations agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import require_own, write_output
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from rich.table import Table

    from imr_nlp.evaluation.gold import Gold
    from imr_nlp.review.agreement import Agreement, Pair

GOLD = "gold.jsonl"


def agreement_command(
    sets: Sequence[Path], html: Path | None = None, write: Path | None = None, letters: Path | None = None
) -> None:
    """Print how far sets of annotations agree, and write a page (``html``) and figures (``write``) where asked.

    ``sets`` are gold files, or folders that hold one (``gold.jsonl``); ``letters`` is the folder of their letters where
    those are not beside them. Raises CommandError.
    """
    if len(sets) < 2:
        raise CommandError("agreement takes two or more sets of annotations", 2)
    for option, file in (("--json", write), ("--html", html)):
        if file is not None:
            require_own(option, file, page=option == "--html")
    from imr_nlp.evaluation.gold import GoldError, read_gold
    from imr_nlp.review.agreement import agreement

    try:
        golds = {name: read_gold(gold_file(path), letters) for name, path in zip(_names(sets), sets, strict=True)}
        texts = _texts(golds)
        found = agreement({name: gold.records for name, gold in golds.items()}, texts)
    except (GoldError, ValueError) as error:
        raise CommandError(str(error), 2) from error
    if not any(pair.letters for pair in found.pairs):
        raise CommandError("no two of the sets have a letter in common (letters are compared by name)", 2)
    _print(found)
    if write is not None:
        write_output("--json", write, json.dumps(found.figures(), indent=1) + "\n")
    if html is not None:
        from imr_nlp.report.agreement import page

        write_output("--html", html, page(found, texts))


def gold_file(path: Path) -> Path:
    """Return the gold file that ``path`` is, or holds."""
    return path / GOLD if path.is_dir() else path


def table(first: str, *numbers: str) -> Table:
    """Return an empty table: a first column of names, then columns of numbers."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    made.add_column(first, no_wrap=True)
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def _names(sets: Sequence[Path]) -> list[str]:
    """Return short names of annotators: the file's, or its folder's where the file is called gold; else the path.

    >>> _names([Path("ann/gold.jsonl"), Path("bob.jsonl"), Path("annotations/eve")])
    ['ann', 'bob', 'eve']
    >>> _names([Path("1/ann"), Path("2/ann")])
    ['1/ann', '2/ann']
    """
    short = [path.resolve().parent.name if path.name == GOLD else path.name.removesuffix(".jsonl") for path in sets]
    times = Counter(short)
    names = [name if times[name] == 1 else path.as_posix() for name, path in zip(short, sets, strict=True)]
    for name, times_given in Counter(names).items():
        if times_given > 1:
            raise CommandError(f"{name} is given twice", 2)
    return names


def _texts(golds: dict[str, Gold]) -> dict[str, str]:
    """Return the letters' texts by name; annotations of two different texts can't be compared."""
    texts: dict[str, str] = {}
    for who, gold in golds.items():
        for name, text in gold.texts.items():
            if texts.setdefault(name, text) != text:
                raise CommandError(f"letter {name}: the text that {who} annotated is not the text of the others", 2)
    return texts


def _print(agreement: Agreement) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    wide = console.options.update(width=10_000)
    for pair in agreement.pairs:
        console.print(
            f"{pair.a} and {pair.b}: {len(pair.letters)} letters in common, {len(pair.disagreements)} disagreements"
        )
        if pair.only_a or pair.only_b:
            console.print(f"letters of one only: {len(pair.only_a)} of {pair.a}, {len(pair.only_b)} of {pair.b}")
        console.print(_spans(pair))
        console.print(_values(pair))
        differing = pair.differing()
        for name, (values, rows) in pair.tables().items():
            if name not in differing:
                continue
            table_ = _confusion(f"{name}: rows {pair.a}, columns {pair.b}", values, rows)
            if console.measure(table_, options=wide).maximum <= console.width:
                console.print(table_)
            else:
                console.print(_differences(f"{name}: {pair.a} > {pair.b}", values, rows))
    if len(agreement.pairs) > 1:
        mean = table("mean over the pairs", "")
        for name, value in agreement.mean().items():
            mean.add_row(name, f"{value:.3f}")
        console.print(mean)


def _spans(pair: Pair) -> Table:
    from rich.text import Text

    made = table("marked", "F1 exact", "F1 overlap", "A", "B")
    for name, exact in pair.counts.items():
        if name.endswith(" exact") and (exact.gold or exact.predicted):
            label = name.removesuffix(" exact")
            overlap = pair.counts[f"{label} overlap"]
            made.add_row(Text(label), f"{exact.f1:.3f}", f"{overlap.f1:.3f}", f"{exact.gold:,}", f"{exact.predicted:,}")
    return made


def _values(pair: Pair) -> Table:
    from rich.text import Text

    from imr_nlp.review.agreement import is_closed

    made = table("said of it", "kappa", "agree", "pairs")
    for name, judged in pair.judged.items():
        kappa = f"{judged.kappa:.3f}" if is_closed(name) else ""
        made.add_row(Text(name), kappa, f"{judged.share:.3f}", f"{len(judged.pairs):,}")
    return made


def _confusion(title: str, values: Sequence[str], rows: Sequence[Sequence[int]]) -> Table:
    from rich.text import Text

    made = table("")
    made.title = Text(one_line(title))
    for value in values:
        made.add_column(Text(one_line(value)), justify="right", no_wrap=True)
    for value, row in zip(values, rows, strict=True):
        made.add_row(Text(one_line(value)), *(str(count or "") for count in row))
    return made


def _differences(title: str, values: Sequence[str], rows: Sequence[Sequence[int]]) -> Table:
    """Return the cells off the diagonal as a list, the largest first, where a table would be too wide."""
    from rich.text import Text

    made = table("", "times")
    made.title = Text(one_line(title))
    cells = [
        (count, f"{value} > {other}")
        for value, row in zip(values, rows, strict=True)
        for other, count in zip(values, row, strict=True)
        if count and value != other
    ]
    for count, words in sorted(cells, key=lambda cell: (-cell[0], cell[1])):
        made.add_row(Text(one_line(words)), f"{count:,}")
    return made
