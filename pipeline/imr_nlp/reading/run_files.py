"""Names in the output folder of a run, which its writer, its readers and the search for inputs share."""

from __future__ import annotations

from typing import Final

#: One record a line.
RECORDS: Final = "letters.jsonl"
#: One letter that could not be read a line.
ERRORS: Final = "errors.jsonl"
#: The account of the run. It is written last, so that a folder with it holds a complete run.
RUN: Final = "run.json"
#: Where our own code failed. It is there only where that happened.
FAILURES: Final = "failures.txt"
#: The errors as a table, from Spark only.
ERROR_TABLE: Final = "errors.parquet"
#: The folder of the letters' texts, with ``--store-text``.
TEXTS: Final = "texts"
#: The list of the files that the run wrote.
MANIFEST: Final = ".manifest.json"
#: The cache of results, see `imr_nlp.run.cache`.
STORE: Final = ".results.sqlite"
#: The folder in which a run, or a report, makes its files.
WORK: Final = ".incomplete"
#: The file in a work folder which tells that we made it, and not somebody who uses the same name.
WORK_MARK: Final = "made-by-imr-nlp"
