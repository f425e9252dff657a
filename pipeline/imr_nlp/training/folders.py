"""Where training writes: a folder of its own, never over files of the user's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from imr_nlp.config import ConfigError

META = "meta.json"


class FolderError(ConfigError):
    """A folder that training must not write; the message names it, the reason and what to do."""


def require_model_folder(place: Path, name: str) -> None:
    """Check that a model may be written into ``place``: nothing is there, or a model of the same name.

    Args:
        place: ``OUT/NAME/VERSION``.
        name: What the ``meta.json`` of such a model gives as its name.

    Raises:
        FolderError: It holds files that no training wrote, or leads over a link.
    """
    _refuse_links([place.parent, place, *(place.rglob("*") if place.is_dir() else ())])
    if os.path.lexists(place) and not place.is_dir():
        raise FolderError(f"{place} is no folder; name another with -o")
    if not place.is_dir() or not any(place.iterdir()):
        return
    if _name_in(place / META) != name:
        raise FolderError(f"{place} holds files and no model {name}; move them away, or name another folder with -o")


def require_prepared_folder(folder: Path, names: Iterable[str], table: str) -> None:
    """Check that training data may be written into ``folder``: none of their names is taken by another file.

    Args:
        folder: ``OUT``.
        names: The files that will be written.
        table: The one of them that tells whether training data are there: a JSON object of letters with their folds.

    Raises:
        FolderError: A name is taken.
    """
    names = list(names)
    _refuse_links(folder / name for name in names)
    taken = [folder / name for name in names if (folder / name).exists()]
    if taken and not _is_table(folder / table):
        raise FolderError(f"{taken[0]} is there, and 'train prepare' did not write it; name another folder with -o")


def _refuse_links(paths: Iterable[Path]) -> None:
    """Refuse links, over which files elsewhere would change."""
    for path in paths:
        if path.is_symlink():
            raise FolderError(f"{path} is a link, and would change another file; name another folder with -o")


def _name_in(meta: Path) -> object:
    try:
        found = json.loads(meta.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found.get("name") if isinstance(found, dict) else None


def _is_table(path: Path) -> bool:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and all(isinstance(row, dict) and "fold" in row for row in found.values())
