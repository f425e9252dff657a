"""What was measured, as JSON for tracking and as a table for reading."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imr_nlp.benchmark.measure import Measured
from imr_nlp.benchmark.plan import Plan
from imr_nlp.version import __version__

if TYPE_CHECKING:
    from rich.table import Table

_PARTS = ("spacy", "medspacy", "PyRuSH", "pydantic", "pypdfium2", "pyarrow", "pyspark")


def figures(plan: Plan, measured: list[Measured]) -> dict[str, Any]:
    """Return everything that is known of a benchmark, ready for JSON: no paths, no text of letters."""
    rows = [row for found in measured for row in _rows(found)]
    sizes = next((row.size for row in measured), {})
    return {
        "rows": rows,
        "ratios": _ratios(rows),
        "corpus": {
            "letters": len(plan.letters.all),
            "pdfs": len(plan.letters.pdfs),
            **{f"{key}_per_letter": _short(size) for key, size in sizes.items() if key != "sample"},
        },
        "machine": _machine(),
        "notes": [*plan.notes, *plan.failed],
    }


def _rows(found: Measured) -> list[dict[str, Any]]:
    """Return the row of the table that a process makes, or, of the components, the rows."""
    if found.name == "components":
        return [_component(found, part) for part in found.passes[0]["parts"]]
    tokens = found.size["tokens"]
    row: dict[str, Any] = {
        "name": found.name,
        "letters_per_second": _short(found.rate),
        "tokens_per_second": _short(found.rate * tokens),
        "peak_mib": _short(found.memory["peak_mib"]),
        "ms_per_letter": _short(1000 / found.rate),
        "letters": found.passes[0]["letters"],
        "passes": len(found.passes),
    }
    if found.cpu_rate:
        row["cpu_ms_per_letter"] = _short(1000 / found.cpu_rate)
        row["cpu_tokens_per_second"] = _short(found.cpu_rate * tokens)
    if "peak_mib_worker" in found.memory:
        row["peak_mib_worker"] = _short(found.memory["peak_mib_worker"])
    for part in found.passes[0]["parts"]:
        row[part] = _short(min(known["parts"][part] for known in found.passes))
    return [row]


def _component(found: Measured, part: str) -> dict[str, Any]:
    """A component's share of the pipeline; its memory is that of the process that holds them all."""
    seconds = min(known["parts"][part] / known["letters"] for known in found.passes)
    return {
        "name": f"pipeline:{part}",
        "letters_per_second": _short(1 / seconds),
        "tokens_per_second": _short(found.size["tokens"] / seconds),
        "peak_mib": _short(found.memory["peak_mib"]),
        "ms_per_letter": _short(1000 * seconds),
        "cpu_ms_per_letter": _short(1000 * seconds),
    }


def _ratios(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return how the rows that matter stand to one another: by processor time where both took one process."""
    by_name = {row["name"]: row for row in rows}
    runs = [name for name in by_name if name.startswith("workers-") and name != "workers-1"]
    pairs = [("pipeline", "tokenise"), ("pipeline", "medspacy"), *((name, "workers-1") for name in runs)]
    pairs += [(name, name.replace("spark", "workers")) for name in by_name if name.startswith("spark-")]
    found = {}
    for one, other in pairs:
        if one in by_name and other in by_name:
            key = "cpu_tokens_per_second" if one == "pipeline" else "tokens_per_second"
            found[f"{one}/{other}"] = _short(by_name[one][key] / by_name[other][key])
    return found


def _machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": _cpu(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {"imr-nlp": __version__, **{name: known for name in _PARTS if (known := _version(name))}},
        "commit": _commit(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _commit() -> str | None:
    """Return the commit that the code is of, where it lies in a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=10"], cwd=Path(__file__).parent,
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _short(number: float) -> float:
    """Return a number with four digits that mean something.

    >>> _short(1234.56), _short(0.00123456)
    (1235.0, 0.001235)
    """
    return float(f"{number:.4g}")


def table(known: dict[str, Any]) -> Table:
    """Return the table of a benchmark's figures."""
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("row", no_wrap=True)
    for name in ("letters/s", "tokens/s", "ms", "CPU ms", "MiB"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in known["rows"]:
        _, component, part = row["name"].rpartition("pipeline:")
        shown.add_row(
            f"  {part}" if component else row["name"],
            *("", "", "") if component else _by_the_clock(row),
            f"{row['cpu_ms_per_letter']:.2f}" if "cpu_ms_per_letter" in row else "",
            "" if component else f"{row['peak_mib']:,.0f}",
            style="dim" if component else None,
        )
    return shown


def _by_the_clock(row: dict[str, Any]) -> tuple[str, str, str]:
    return f"{row['letters_per_second']:,.1f}", f"{row['tokens_per_second']:,.0f}", f"{row['ms_per_letter']:.2f}"
