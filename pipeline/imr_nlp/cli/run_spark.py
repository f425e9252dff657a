"""``nlp-run --engine spark``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from imr_nlp.cli.console import bar, no_bar
from imr_nlp.cli.errors import CommandError

if TYPE_CHECKING:
    from imr_nlp.run.runner import Summary


def run(
    inputs: list[str], out: str, *, master: str | None, rules: Path | None, overwrite: bool, timeout: float,
    loud: bool, debug: bool,
) -> Summary:  # fmt: skip
    """Run the command in Spark; what goes wrong becomes a CommandError."""
    if "-" in inputs:
        raise CommandError("--engine spark reads files, not standard input; leave --engine out for that", 2)
    try:
        from imr_nlp.spark import runner as engine
    except ImportError as error:
        raise CommandError(str(error), 2) from error
    from imr_nlp.config import ConfigError
    from imr_nlp.run.output_folder import OutputError
    from imr_nlp.spark.inputs import InputError
    from imr_nlp.spark.session import SparkError

    if not debug:
        logging.disable()  # py4j logs with a traceback what is said here in one line
    try:
        with bar(None) if loud else no_bar() as move:
            return engine.run(
                inputs, out, master=master, rules=rules, overwrite=overwrite, timeout=timeout, debug=debug,
                progress=lambda done, total: move(done, total=total),
            )  # fmt: skip
    except (InputError, OutputError, ConfigError) as error:
        raise CommandError(str(error), 2) from error
    except SparkError as error:
        raise CommandError(str(error), 2 if error.usage else 1) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}", 1) from error
    except KeyboardInterrupt as error:
        raise CommandError("interrupted; the same command goes on from there", 130) from error
