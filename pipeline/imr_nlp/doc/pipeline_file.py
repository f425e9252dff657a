"""The pipeline's own file (``configs/pipeline.cfg``): read it, and refuse mistakes with line and fix.

Users edit the file to switch a model on or a component off. spaCy's messages name neither file nor line.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from confection import Config, ConfigValidationError
from spacy.language import DEFAULT_CONFIG, Language
from spacy.util import registry

from imr_nlp.config import ConfigError, MissingFileError
from imr_nlp.doc.factory import setting_types

_TYPES: dict[str, tuple[type, str]] = {
    "str": (str, 'a text such as "roles/1.0"'), "bool": (bool, "true or false"), "None": (type(None), "null"),
}  # fmt: skip
#: What the components rely on.
_NEEDED = {"lang": "en", "tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}
_NLP = tuple(DEFAULT_CONFIG["nlp"])


def read_pipeline(path: Path) -> Config:
    """Return the content of the file.

    Raises:
        ConfigError: It cannot be used. The message names file, line, key and the known ones.

    >>> from imr_nlp.config import folder
    >>> read_pipeline(folder("configs") / "pipeline.cfg")["nlp"]["pipeline"][0]
    'imr_layout'
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise MissingFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    try:
        _check_sections(text)
        _check(Config().from_str(text, interpolate=False))
        return Config().from_str(text)
    except (configparser.Error, ConfigValidationError) as error:
        raise ConfigError(f"{path}{_line_in(error)}: {_reason(error)}") from error
    except _FileError as mistake:
        raise ConfigError(f"{path}:{_line(text, *mistake.place)}: {mistake}") from None


class _FileError(ValueError):
    """A mistake, and its place: section, and key if it is a key's."""

    def __init__(self, reason: str, section: str, key: str | None = None) -> None:
        super().__init__(f"[{section}]{f' {key}' if key else ''}: {reason}")
        self.place = (section, key)


def setting_fault(name: str, factory: str, settings: dict[str, Any]) -> tuple[str, str] | None:
    """Return the first setting that a component does not take, and why; None if it takes all.

    Args:
        name: The component's name, for the message.
        factory: Name of its factory.
        settings: The settings.

    >>> setting_fault("imr_services", "imr_services", {"model": True})
    ('model', 'must be a text such as "roles/1.0" or null')
    """
    known = Language.get_factory_meta(factory).default_config or {}
    types = setting_types(factory)
    for key, value in settings.items():
        if key not in known:
            return key, f"{name} has no setting {key!r}; " + (
                f"its settings are {', '.join(known)}" if known else "it has no settings"
            )
        wanted = [_TYPES[one] for one in types.get(key, "").split(" | ") if one in _TYPES]
        if wanted and not any(isinstance(value, kind) for kind, _ in wanted):
            return key, f"must be {' or '.join(said for _, said in wanted)}"
    return None


def _check_sections(text: str) -> None:
    """Raise _FileError for a section that no pipeline has, before the parser misses the right one."""
    for section in re.findall(r"^\s*\[([^]\n]+)\]", text, re.MULTILINE):
        name = section.partition(".")[0]
        if name not in DEFAULT_CONFIG:
            raise _FileError(f"unknown section; {_known(name, DEFAULT_CONFIG)}", section)


def _check(config: Config) -> None:
    """Raise _FileError for the first mistake."""
    nlp, components = config.get("nlp"), config.get("components")
    if not isinstance(nlp, dict) or not isinstance(components, dict):
        raise _FileError("is missing; add it", "components" if isinstance(nlp, dict) else "nlp")
    for key in nlp:
        if key not in _NLP:
            raise _FileError(f"unknown key; {_known(key, _NLP)}", "nlp", key)
    for key, needed in _NEEDED.items():
        if nlp.get(key) != needed:
            section = f"nlp.{key}" if isinstance(needed, dict) else "nlp"
            name, value = next(iter(needed.items())) if isinstance(needed, dict) else (key, needed)
            raise _FileError(f'must be "{value}"', section, name)
    order = nlp.get("pipeline")
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        raise _FileError('must be a list of names, such as ["imr_layout"]', "nlp", "pipeline")
    for name in order:
        if name not in components:
            raise _FileError(f'"{name}" has no section [components.{name}]; add it', "nlp", "pipeline")
    factories = sorted(registry._entry_point_factories.get_all())  # registers them
    for name, settings in components.items():
        section = f"components.{name}"
        if not isinstance(settings, dict) or not ("factory" in settings or "source" in settings):
            raise _FileError('the key "factory" is missing; add it', section)
        if "source" in settings:
            continue
        factory = settings["factory"]
        if not isinstance(factory, str) or not (factory in factories or Language.has_factory(factory)):
            raise _FileError(
                f'no component "{str(factory)[:60]}"; {_known(str(factory), factories)}', section, "factory"
            )
        if fault := setting_fault(name, factory, {key: settings[key] for key in settings if key != "factory"}):
            raise _FileError(fault[1], section, fault[0])


def _known(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    return f"{hint}known are {', '.join(names)}"


def _line(text: str, section: str, key: str | None) -> int:
    """Return the line of a section's head, or of a key in it; 1 where the file has none."""
    inside, found = False, 1
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(r"\s*\[([^]]+)\]", line):
            inside = head[1] == section or (not inside and found == 1 and head[1].startswith(f"{section}."))
            found = number if inside else found
        elif inside and key is not None and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return found


def _line_in(error: BaseException) -> str:
    """Return ":" and the line that a parser's message, or the message of its cause, tells."""
    told = re.search(r"line +(\d+)", f"{error} {error.__cause__ or error.__context__ or ''}")
    return f":{told[1]}" if told else ""


def _reason(error: Exception) -> str:
    """Return why a parser refused the file, without what it cites."""
    twice = re.search(r"(?:section|option) '[^']{1,60}'(?: in section '[^']{1,60}')? already exists", str(error))
    told = f"{twice[0]}; remove one" if twice else "not in the form of the shipped file"
    return f"{told}; a section is [name], a setting key = value, a text is in double quotes"
