"""A gold standard that holds none of the letters' words: offsets, labels and values beside a digest of each text.

The letters are public, but their text is not ours to hand on. `public_record` takes the words out of a gold record;
`read_public_gold` puts a gold together again for whoever has the letters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imr_nlp.evaluation.gold import Gold, GoldError
from imr_nlp.reading.source import ReadError, read

#: The file of the records in the folder of a gold standard.
RECORDS = "gold.jsonl"
_SERVICE = (
    "start",
    "end",
    "decision",
    "category",
    "procedure",
    "body_parts",
    "sessions",
    "frequency",
    "duration",
    "count",
    "refills",
    "implied_sessions",
)
_WORDS = frozenset({"text", "original_request", "authorized", "canonical", "strength"})


def public_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a gold record without the words of its letter.

    Args:
        record: A gold record with ``name``, ``sha256``, ``entities`` and ``services``.

    Returns:
        The name, the digest, the entities (offsets, label and values) and the services. A citation keeps its party,
        authority and year. A rationale sentence keeps its offsets and role.

    >>> entity = {"start": 0, "end": 3, "label": "PROCEDURE", "text": "MRI", "status": "requested"}
    >>> public_record({"name": "a", "sha256": "0", "entities": [entity], "services": []})["entities"]
    [{'start': 0, 'end': 3, 'label': 'PROCEDURE', 'status': 'requested'}]
    """
    return {
        "name": record["name"],
        "sha256": record["sha256"],
        "entities": [_wordless(entity) for entity in record["entities"]],
        "services": [
            {
                **{key: service[key] for key in _SERVICE if service.get(key) is not None},
                "citations": [
                    {key: cited.get(key) for key in ("party", "authority", "year", "outside_mtus") if key in cited}
                    for cited in service.get("citations", ())
                ],
                "rationale": [
                    {key: sentence[key] for key in ("start", "end", "role") if key in sentence}
                    for sentence in service.get("rationale", ())
                ],
            }
            for service in record["services"]
        ],
    }


def _wordless(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entity.items() if key not in _WORDS}


def is_public(path: Path) -> bool:
    """Tell a public gold standard from a gold with its words, by its first record with a service.

    Args:
        path: A folder with ``gold.jsonl``, or a file of gold records.

    >>> is_public(Path("missing"))
    False
    """
    try:
        with (path / RECORDS if path.is_dir() else path).open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if services := record["services"]:
                    return "text" not in services[0]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False  # the reader of gold says what is wrong
    return False


def read_public_gold(folder: Path, letters: Path) -> tuple[Gold, list[str], list[str]]:
    """Read a public gold standard with the letters of a folder.

    Args:
        folder: The folder with ``gold.jsonl``, or a file of such records.
        letters: The folder with ``NAME.txt`` for each record.

    Returns:
        The gold of the letters that are there, the names that are missing, and the names whose text differs.

    Raises:
        GoldError: The records can't be read, or none of their letters is there.
    """
    path = folder / RECORDS if folder.is_dir() else folder
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    records, found, missing, different = [], {}, [], []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            name, digest = record["name"], record["sha256"]
        except (ValueError, KeyError, TypeError):
            raise GoldError(f"{path}:{number}: no record of a gold standard") from None
        try:
            source = read(letters / f"{name}.txt")
        except ReadError:
            missing.append(name)
            continue
        if source.text_sha256 != digest:
            different.append(name)
            continue
        for service in record["services"]:
            service["text"] = source.text[service["start"] : service["end"]]
        records.append(record)
        found[name] = source
    if not records:
        raise GoldError(f"{letters}: none of the {len(lines)} letters of {path} is there with the text annotated")
    return Gold(records, found), missing, different
