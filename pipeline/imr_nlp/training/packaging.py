"""The pipeline as a spaCy model folder, ready for ``python -m spacy package``.

``python -m imr_nlp.training.packaging OUT`` writes it; the project's command ``package`` makes the wheel
``en_imr_letters`` of
it. The wheel holds the pipeline's configuration and the trained weights of the entity model; rules and vocabularies
come with ``imr-nlp``, which the wheel requires.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from imr_nlp.version import __version__

NAME = "imr_letters"
DESCRIPTION = "Reads California Independent Medical Review determinations into records: doc._.letter"


def write_pipeline(out: Path, version: str = __version__) -> Path:
    """Write the pipeline as `imr_nlp.load` gives it into the folder ``out`` and return the folder."""
    from imr_nlp.pipeline import load

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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(
        prog="python -m imr_nlp.training.packaging", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--version", default=__version__, help="version of the package (default: %(default)s)")
    given = parser.parse_args(arguments)
    print(f"Pipeline: {write_pipeline(given.out, given.version)}")


if __name__ == "__main__":
    main()
