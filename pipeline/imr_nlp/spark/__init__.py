"""Letters in Apache Spark: `extract` for a Spark job of your own; ``nlp-run --engine spark`` is built on it.

>>> from imr_nlp.spark import OUTCOME
>>> OUTCOME.names[:7]
['letter_id', 'record', 'error', 'letters', 'services', 'entities', 'diagnoses']
>>> OUTCOME.names[7:]
['medications', 'citations', 'rationale', 'limits', 'warnings', 'relations']

Needs PySpark 4 (``pip install 'imr-nlp[spark]'``), Java 17, and this package on every executor. See docs/spark.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

try:
    import pandas  # noqa: F401  (PySpark's Arrow functions refuse to work without it)
    import pyspark  # noqa: F401
except ImportError as error:
    raise ImportError("Spark support is not installed; run: pip install 'imr-nlp[spark]'", name=error.name) from error
import pyarrow as pa
from pyspark.sql.functions import col, explode
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from imr_nlp.records.tables import NAMES
from imr_nlp.spark.executor import CONTENT, OUTCOME, TEXT, Reading, outcomes
from imr_nlp.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["OUTCOME", "extract", "table"]


def extract(df: DataFrame, *, rules: str | Path | None = None, timeout: float = 60.0) -> DataFrame:
    """Read letters in the executors and return a row for each letter: one for a row of ``df``, as a rule.

    A file that holds several letters gives several rows.

    ``df`` has a column ``path`` (the letter's name; its ending tells the kind of file) and either ``content`` (the
    bytes of a file, as Spark's ``binaryFile`` source gives them) or ``text``. All its columns but those two are kept.
    What is added:

    ================  ===============================================================================================
    ``letter_id``     id of the letter, made from its content; null where it could not be read
    ``record``        the record as a line of JSON, the same to the byte as ``nlp-run`` writes it
    ``error``         struct of ``code`` and ``message``, null for a letter that was read
    ``letters``, …    the letter's rows of each table (``letters`` has one) as an array of structs; see `table`
    ================  ===============================================================================================

    ``rules`` is a file of rules of your own, read here and sent along. A letter that takes longer than ``timeout``
    seconds, or that kills the process reading it, becomes an ``error``; no letter makes a task fail. Nothing is read
    before an action asks for it, and the same input gives the same output, so that Spark may repeat any task.

    Raises ValueError where a column is missing, ConfigError where the rules can't be used.
    """
    content = CONTENT if CONTENT in df.columns else TEXT
    if "path" not in df.columns or content not in df.columns:
        raise ValueError(f"extract needs the columns path and content (or text); there are: {', '.join(df.columns)}")
    taken = set(OUTCOME.names) & set(df.columns)
    if taken:
        raise ValueError(
            f"extract adds columns that are there already: {', '.join(sorted(taken))}; drop or rename them"
        )
    reading = Reading(content, _checked(rules), timeout, __version__)

    def read(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        return outcomes(batches, reading)

    kept = [field for field in df.schema if field.name != content]
    return df.mapInArrow(read, StructType(kept + from_arrow_schema(OUTCOME).fields))


def table(extracted: DataFrame, name: str) -> DataFrame:
    """Return one of the six tables from what `extract` gave: the columns of ``nlp-run``'s Parquet file of that name."""
    if name not in NAMES:
        raise ValueError(f"no table {name}; there are: {', '.join(NAMES)}")
    return extracted.select(explode(col(name)).alias("row")).select("row.*")


def _checked(rules: str | Path | None) -> bytes | None:
    """Return the content of a rules file, after the check that no executor will stumble over it."""
    if rules is None:
        return None
    from imr_nlp.matching.rule_files import load_rules

    path = Path(rules).resolve()  # `load_rules` takes a relative path from configs/
    load_rules(path)
    return path.read_bytes()
