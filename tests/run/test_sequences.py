"""Random sequences of runs, kills, edits, links and damage over one folder: a model-based test.

At the end of each sequence every input letter is in the output or in errors.jsonl exactly once, with the right record,
and every file that no run wrote is untouched. ``IMR_SEQUENCES`` is the number of sequences (default 5).

Each run is a process of its own (a fork of this one, where the pipeline is loaded). It reads letters in that process
instead of a worker: `tests/stress/test_faults.py` kills workers. A killed run dies of SIGKILL at one of its operations
on files.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from imr_nlp.reading.inputs import expand
from imr_nlp.reading.source import Blob
from imr_nlp.records import tables
from imr_nlp.run import batch, runner
from imr_nlp.run.manifest import written_by_a_run
from imr_nlp.run.output_folder import OutputError
from imr_nlp.run.protocol import Item, Result, Settings, batches
from support.letters import LETTER

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SEQUENCES = int(os.environ.get("IMR_SEQUENCES", "5"))
NAMES = [f"{number}.txt" for number in range(4)]
#: Contents of inputs. Two are no letters.
CONTENTS = [LETTER.replace("0999001", f"000000{number}").encode() for number in range(4)] + [b"", bytes(range(256)) * 8]
#: What somebody else may put into the output folder; "mine" stands in each.
FOREIGN = [
    "notes.txt", "texts/mine.txt", ".incomplete/mine.txt", "letters.jsonl", "run.json", ".manifest.json", "texts",
    ".incomplete",
]  # fmt: skip
EVENTS = frozenset({"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect"})
KILLED, DONE, REFUSED, BROKEN = "killed", "done", "refused", "broken"


class InThisProcess:
    """In the place of `Workers`: reads the letters here."""

    def __init__(self, settings: Settings, *arguments: object, **options: object) -> None:
        self._settings = settings
        self.ready: float | None = None

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def results(self, items: Iterable[Item]) -> Iterator[Result]:
        for some in batches(items):
            yield batch.process(some, self._settings)


@functools.cache
def expected(content: bytes) -> dict[str, Any] | str:
    """The record of a letter but for its path, or the code of its error."""
    result = batch.process([Blob("x.txt", content, "text/plain")], Settings())
    return pathless(json.loads(result.lines)) if result.lines else result.errors[0].code


def pathless(record: dict[str, Any]) -> dict[str, Any]:
    record = json.loads(json.dumps(record))
    del record["source"]["path"]
    # A second letter of the same content has its number behind the id.
    record["source"]["id"] = record["source"]["id"].split("-")[0]
    return record


def in_a_child(folder: Path, out: Path, kill_at: int | None, **options: bool) -> str:
    """Run in a fork, which is killed at its operation ``kill_at`` on files. Return what became of it."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            if kill_at is not None:
                left = [kill_at]

                def count(event: str, arguments: tuple[object, ...]) -> None:
                    if event in EVENTS:
                        left[0] -= 1
                        if left[0] < 0:
                            os.kill(os.getpid(), signal.SIGKILL)

                sys.addaudithook(count)
            runner.Workers = InThisProcess  # type: ignore[misc, assignment]
            runner.run(expand([str(folder)], exclude=out), out, **options)  # type: ignore[arg-type]
            code = 0
        except OutputError:
            code = 2
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {0: DONE, 2: REFUSED, -signal.SIGKILL: KILLED}.get(status, BROKEN)


