"""Work-arounds for other libraries, each with the versions that need it.

- `postpone_nltk`: medspaCy 1.3 imports QuickUMLS and with it NLTK. See ``docs/decisions/medspacy-as-rule-format.md``.
- `spacy_without_commands`: spaCy imports its command line, and the names of all languages.
- `scispacy_candidates`: scispaCy imports scikit-learn, and what it needs to fetch models.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import lru_cache
from importlib import metadata
from types import ModuleType
from typing import Any

#: Versions of medspaCy of which it is known that ``medspacy/util.py`` imports QuickUMLS without using it here.
MEDSPACY = "1.3."


class LazyModule(ModuleType):
    """Stands for a module until something in it is used.

    (`importlib.util.LazyLoader` does not help here: a second ``import`` of the module already loads it.)
    """

    def __getattr__(self, name: str) -> Any:
        sys.modules.pop(self.__name__, None)
        module = importlib.import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def postpone(name: str) -> None:
    """Have the module ``name`` load when it is first used, if it is installed and not loaded yet."""
    spec = importlib.util.find_spec(name) if name not in sys.modules else None
    if spec is not None:
        sys.modules[name] = LazyModule(name)
        sys.modules[name].__spec__ = spec


def postpone_nltk() -> None:
    """Have NLTK load when it is first used. Without this, importing medspaCy loads it, which takes over a second.

    Another version of medspaCy, or one that is loaded already, is left alone.
    """
    if "medspacy" not in sys.modules and metadata.version("medspacy").startswith(MEDSPACY):
        postpone("nltk")


def spacy_without_commands() -> None:
    """Import spaCy without its command line, which takes a third of that import's time (0.1 s) and is not used here.

    The names of languages (langcodes) load when they are first used, which saves a twentieth of it.
    ``spacy.info`` is the one function of it that ``import spacy`` gives; it loads the command line when it is called.
    Where spaCy is loaded already, nothing is done.
    """
    name = "spacy.cli.info"
    if "spacy" in sys.modules:
        return

    def info(*args: Any, **settings: Any) -> Any:
        return importlib.import_module(name).info(*args, **settings)

    stand_in = sys.modules[name] = ModuleType(name)
    stand_in.info = info  # type: ignore[attr-defined]
    postpone("langcodes")
    try:
        importlib.import_module("spacy")
    finally:
        del sys.modules[name]


@lru_cache(maxsize=1)
def scispacy_candidates() -> Any:
    """Return scispaCy's module of candidate generation, without the 130 MB that scikit-learn takes.

    The module needs scikit-learn only to build an index, which this project does elsewhere. A stand-in takes its
    place while the module is imported, where scikit-learn is not loaded already. Requests and joblib, which fetch and
    read models that this project does not use, load when they are first used.

    Returns:
        The module, with ``CandidateGenerator``, ``KnowledgeBase`` and ``Entity``.
    """
    name = "sklearn.feature_extraction.text"
    stand_in = ModuleType(name)
    stand_in.TfidfVectorizer = type("TfidfVectorizer", (), {})  # type: ignore[attr-defined]
    replaced = sys.modules.setdefault(name, stand_in) is stand_in
    postpone("requests")
    postpone("joblib")
    try:
        module = importlib.import_module("scispacy.candidate_generation")
        module.Entity = importlib.import_module("scispacy.linking_utils").Entity  # type: ignore[attr-defined]
    finally:
        if replaced:
            del sys.modules[name]
    return module
