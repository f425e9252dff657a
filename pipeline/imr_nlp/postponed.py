"""Modules that load when they are first used, though another library imports them at once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def set_aside() -> Iterator[None]:
    """Hide the postponed modules from what looks through all loaded modules, which would load them."""
    waiting = {name: module for name, module in sys.modules.items() if type(module) is Postponed}
    for name in waiting:
        del sys.modules[name]
    try:
        yield
    finally:
        for name, module in waiting.items():
            sys.modules.setdefault(name, module)
