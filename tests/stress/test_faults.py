"""Runs that are killed at random moments end with the output of one that was not.

``IMR_KILLS`` says how many times (``make test-faults``: 50); the seed is printed, and ``IMR_SEED`` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from support.letters import command, folder_of_letters
from support.runs import output, workers_of

KILLS = int(os.environ.get("IMR_KILLS", "6"))
SEED = int(os.environ.get("IMR_SEED", str(random.randrange(10**6))))
LETTERS = 500


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in /proc")
def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    letters = folder_of_letters(tmp_path / "in", LETTERS)
    (letters / "0007b.txt").write_bytes(b"")
    arguments = command("run", letters, "-o", tmp_path / "whole", "--workers", "2", "--quiet")
    begun = time.monotonic()
    assert subprocess.run(arguments, check=False).returncode == 1  # one input is no letter
    length = time.monotonic() - begun
    expected = output(tmp_path / "whole")

    out = tmp_path / "out"
    arguments = command("run", letters, "-o", out, "--workers", "2", "--quiet")
    killed: Counter[str] = Counter()
    finished = 0
    run = subprocess.Popen(arguments)
    while killed.total() < KILLS:
        try:
            run.wait(timeout=chance.uniform(0, length / 2))
        except subprocess.TimeoutExpired:
            victim = chance.choice(["run", "worker"])
            workers = workers_of(run.pid)
            if victim == "worker" and not workers:
                continue  # it has none at this moment
            os.kill(chance.choice(workers) if victim == "worker" else run.pid, signal.SIGKILL)
            killed[victim] += 1
            if victim == "worker":
                continue
            assert run.wait() == -signal.SIGKILL
        else:
            finished += 1
            complete(run, out, expected)
            shutil.rmtree(out)
        run = subprocess.Popen(arguments)
    run.wait()
    complete(run, out, expected)
    print(f"seed {SEED}: {dict(killed)} killed, {finished + 1} runs finished")


def complete(run: subprocess.Popen[bytes], out: Path, expected: dict[str, bytes]) -> None:
    """Check what a run that came to its end has left."""
    assert run.returncode == 1, f"seed {SEED}"
    assert output(out) == expected, f"seed {SEED}"
    counts = json.loads((out / "run.json").read_text(encoding="utf-8"))["counts"]
    assert (counts["letters"], counts["failed"]) == (LETTERS, 1)
    assert not (out / ".incomplete").exists()
