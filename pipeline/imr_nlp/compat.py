"""Modules that load when they are first used, though another library imports them at once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class Postponed(ModuleType):
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
        sys.modules[name] = Postponed(name)
        sys.modules[name].__spec__ = spec
