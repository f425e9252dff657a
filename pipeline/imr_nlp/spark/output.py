"""The output folder of a Spark run, on any file system of Hadoop's: what is checked, staged and put into place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imr_nlp.reading.run_files import ERROR_TABLE, ERRORS, MANIFEST, RECORDS, RUN, STORE, WORK
from imr_nlp.records import tables
from imr_nlp.run import manifest
from imr_nlp.run.output_folder import OutputError
from imr_nlp.spark.filesystem import Entry, Hadoop

#: What a run replaces.
_REPLACED = (RECORDS, ERRORS, ERROR_TABLE, RUN, *(f"{name}.parquet" for name in tables.NAMES))

#: What a run that is killed may leave in the work folder.
_STAGED = frozenset({"extracted", *_REPLACED})


class SparkOutput:
    """The folder of a run, on any file system of Hadoop's. Raises OutputError.

    New files stand in ``OUT/.incomplete`` until all are complete; ``run.json`` comes last.
    """

    def __init__(self, files: Hadoop, folder: str) -> None:
        self._files = files
        self._folder = folder.rstrip("/") or "/"
        self._work = f"{self._folder}/{WORK}"

    def uri(self) -> str:
        """Return what the full name of every file in the folder begins with."""
        return f"{self._files.full_name(self._folder).rstrip('/')}/"

    def check(self, run: str, *, overwrite: bool) -> None:
        """Refuse a folder that holds anything but this run."""
        there = self._files.entry(self._folder)
        if there is not None and not there.folder:
            raise OutputError(f"{self._folder} is a file; name a folder with -o")
        foreign = [name for name in self._files.names(self._folder) if name != WORK and not name.startswith(STORE)]
        if foreign and not overwrite and run not in (self._run_in(self._folder), self._run_in(self._work)):
            raise OutputError(
                f"{self._folder} is not empty; name another folder, or add --overwrite to replace its run"
            )
        listed = self._files.read(f"{self._folder}/{MANIFEST}")
        if listed is not None and not manifest.is_ours(listed):
            raise OutputError(f"{self._folder}/{MANIFEST} is there and no run wrote it; move it away")
        self._require_ours()
        work = self._files.names(self._work)
        strange = self._run_in(self._work) is None or not _STAGED.issuperset(work)
        if self._is_link(self._work) or (work and strange):
            raise OutputError(f"{self._work} holds what no run wrote with Spark, and the run works there; move it away")

    def _require_ours(self) -> None:
        """Refuse names that a run writes and that hold something else."""
        former = self._former()
        for name in _REPLACED:
            place = f"{self._folder}/{name}"
            entry = self._files.entry(place)
            if self._is_link(place) or (entry is not None and not (name in former and self._is_whole(entry, place))):
                raise OutputError(f"{place} is there and no run wrote it; move it away, or name another folder with -o")

    def _former(self) -> set[str]:
        read = self._files.read
        return manifest.claimed(read(f"{self._folder}/{MANIFEST}"), read(f"{self._folder}/{RUN}"), tables.NAMES)

    def _is_whole(self, entry: Entry, place: str) -> bool:
        """Tell whether it is a file, or a folder of nothing but parts."""
        return not entry.folder or all(map(manifest.is_part, self._files.names(place)))

    def _is_link(self, place: str) -> bool:
        return self._files.is_local(place) and Path(place).is_symlink()

    def begin(self, run: str) -> None:
        """Keep what this run has staged before it was killed, and nothing else."""
        try:
            if self._run_in(self._work) != run:
                self._files.remove(self._work)
                self._files.write(f"{self._work}/{RUN}", json.dumps({"run": run}))
        except OSError as error:
            raise OutputError(f"{self._folder}: can't write there ({error.strerror})") from error

    def stage(self, number: int) -> str:
        """Return where the letters of the run's ``number``-th start are staged."""
        return self._files.full_name(f"{self._work}/extracted/{number}")

    def staged(self) -> list[str]:
        """Return where letters have been staged."""
        return [self.stage(number) for number in range(len(self._files.names(f"{self._work}/extracted")))]

    def new(self, name: str) -> str:
        """Return where a file is to be written."""
        return self._files.full_name(f"{self._work}/{name}")

    def finish(self, run: dict[str, Any]) -> None:
        """Put everything into place."""
        self._require_ours()  # somebody may have taken a name in the meantime
        self._files.write(f"{self._folder}/{MANIFEST}", manifest.text(self._former().union(_REPLACED)))
        self._files.remove(f"{self._folder}/{RUN}")  # from here on, a former run isn't complete any more
        for name in _REPLACED:
            if name != RUN and self._files.entry(self.new(name)):
                self._files.move(self.new(name), f"{self._folder}/{name}")
        self._files.write(f"{self._folder}/{RUN}", json.dumps(run, indent=2, ensure_ascii=False) + "\n")
        self._files.remove(self._work)

    def _run_in(self, folder: str) -> str | None:
        try:
            run = json.loads(self._files.read(f"{folder}/{RUN}") or "null")
        except ValueError:
            return None
        return run.get("run") if isinstance(run, dict) else None
