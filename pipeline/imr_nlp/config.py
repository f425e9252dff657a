"""Where the rules, vocabularies and layouts are, and how they are read.

Everything that is words rather than code lives under ``configs/``. In a checkout that folder stands
beside ``pipeline/``; in an installed wheel it travels inside the package.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PACKAGE = Path(__file__).resolve().parent


class ConfigError(ValueError):
    """A rules, vocabulary or layout file that can't be used; the message names the file, line and reason."""


def folder(name: str) -> Path:
    """Return the folder ``name`` (``"configs"`` or ``"models"``) of this installation.

    >>> folder("configs").is_dir()
    True
    """
    packed = PACKAGE / name
    return packed if packed.is_dir() else PACKAGE.parents[1] / name


def read_yaml(path: str | Path) -> Any:
    """Read one YAML file; a relative path is taken from ``configs/``.

    Raises ConfigError, naming file and line, where the file is missing or is not YAML.
    """
    path = Path(path)
    if not path.is_absolute():
        path = folder("configs") / path
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: {getattr(error, 'problem', None) or error}") from error


@lru_cache(maxsize=64)
def shipped(name: str) -> Any:
    """Return a shipped configuration file, read once a process. Callers must not change it."""
    return read_yaml(name)
