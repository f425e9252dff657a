"""``imr-nlp schema``: what a record looks like, as JSON Schema."""

from __future__ import annotations

import json
import sys
from typing import Any


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one line of ``letters.jsonl``.

    >>> json_schema()["properties"]["services"]["items"]
    {'$ref': '#/$defs/Service'}
    """
    from imr_nlp.records.schema import Letter

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Letter.model_json_schema()}


def schema() -> None:
    """Print the JSON Schema of a record (one line of letters.jsonl)."""
    sys.stdout.write(json.dumps(json_schema(), indent=2, sort_keys=True) + "\n")
