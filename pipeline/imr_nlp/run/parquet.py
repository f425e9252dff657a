"""Parquet files of a run: the writer of its tables."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from imr_nlp.records.tables import FILE_SCHEMAS, NAMES, SCHEMAS


class Writer:
    """Writes ``<folder>/<table>.parquet``, a row group whenever ``flush`` is called.

    The caller flushes at places that depend on the input alone, so that the files don't depend on the number of
    processes.
    """

    def __init__(self, folder: Path) -> None:
        self._streams: list[IO[bytes]] = []
        self._files: dict[str, parquet.ParquetWriter] = {}
        try:
            for name, schema in FILE_SCHEMAS.items():
                # An open file, not a path: Arrow takes a name with a colon for a URI, and only names in UTF-8.
                self._streams.append((folder / f"{name}.parquet").open("wb"))
                self._files[name] = parquet.ParquetWriter(self._streams[-1], schema, compression="zstd")
        except BaseException:
            self.abandon()
            raise
        self._waiting: dict[str, list[pa.RecordBatch]] = {name: [] for name in NAMES}
        self.counts = dict.fromkeys(NAMES, 0)

    def add(self, batches: Mapping[str, pa.RecordBatch]) -> None:
        """Take the rows of some letters; they are written with the next ``flush``."""
        for name, batch in batches.items():
            self._waiting[name].append(batch)
            self.counts[name] += batch.num_rows

    def flush(self) -> None:
        """Write what is waiting as one row group of each table."""
        for name, waiting in self._waiting.items():
            if waiting:
                rows = pa.Table.from_batches(waiting, SCHEMAS[name]).combine_chunks().cast(FILE_SCHEMAS[name])
                self._files[name].write_table(rows, row_group_size=max(1, rows.num_rows))
                waiting.clear()

    def close(self) -> None:
        """Write the rest and the files' footers; without this the files can't be read."""
        self.flush()
        for file in self._files.values():
            file.close()
        for stream in self._streams:
            stream.close()

    def abandon(self) -> None:
        """Give up after an error: release the files, whatever state they are in. The caller removes them."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()
            file.is_open = False  # or pyarrow would try again, and complain, when the object goes
        for stream in self._streams:
            with contextlib.suppress(OSError):
                stream.close()
