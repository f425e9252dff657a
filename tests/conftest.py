"""Fixtures: the pipeline, and the real letters where this machine has them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what stands in a slow folder, and as stress what stands in `stress`."""
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
