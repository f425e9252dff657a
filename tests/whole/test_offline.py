"""Nothing is fetched at run time: everything works in a network namespace of its own, where no address answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.forked import imr_nlp_forked
from support.letters import LETTER, command, pdf
from support.paths import ROOT

OFFLINE = ["unshare", "--user", "--map-root-user", "--net"]


@pytest.fixture(scope="module")
def offline() -> list[str]:
    """The words before a command that take the network from it."""
    if not shutil.which("unshare") or subprocess.run([*OFFLINE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a network namespace")
    return OFFLINE


def test_there_is_no_network_indeed(offline: list[str]) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"
    done = subprocess.run([*offline, sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "Network is unreachable" in done.stderr


@pytest.mark.slow
def test_a_run_with_workers_and_a_database(offline: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "b.pdf").write_bytes(pdf([LETTER]))
    done = subprocess.run(
        [*offline, *command("run", tmp_path / "a.txt", tmp_path / "b.pdf", "-o", tmp_path / "out", "--workers", "2",
                            "--duckdb", tmp_path / "imr.duckdb", "--quiet")],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "letters.jsonl").read_bytes().count(b"\n") == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "a.txt"],
        pytest.param(["evaluate", "annotations/gold.jsonl"], marks=pytest.mark.stress),  # reads letters as show does
        ["review", "export", "out", "-o", "review.csv", "--format", "csv"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_other_verbs(offline: list[str], tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    root = ROOT
    (tmp_path / "annotations").symlink_to(root / "annotations")
    if "out" in arguments:
        made = imr_nlp_forked("run", "a.txt", "-o", "out", "--store-text", "--quiet", cwd=tmp_path)
        assert made.returncode == 0, made.stderr
    done = subprocess.run(
        [*offline, *command(*arguments)], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
