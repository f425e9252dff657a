"""Code blocks of a page, run in order as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.paths import ANNOTATIONS

#: A block with its language. The line before it may be an HTML comment that says why it is not run.
_BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the language and the text of each block, less those that say why they are not run.

    >>> blocks("```sh\\nls\\n```\\n\\n<!-- not run: needs Java -->\\n```sh\\njava\\n```\\n")
    [('sh', 'ls\\n')]
    """
    return [(language, text) for skipped, language, text in _BLOCK.findall(page) if not skipped]


def samples(folder: Path) -> Path:
    """Fill a folder with what pages suppose: the sample letters in ``letters``."""
    shutil.copytree(ANNOTATIONS / "letters", folder / "letters")
    return folder


def run_shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block of shell commands; the programs of this environment come first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env={**os.environ, "PATH": path}, check=False,
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip


def run_python(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the Python blocks of a page, joined, in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", text], cwd=folder, check=False, capture_output=True, text=True, timeout=500
    )
