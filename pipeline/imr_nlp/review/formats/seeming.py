"""Which labelling tool a file seems to come from, for the message that it is none of another's."""

from __future__ import annotations

import json
from pathlib import Path

_MAX_LINE_BYTES = 1 << 24  # bytes of a first line
_ENDINGS = {".spacy": "docbin", ".ann": "brat", ".csv": "csv"}


def seeming_format(path: Path) -> str | None:
    """Return the format that a file or folder seems to have, or None where nothing tells.

    >>> seeming_format(Path("letters.spacy"))
    'docbin'
    """
    try:
        if path.is_dir():
            found = {_ENDINGS[entry.suffix] for entry in path.iterdir() if entry.suffix in _ENDINGS}
            return found.pop() if len(found) == 1 else "label-studio" if (path / "tasks.json").is_file() else None
        if path.suffix in _ENDINGS or not path.is_file():
            return _ENDINGS.get(path.suffix)
        with path.open("rb") as stream:
            line = stream.readline(_MAX_LINE_BYTES).removeprefix(b"\xef\xbb\xbf").strip()
    except OSError:
        return None
    if line.startswith(b"["):
        return "label-studio"
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return "csv" if b"letter" in line and b"kind" in line and b"text_sha256" in line else None
    if not isinstance(values, dict):
        return None
    if "tokens" in values or "spans" in values:
        return "prodigy"
    return "doccano" if "entities" in values or "label" in values else None
