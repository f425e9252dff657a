"""Fixtures: the pipeline, and the real letters where this machine has them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on the machine, and says nothing of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

#: Building a record refuses attributes that the record's schema does not know (imr_nlp.records.build).
os.environ["IMR_STRICT"] = "1"

# A shell ignores Ctrl-C for what it starts in the background, and children inherit that: tests send it to commands.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
#: Folders whose tests start processes, train models or read every real letter: not part of `make check`.
SLOW = {"benchmark", "cli", "report", "review", "run", "spark", "stress", "training", "whole"}
#: Programs that run in environments of their own, with packages that the tests lack.
collect_ignore_glob = ["review/label_studio/*.py", "review/doccano_project.py", "stress/fuzz/fuzz_letters.py"]


#: Files that take longest begin first, so that no process has one of them left when the others have done theirs.
FIRST = [
    "spark/test_spark.py", "run/test_attacks.py", "whole/test_pages.py", "doc/test_factory.py", "cli/test_cli.py",
    "run/test_runner.py", "run/test_resume.py", "whole/test_pipeline.py", "reading/test_bad_input.py",
    "review/test_label_studio.py", "cli/test_first_steps.py", "components/services/test_category_model.py",
    "review/test_prodigy.py", "cli/test_show.py", "review/test_several_letters.py", "records/test_questions.py",
    "whole/test_config_models.py", "whole/test_compat.py", "whole/test_offline.py", "report/test_numbers.py",
    "whole/test_library.py", "training/test_packaging.py", "run/test_isolation.py", "review/test_doccano.py",
]  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist hand out files in the order below: its own begins with those that have most tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what stands in a slow folder, and as stress what stands in `stress`; the longest files go first."""
    places = {TESTS / name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
    for item in items:
        if TESTS in item.path.parents and item.path.relative_to(TESTS).parts[0] in SLOW:
            item.add_marker(pytest.mark.slow)
        if TESTS / "stress" in item.path.parents:
            item.add_marker(pytest.mark.stress)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of the real letters: $IMR_CORPUS, or ../shared/corpus beside the checkout."""
    folder = Path(os.environ.get("IMR_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not (folder / "gold.jsonl").is_file():
        pytest.skip(f"no real letters at {folder} (set IMR_CORPUS to run this test)")
    return folder


@pytest.fixture(scope="session")
def gold(corpus: Path) -> list[dict]:
    """The gold records of the real letters."""
    with (corpus / "gold.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def real_run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run over the real letters: made once, by the first process of the tests that asks for it."""
    from imr_nlp.reading.inputs import expand
    from imr_nlp.run.runner import run
    from support.forked import forked_workers

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "real-run"
    with (shared / "real-run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "run.json").is_file():
            with forked_workers():
                run(expand([str(corpus / "letters")]), out)
    return out


@pytest.fixture(scope="module")
def workers_are_forks() -> Iterator[None]:
    """Runs of a module that uses this start no Python for their workers."""
    from support.forked import forked_workers

    with forked_workers():
        yield


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB: room for one letter's results beside a cache, not for those of 120 letters."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run(
        [mount or "false", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield disk
    subprocess.run(["umount", disk], check=True)
