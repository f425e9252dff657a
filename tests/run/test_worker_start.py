"""What a worker loads when it starts."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from imr_nlp.run.worker import _without_pandas
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
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["False", "1"], "")
