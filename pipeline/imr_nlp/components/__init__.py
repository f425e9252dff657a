"""The pipeline's components, one a module, in the order of ``configs/pipeline.cfg``."""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Postponed(ModuleType):
    """Stands for a module until something in it is used.

    medspaCy imports QuickUMLS, which imports NLTK: over a second at every start for what no component here uses.
    (`importlib.util.LazyLoader` does not help: a second ``import`` of the module already loads it.)
    """

    def __getattr__(self, name: str) -> Any:
        del sys.modules[self.__name__]
        module = importlib.import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def _postpone(name: str) -> None:
    spec = importlib.util.find_spec(name) if name not in sys.modules else None
    if spec is not None:
        sys.modules[name] = _Postponed(name)
        sys.modules[name].__spec__ = spec


_postpone("nltk")
