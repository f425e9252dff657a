"""Coverage-guided fuzzing with atheris: python tests/stress/fuzz/fuzz_letters.py [corpus folder] -max_total_time=600.

Needs ``pip install -r tests/stress/fuzz/requirements.txt``. atheris keeps what reaches new code in the corpus folder
and writes an input that fails to ``crash-…`` in the current folder; make a case of it in ``tests/stress/fuzz/cases``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS))

with atheris.instrument_imports(include=["imr_nlp"]):
    from stress.fuzz.target import pipeline, run

    pipeline()  # imports the components too


def one_input(data: bytes) -> None:
    """Run one input: the first byte chooses whether it is a text or a PDF."""
    run(data[1:], "a.pdf" if data[:1] == b"%" else "a.txt")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
