"""``imr-nlp config``: what is in force, and from where."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from imr_nlp.cli.console import check_rules
from imr_nlp.cli.errors import CommandError

#: The environment variables that this package reads, and what each does.
VARIABLES = {
    "IMR_CORPUS": "folder of more gold letters, for train",
    "IMR_STRICT": "a finding that breaks the contract of records is an error",
    "IMR_BENCHMARK_DEBUG": "benchmark shows why a row failed",
    "NO_COLOR": "no colours in the terminal",
    "COLUMNS": "width of the terminal",
}


def config(
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules of your own: check them."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
) -> None:
    """Print what is in force, and from where: rules, models, components, versions, environment variables.

    Files under configs/ that somebody changed are checked first.

    [bold]Examples[/bold]

      imr-nlp config

      imr-nlp config --rules my-rules.yml --json
    """
    check_rules(rules)
    found = in_force(rules)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    width = max(len(name) for part in found.values() for name in part)
    for title, part in found.items():
        sys.stdout.write(f"{title}\n")
        for name, value in part.items():
            sys.stdout.write(f"  {name:{width}}  {'-' if value is None else value}\n".rstrip() + "\n")


def in_force(rules: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return what is in force, by heading and name.

    Args:
        rules: The user's rules file.

    Raises:
        CommandError: The rules file, or a file of the installation, can't be used.

    >>> list(in_force())
    ['configuration', 'models', 'components', 'versions', 'environment']
    """
    from imr_nlp.config import PACKAGE, ConfigError, check_changed, folder
    from imr_nlp.run.fingerprint import configuration, fingerprint, versions

    configs, models = folder("configs"), folder("models")
    own: dict[str, Any] = {"rules": str(rules.resolve()) if rules is not None else None}
    try:
        if check_changed() or rules is not None:  # other files may not fit the changed ones
            from imr_nlp.pipeline import load

            load(rules=rules)
        else:
            from imr_nlp.doc.pipeline_file import read_pipeline

            read_pipeline(configs / "pipeline.cfg")
    except ConfigError as error:
        raise CommandError(str(error), 2) from error
    components = _components(configs / "pipeline.cfg")
    return {
        "configuration": {
            "package": str(PACKAGE),
            "configs": str(configs),
            "configs files": sum(1 for path in configs.rglob("*") if path.is_file()),
            **own,
            "digest of configs and models": configuration(),
            "digest of all that makes a record": fingerprint(rules),
        },
        "models": {path.parent.name: str(path) for path in sorted(models.glob("*/*")) if path.is_dir()},
        "components": components,
        "versions": {**versions(), "python": platform.python_version()},
        "environment": {name: _variable(name, what) for name, what in VARIABLES.items()},
    }


def _components(path: Path) -> dict[str, str]:
    """Return the components in the order in which they run, each with its settings that are not empty."""
    from configparser import ConfigParser

    parser = ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    names: list[str] = json.loads(parser["nlp"]["pipeline"])
    found = {}
    for name in names:
        section = f"components.{name}"
        settings = dict(parser[section]) if parser.has_section(section) else {}
        settings.pop("factory", None)
        found[name] = ", ".join(f"{key} = {value}" for key, value in settings.items() if value != "null")
    return found


def _variable(name: str, what: str) -> str:
    value = os.environ.get(name)
    return f"not set ({what})" if value is None else f"{value} ({what})"
