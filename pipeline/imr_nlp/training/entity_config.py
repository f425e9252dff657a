"""The training config of the entity model: read, checked, and what is wrong with it in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalogue import RegistryError  # type: ignore[import-untyped]
from spacy.util import load_config
from thinc.api import Config, ConfigValidationError

from imr_nlp.config import ConfigError, folder

CONFIG = "entity_model/train.cfg"
#: A section that spaCy knows and the shipped config does not need.
_MORE = frozenset({"variables"})
_FAULTS = {"value_error.extra": "has no key {key}", "value_error.missing": "lacks the key {key}"}
_MAX_REASON = 200  # characters of spaCy's own words


def read_training_config(path: Path | None, settings: dict[str, Any]) -> Config:
    """Return a training config with the settings in it.

    Args:
        path: The file, or None for the shipped one.
        settings: Values by dotted names, such as ``{"training.max_steps": 20}``.

    Raises:
        ConfigError: There is no such file, or it is no training config.
    """
    shipped = folder("configs") / CONFIG
    path = path or shipped
    if not path.is_file():
        raise ConfigError(f"--config {path}: {'a folder' if path.is_dir() else 'no such file'}; name a training config")
    known = load_config(shipped, interpolate=False).keys()
    with config_faults(path):
        there = load_config(path, interpolate=False).keys()
        if unknown := sorted(there - known - _MORE):
            raise ConfigError(f"{path}: no section [{unknown[0]}] is known; known are {', '.join(sorted(known))}")
        if missing := sorted(known - there):
            raise ConfigError(f"{path}: it has no section [{missing[0]}]; begin with a copy of configs/{CONFIG}")
        return load_config(path, overrides=settings, interpolate=True)


@contextmanager
def config_faults(path: Path | None) -> Iterator[None]:
    """Give what spaCy finds wrong with a training config as one line that names the file.

    Args:
        path: The file, or None for the shipped one.

    Raises:
        ConfigError: What runs under it raised an error of spaCy's about the config.

    >>> with config_faults(Path("mine.cfg")):
    ...     raise ConfigValidationError(desc="no number")
    Traceback (most recent call last):
    imr_nlp.config.ConfigError: mine.cfg: no number; compare it with configs/entity_model/train.cfg
    """
    try:
        yield
    except ConfigValidationError as error:
        section = f"[{error.parent}] " if error.parent else ""
        found = [
            section + _FAULTS.get(fault.get("type", ""), "{key}: {msg}").format(key=_key(fault), msg=fault["msg"])
            for fault in error.errors or ()
        ]
        reason = "; ".join(found) or " ".join((error.desc or "no training config").split())
        raise ConfigError(f"{path or CONFIG}: {reason[:_MAX_REASON]}; compare it with configs/{CONFIG}") from error
    except RegistryError as error:
        reason = str(error).partition(". ")[0].partition("] ")[2]
        raise ConfigError(f"{path or CONFIG}: {reason[:_MAX_REASON]}; compare it with configs/{CONFIG}") from error


def _key(fault: Any) -> str:
    return ".".join(map(str, fault["loc"]))
