"""The pipeline as a spaCy model folder, ready for ``python -m spacy package``.

``python -m imr_nlp.training.packaging OUT`` writes it; the project's command ``package`` makes the wheel
``en_imr_letters`` of
it. The wheel holds the pipeline's configuration and the trained weights of the entity model; rules and vocabularies
come with ``imr-nlp``, which the wheel requires.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from imr_nlp.training.folders import require_model_folder
from imr_nlp.version import __version__

#: What makes the wheel: the modules of the extra ``train`` without which the project stops at its last steps.
TOOLS = ("build", "setuptools", "wheel")
NAME = "imr_letters"
DESCRIPTION = "Reads California Independent Medical Review determinations into records: doc._.letter"


def write_pipeline(out: Path, version: str = __version__) -> Path:
    """Write the pipeline as `imr_nlp.load` gives it into the folder ``out`` and return the folder.

    Args:
        out: The folder.
        version: Of the packaged pipeline.

    Raises:
        FolderError: The folder holds files that are no such pipeline.
    """
    from imr_nlp.pipeline import load

    require_model_folder(out, NAME)
    nlp = load()
    nlp.meta.update(
        name=NAME,
        version=version,
        description=DESCRIPTION,
        author="imr-nlp",
        license="MIT",
        requirements=[f"imr-nlp>={__version__}"],
    )
    out.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(out)
    return out


def missing_tools() -> list[str]:
    """Return the names of the packages that make a wheel and are not installed here.

    >>> set(missing_tools()) <= set(TOOLS)
    True
    """
    return [name for name in TOOLS if find_spec(name) is None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(
        prog="python -m imr_nlp.training.packaging", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("out", type=Path, nargs="?", help="folder to write")
    parser.add_argument("--check", action="store_true", help="only tell whether what makes the wheel is installed")
    parser.add_argument("--version", default=__version__, help="version of the package (default: %(default)s)")
    given = parser.parse_args(arguments)
    missing = missing_tools()
    if missing:
        fix = "pip install 'imr-nlp[train]' (in a checkout: pip install -e '.[train]')"
        parser.exit(2, f"{', '.join(missing)}: not installed, and the project packages with it; {fix}\n")
    if given.check:
        return
    if given.out is None:
        parser.error("name the folder to write")
    print(f"Pipeline: {write_pipeline(given.out, given.version)}")


if __name__ == "__main__":
    main()
