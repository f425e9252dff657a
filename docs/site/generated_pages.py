"""A hook of MkDocs: what lies beside the docs becomes pages, namely the models' cards and the label guide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
LABELS = ROOT / "annotations/labels.yml"


def on_files(files: Files, config: Any) -> Files:
    """Add each card with its pictures, and the page of labels."""
    for card in sorted(MODELS.glob("*/*/card.md")):
        name = card.parent.parent.name
        for path in (card, *card.parent.glob("*.png")):
            place = f"models/{name}/{'index.md' if path == card else path.name}"
            files.append(File.generated(config, place, abs_src_path=str(path)))
    files.append(File.generated(config, "labels.md", content="\n".join(label_page())))
    return files


def label_page() -> Iterator[str]:
    """Yield the lines of the label guide, as ``annotations/labels.yml`` has it."""
    scheme = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
    yield "# The label guide"
    yield ""
    yield "What may be annotated, and with which values. Gold with any other value is refused."
    for label, meaning in scheme["entities"].items():
        yield from ("", f"## {label}", "", meaning["definition"])
        kind = meaning.get("attribute") or meaning.get("range")
        if kind and meaning.get("values"):
            yield from _table(kind, meaning["values"])
    yield from ("", "## Services")
    for name, values in scheme["services"].items():
        yield from _table(name, values)
    yield from ("", "## Sentences of the rationale", "", scheme["rationale"]["definition"])
    yield from _table("role", scheme["rationale"]["roles"])


def _table(name: str, values: dict[str, str]) -> Iterator[str]:
    yield from ("", f"| {name} | meaning |", "|---|---|")
    yield from (f"| `{value}` | {meaning} |" for value, meaning in values.items())
