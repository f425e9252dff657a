"""Puts the pipeline together from ``configs/pipeline.cfg``."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import spacy.util
from spacy.language import Language

from imr_nlp.config import folder


def load(rules: str | Path | None = None, **components: dict[str, Any]) -> Language:
    """Return the pipeline as a spaCy ``Language``; ``nlp(text)._.letter`` is the record of a letter.

    ``rules`` is a file of the user's own rules, which win over the shipped ones. Further settings of components can
    be given by name. Raises ConfigError where a rules file can't be used.

    >>> nlp = load()
    >>> nlp.pipe_names[0], nlp.pipe_names[-1]
    ('imr_layout', 'imr_record')
    """
    config = spacy.util.load_config(folder("configs") / "pipeline.cfg")
    if rules is not None:
        for name in ("imr_targets", "imr_context"):
            config["components"][name]["extra_rules"] = str(Path(rules).resolve())
    for name, settings in components.items():
        config["components"][name].update(settings)
    with _no_collection():
        return spacy.util.load_model_from_config(config, auto_fill=True)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Put garbage collection off: loading makes very many objects and drops few; it saves a seventh of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
