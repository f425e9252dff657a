"""``imr-nlp review diff``: what reviewers changed in a run, and which rules to correct first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import require_own, write_output
from imr_nlp.cli.review_agreement import gold_file, table
from imr_nlp.text.visible import one_line

if TYPE_CHECKING:
    from rich.table import Table

    from imr_nlp.evaluation.gold import Gold
    from imr_nlp.review.diff import Diff, RuleChanges

#: Rules, and changes of values of one rule, that the terminal shows; --json has all.
RULES, VALUES = 40, 3


def diff_command(run: Path, gold: Path, write: Path | None = None, letters: Path | None = None) -> None:
    """Print what reviewers changed, by label and by rule; write all of it as JSON (``write``) where asked.

    ``run`` is a run's folder, or its letters.jsonl; ``gold`` a gold file, or the folder that holds one; ``letters`` the
    folder of the letters where they are not beside the gold. Raises CommandError.
    """
    require_own("--json", write)
    from imr_nlp.evaluation.gold import GoldError, read_gold, read_records
    from imr_nlp.review.diff import diff

    try:
        reviewed = read_gold(gold_file(gold), letters)
        records = read_records(run, reviewed)
        found = diff({name: each for name, each in records.items() if _same_text(each, reviewed, name)}, reviewed)
    except (GoldError, ValueError) as error:
        raise CommandError(str(error), 2) from error
    if not found.letters:
        raise CommandError(
            f"{run}: no record of the text of any of the {len(found.without_record)} reviewed letters", 2
        )
    _print(found)
    if write is not None:
        write_output("--json", write, json.dumps(found.figures(), indent=1) + "\n")


def _same_text(record: dict[str, Any], gold: Gold, name: str) -> bool:
    """Whether a record's offsets count the characters that the reviewers saw."""
    return bool(record["source"]["text_sha256"] == gold.letters[name].text_sha256)


def _print(diff: Diff) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(
        f"{diff.letters} reviewed letters; {len(diff.without_record)} more have no record of the same text in this run"
    )
    console.print(_labels(diff))
    for label in diff.labels:
        if label.changed:
            changed = ", ".join(f"{name} {times:,}" for name, times in label.changed.most_common())
            console.print(one_line(f"changed values of {label.label}: {changed}"))
    wrong = [rule for rule in diff.rules if rule.wrong]
    console.print(_rules(wrong[:RULES]))
    if len(wrong) > RULES:
        console.print(f"{len(wrong) - RULES} more rules with changes (--json has them)")
    console.print(f"{len(diff.rules) - len(wrong)} rules were not changed")


def _labels(diff: Diff) -> Table:
    from rich.text import Text

    made = table("label", "found", "kept", "added", "removed", "moved", "relabelled")
    for label in diff.labels:
        numbers = (label.found, label.kept, label.added, label.removed, label.moved, label.relabelled)
        made.add_row(Text(one_line(label.label)), *(f"{number:,}" for number in numbers))
    return made


def _rules(rules: list[RuleChanges]) -> Table:
    """Return the rules with what became of their decisions, each below its name: that fits 80 columns."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("rule", overflow="fold")
    for name in ("wrong", "of", "precision"):
        made.add_column(name, justify="right", no_wrap=True)
    for rule in rules:
        about = Text.assemble(one_line(rule.rule), (f"\n  {one_line(_changes(rule))}", "dim"))
        made.add_row(about, f"{rule.wrong:,}", f"{rule.decided:,}", f"{rule.precision:.3f}")
    return made


def _changes(rule: RuleChanges) -> str:
    """Return the label and duty of a rule, and what reviewers did to its decisions."""
    counts = {"removed": rule.removed, "moved": rule.moved, "relabelled": rule.relabelled}
    told = [f"{number:,} {what}" for what, number in counts.items() if number]
    for (facet, was, became), times in rule.values.most_common(VALUES):
        told.append(f"{facet}: {was} > {became} ({times:,})")
    return f"{rule.label}, {rule.duty}: {'; '.join(told)}"
