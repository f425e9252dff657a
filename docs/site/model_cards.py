"""A hook of MkDocs: the cards of the trained models, which lie beside the models, become pages of the site."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

MODELS = Path(__file__).resolve().parents[2] / "models"


def on_files(files: Files, config: Any) -> Files:
    """Add each card and its pictures to the pages."""
    for card in sorted(MODELS.glob("*/*/card.md")):
        name = card.parent.parent.name
        for path in (card, *card.parent.glob("*.png")):
            place = f"models/{name}/{'index.md' if path == card else path.name}"
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files
