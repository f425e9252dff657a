"""Spark without a network, and Spark whose parts are killed in the middle of a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imr_nlp.reading.inputs import expand
from imr_nlp.run.runner import run as run_here
from support import spark_runs
from support.letters import command, folder_of_letters
from support.spark_runs import assert_same, lines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(spark_runs.MISSING is not None, reason=str(spark_runs.MISSING)),
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes in /proc"),
]

#: A network of its own in which only the loop-back device is up.
NO_NETWORK = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def has_no_network() -> bool:
    """Tell whether this machine lets us switch the network off."""
    try:
        return subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def below(pid: int) -> dict[int, str]:
    """The command lines of a process's descendants."""
    found = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="ascii").split()):
            try:
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= below(child)
            except OSError:  # it has ended
                continue
    return found


def python_workers(pid: int) -> list[int]:
    """The Python workers of Spark below a process: what pyspark.daemon has forked."""
    daemons = [child for child, line in below(pid).items() if "pyspark.daemon" in line]
    return [child for daemon in daemons for child, line in below(daemon).items() if "pyspark.daemon" in line]


def wait_for(found: object, process: subprocess.Popen[str], seconds: float = 300) -> object:
    """Wait until ``found()`` finds something while a process runs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if what := found():  # type: ignore[operator]
            return what
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"it did not come to that; exit code {process.poll()}")


def start(site: Path, *arguments: str | Path, prefix: tuple[str, ...] = (), slow: str = "0") -> subprocess.Popen[str]:
    """Start a run whose letters take a while."""
    (site / "sitecustomize.py").write_text(spark_runs.SABOTAGE, encoding="utf-8")
    path = os.pathsep.join([str(site), *(entry for entry in sys.path if entry)])
    environment = {**os.environ, "PYTHONPATH": path, "PYSPARK_PYTHON": sys.executable, "SLOW": slow}
    (site / "spark-defaults.conf").write_text(
        "spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1\n", encoding="utf-8"
    )
    environment |= {"SPARK_CONF_DIR": str(site), "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1"}  # JVMs for a minute
    return subprocess.Popen(
        [*prefix, *command("run", *arguments, "--engine", "spark")],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_each_letter_once_when_a_python_worker_and_an_executor_are_killed(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "letters", 120)
    (letters / "0100b.txt").write_bytes(b"")
    (letters / "0150b.pdf").write_bytes(b"%PDF-1.4 cut")
    out = tmp_path / "out"
    process = start(tmp_path, letters, "-o", out, "--master", "local-cluster[2,1,1024]", slow="0.1")
    staged = out / ".incomplete" / "extracted" / "0"
    wait_for(lambda: list(staged.glob("*.parquet")), process)
    os.kill(python_workers(process.pid)[0], signal.SIGKILL)
    before = len(list(staged.glob("*.parquet")))
    wait_for(lambda: len(list(staged.glob("*.parquet"))) > before, process)
    executors = [child for child, line in below(process.pid).items() if "CoarseGrainedExecutorBackend" in line]
    assert len(executors) == 2
    os.kill(executors[0], signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 1, said
    assert "2 of 122 inputs failed" in said
    counts = json.loads((out / "run.json").read_text(encoding="utf-8"))["counts"]
    assert (counts["letters"], counts["failed"]) == (120, 2)
    run_here(expand([str(letters)]), tmp_path / "here", workers=2)
    assert_same(out, tmp_path / "here")


@pytest.mark.skipif(not has_no_network(), reason="this machine doesn't let us switch the network off")
def test_without_a_network_and_killed_and_gone_on(tmp_path: Path) -> None:
    letters = folder_of_letters(tmp_path / "letters", 40)
    out = tmp_path / "out"
    run = (letters, "-o", out, "--master", "local[2]")
    process = start(tmp_path, *run, prefix=tuple(NO_NETWORK), slow="0.2")
    staged = out / ".incomplete" / "extracted"
    wait_for(lambda: list(staged.glob("0/*.parquet")), process)
    process.kill()  # the driver; all others end with it
    process.communicate()
    process = start(tmp_path, *run, prefix=tuple(NO_NETWORK))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert said.startswith("40 letters, 80 services, 0 failed")
    run_here(expand([str(letters)]), tmp_path / "here")
    assert_same(out, tmp_path / "here")
    assert len(lines(out / "letters.jsonl")) == 40
