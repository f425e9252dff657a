"""Put the pipeline together from ``configs/pipeline.cfg``."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import spacy.util
from spacy.language import Language

from imr_nlp.compat import postpone_nltk
from imr_nlp.config import ConfigError, folder
from imr_nlp.doc.factory import Waiting

#: The component that makes the Doc over the text as it came. Runs make the record from the reading view instead.
SOURCE_DOC = "imr_record"
_WITH_RULES = ("imr_targets", "imr_context")


def load(
    rules: str | Path | None = None,
    *,
    disable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    source_doc: bool = True,
    **components: dict[str, Any],
) -> Language:
    """Return the pipeline as a spaCy ``Language``; ``nlp(text)._.letter`` is the record of a letter.

    Args:
        rules: A file of the user's own rules. They win over the shipped ones.
        disable: Names of components to load but not to run, until ``nlp.enable_pipe(name)``.
        exclude: Names of components not to load.
        source_doc: Whether the Doc comes back over the text as it was given. With False it stays over the reading
            view, which saves time where only the record is wanted. The record is the same.
        **components: Further settings of components, by their names.

    Raises:
        ConfigError: A rules file cannot be used.
        ValueError: There is no component of a given name.

    >>> nlp = load()
    >>> nlp.pipe_names[0], nlp.pipe_names[-1]
    ('imr_layout', 'imr_record')
    >>> load(source_doc=False).pipe_names[-1]
    'imr_context'
    """
    postpone_nltk()
    config = spacy.util.load_config(folder("configs") / "pipeline.cfg")
    known = list(config["nlp"]["pipeline"])
    disabled, excluded = (_names(names, known) for names in (disable, exclude))
    if rules is not None:
        for name in _WITH_RULES:
            config["components"][name]["extra_rules"] = str(Path(rules).resolve())
    for name in _names(components, known):
        if not isinstance(components[name], dict):
            raise ValueError(f"the settings of {name} must be a dict, such as {{'model': None}}")
        config["components"][name].update(components[name])
    if not source_doc:
        disabled.append(SOURCE_DOC)
    with _no_collection():
        nlp = spacy.util.load_model_from_config(config, auto_fill=True, disable=disabled, exclude=excluded)
    for _, component in nlp.components:
        if isinstance(component, Waiting) and component.missing is not None:
            raise ConfigError(str(component.missing))
    return nlp


def _names(names: str | Iterable[str], known: list[str]) -> list[str]:
    """Return the names as a list. Raises ValueError if one is no component's."""
    given = [names] if isinstance(names, str) else list(names)
    for name in given:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"there is no component {name!r}{hint} (known: {', '.join(known)})")
    return given


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