class Sequences(RuleBasedStateMachine):
    """The folder, what is known of it, and what may happen to it."""

    @initialize()
    def begin(self) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="imr-sequences-"))
        self.folder, self.out, self.victim = self.top / "in", self.top / "out", self.top / "victim"
        self.folder.mkdir()
        self.victim.mkdir()
        (self.victim / "mine.txt").write_text("mine", encoding="utf-8")
        self.inputs: dict[str, bytes] = {}
        self.foreign: dict[Path, Path | None] = {}  # files that no run wrote, and where they lead if they are links
        self.write_letter(NAMES[0], 0)

    @rule(name=st.sampled_from(NAMES), content=st.integers(0, len(CONTENTS) - 1))
    def write_letter(self, name: str, content: int) -> None:
        (self.folder / name).write_bytes(CONTENTS[content])
        self.inputs[name] = CONTENTS[content]

    @rule(name=st.sampled_from(NAMES))
    def delete_letter(self, name: str) -> None:
        if len(self.inputs) > 1 and name in self.inputs:
            (self.folder / name).unlink()
            del self.inputs[name]

    @rule(store_text=st.booleans(), overwrite=st.booleans())
    def run(self, store_text: bool, overwrite: bool) -> None:
        became = in_a_child(self.folder, self.out, None, store_text=store_text, overwrite=overwrite)
        assert became in (DONE, REFUSED)
        if became == DONE:
            self.check_output()

    @rule(at=st.integers(0, 120), store_text=st.booleans(), overwrite=st.booleans())
    def killed_run(self, at: int, store_text: bool, overwrite: bool) -> None:
        became = in_a_child(self.folder, self.out, at, store_text=store_text, overwrite=overwrite)
        assert became in (DONE, REFUSED, KILLED)

    @rule(name=st.sampled_from(FOREIGN), link=st.booleans())
    def somebody_puts_a_file(self, name: str, link: bool) -> None:
        path = self.out / name
        if os.path.lexists(path) or any(above.is_symlink() for above in path.parents):
            return
        with suppress(FileExistsError, NotADirectoryError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if link:
                target = self.victim if "." not in path.name[1:] else self.victim / "mine.txt"
                path.symlink_to(target)
            elif "." in path.name[1:] and name not in written_by_a_run(self.out, tables.NAMES):
                path.write_text("mine", encoding="utf-8")
            else:
                return
            self.foreign[path] = path.readlink() if link else None

    @rule(how=st.integers(0, 5), at=st.floats(0, 1), seed=st.integers(1, 255))
    def damage_the_cache(self, how: int, at: float, seed: int) -> None:
        path = self.out / ".results.sqlite"
        if not path.is_file():
            return
        data = bytearray(path.read_bytes())
        place = int(at * max(0, len(data) - 1))
        if how == 0:
            path.unlink()
        elif how == 1:
            path.write_bytes(data[:place])
        elif how == 2:
            path.write_bytes(bytes([seed]) * 5000)
        elif how == 3 and data:
            data[place] ^= seed
            path.write_bytes(data)
        elif how == 4:
            data[place : place + 4096] = bytes(len(data[place : place + 4096]))
            path.write_bytes(data)
        else:
            with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("UPDATE results SET record = (SELECT record FROM results LIMIT 1)")

    @rule(name=st.sampled_from(["run.json", ".manifest.json"]))
    def delete_one_of_the_runs_files(self, name: str) -> None:
        other = self.out / {"run.json": ".manifest.json", ".manifest.json": "run.json"}[name]
        if self.out / name not in self.foreign and other.exists() and other not in self.foreign:
            (self.out / name).unlink(missing_ok=True)

    @invariant()
    def files_of_others_are_untouched(self) -> None:
        if not hasattr(self, "top"):
            return
        assert [path.name for path in self.victim.iterdir()] == ["mine.txt"]
        assert (self.victim / "mine.txt").read_text(encoding="utf-8") == "mine"
        for path, target in self.foreign.items():
            assert path.read_text(encoding="utf-8") == "mine" if target is None else path.readlink() == target
        assert {path.name: path.read_bytes() for path in self.folder.iterdir()} == self.inputs

    def check_output(self) -> None:
        """Every input is in the output or among the errors, once, with the right record."""
        found: dict[str, object] = {}
        for line in (self.out / "letters.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            name = Path(record["source"]["path"]).name
            assert name not in found
            found[name] = pathless(record)
        for line in (self.out / "errors.jsonl").read_text(encoding="utf-8").splitlines():
            error = json.loads(line)
            name = Path(error["path"]).name
            assert name not in found
            found[name] = error["code"]
        assert found == {name: expected(content) for name, content in self.inputs.items()}
        assert json.loads((self.out / "run.json").read_bytes())["counts"]["inputs"] == len(self.inputs)

    def teardown(self) -> None:
        """Run once more. What is in the way of it is moved away first, as the refusal asks."""
        if not hasattr(self, "top"):
            return
        try:
            became = in_a_child(self.folder, self.out, None, overwrite=True)
            self.files_of_others_are_untouched()
            if became == REFUSED:
                for path in self.foreign:
                    path.unlink()
                self.foreign.clear()
                became = in_a_child(self.folder, self.out, None, overwrite=True)
            assert became == DONE
            self.check_output()
            self.files_of_others_are_untouched()
        finally:
            shutil.rmtree(self.top)


Sequences.TestCase.settings = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a sequence of runs takes minutes
    max_examples=(SEQUENCES + 1) // 2,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestSequences(Sequences.TestCase):  # type: ignore[name-defined, misc]
    """Half of the sequences."""

    @classmethod
    def setUpClass(cls) -> None:
        for content in CONTENTS:  # loads the pipeline, which every fork then has
            expected(content)


class TestMoreSequences(TestSequences):
    """The other half, for another processor."""
