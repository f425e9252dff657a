"""What a worker loads when it starts."""

from __future__ import annotations

import subprocess
import sys

ARROW = """
import sys
from imr_nlp.run.serving import _without_pandas
_without_pandas()
import pyarrow as pa
rows = [{"name": "a", "number": 1}]
kinds = pa.schema([("name", pa.string()), ("number", pa.int64())])
assert pa.RecordBatch.from_pylist(rows, schema=kinds).to_pylist() == rows
print("pandas" in sys.modules)
import pandas
print(pandas.Series([1]).sum())
"""


def test_arrow_brings_no_pandas_and_others_still_can() -> None:
    done = subprocess.run([sys.executable, "-c", ARROW], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["False", "1"], "")


SPACY = """
import sys
from imr_nlp.compat import spacy_without_commands
spacy_without_commands()
import spacy
print(spacy.blank("en")("One word").text, "spacy.cli" in sys.modules)
print(spacy.info(silent=True)["spacy_version"] == spacy.__version__, "spacy.cli" in sys.modules)
"""


def test_spacy_comes_without_its_command_line_until_it_is_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", SPACY], capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines(), done.stderr) == (["One word False", "True True"], "")
