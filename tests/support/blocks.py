"""Code blocks of a page, run in order as a reader would run them, their output compared with what the page shows."""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from support.paths import ANNOTATIONS

#: An HTML comment before a block. ``not run`` says why not. ``needs`` names a program. ``first`` does what people do.
_NOTE = re.compile(r"<!-- (not run|needs|first): (.+?) -->", re.DOTALL)
_SEPARATOR = "\0"
#: Runs the Python blocks of a page in one namespace. Standard output has a separator behind each block.
_DRIVER = f"""
import json, sys
names = {{"__name__": "__main__"}}
for where, text in json.load(sys.stdin):
    exec(compile("\\n" * where[1] + text, where[0], "exec"), names)
    sys.stdout.flush(); sys.stdout.write({_SEPARATOR!r}); sys.stdout.flush()
"""


@dataclass(frozen=True)
class Block:
    """A code block: language, text, line of the page, the output that the page shows, and notes before it."""

    language: str
    text: str
    line: int
    shown: str | None
    notes: dict[str, str]


def blocks(page: str) -> list[Block]:
    """Return the code blocks of a page, indented ones with the language ``""``.

    A ``text`` block directly below another block is the output of that one.

    >>> page = "<!-- not run: needs Java -->\\n```sh\\njava\\n```\\n\\n"
    >>> page += "```python\\nprint(1)\\n```\\n```text\\n1\\n```\\n"
    >>> [(block.language, block.text, block.shown, block.notes) for block in blocks(page)]
    [('sh', 'java\\n', None, {'not run': 'needs Java'}), ('python', 'print(1)\\n', '1\\n', {})]
    """
    found: list[Block] = []
    notes: dict[str, str] = {}
    after_block = False
    for token in MarkdownIt().parse(page):
        if token.type == "html_block":
            notes |= dict(_NOTE.findall(token.content))
        elif token.type in ("fence", "code_block"):
            assert token.map is not None
            language = token.info.strip() if token.type == "fence" else ""
            if language == "text" and after_block:
                found[-1] = Block(found[-1].language, found[-1].text, found[-1].line, token.content, found[-1].notes)
            else:
                found.append(Block(language, token.content, token.map[0] + 1, None, notes))
            notes, after_block = {}, True
            continue
        elif token.type == "inline":
            notes = {}
        after_block = False
    return found


def same(shown: str, output: str) -> bool:
    """Tell whether an output is what a page shows; ``...`` stands for anything, and blanks at line ends for nothing."""
    shown, output = (
        "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines()) for text in (shown, output)
    )
    return doctest.OutputChecker().check_output(shown, output, doctest.ELLIPSIS)


def samples(folder: Path) -> Path:
    """Fill a folder with what pages suppose: the sample letters in ``letters``."""
    shutil.copytree(ANNOTATIONS / "letters", folder / "letters")
    return folder


def run_page(page: Path, folder: Path) -> None:
    """Run each block of a page that its notes let run, the shell blocks first.

    Raises:
        AssertionError: A block failed, or its output is not what the page shows.
    """
    wanted = [block for block in blocks(page.read_text(encoding="utf-8")) if _can_run(block)]
    for block in wanted:
        if block.language == "yaml" and block.text.startswith("# "):
            name, _, content = block.text.removeprefix("# ").partition("\n")
            (folder / name.strip()).write_text(content, encoding="utf-8")
    for block in wanted:
        if first := block.notes.get("first"):
            _compare(page, block, None, _shell(first, folder))
        if block.language == "sh":
            _compare(page, block, block.shown, _shell(block.text, folder))
        elif block.language == "console":
            for command, shown in session(block.text):
                _compare(page, block, shown or None, _shell(command, folder))
    python = [block for block in wanted if block.language == "python"]
    if python:
        given = json.dumps([[[page.name, block.line], block.text] for block in python])
        done = _run([sys.executable, "-c", _DRIVER], folder, given)
        assert done.returncode == 0, f"{page.name}\n{done.stderr[-3000:]}"
        for block, output in zip(python, done.stdout.split(_SEPARATOR), strict=False):
            if block.shown is not None:
                assert same(block.shown, output), f"{page.name}:{block.line} gives\n{output}"


def session(text: str) -> list[tuple[str, str]]:
    """Split a console block into commands and their outputs.

    >>> session("$ echo a\\na\\n$ true\\n")
    [('echo a', 'a\\n'), ('true', '')]
    """
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def _can_run(block: Block) -> bool:
    return "not run" not in block.notes and shutil.which(block.notes.get("needs", "sh")) is not None


def _shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run shell commands. Both streams count as output, as a reader sees both."""
    return _run(["bash", "-euo", "pipefail", "-c", f"exec 2>&1\n{text}"], folder)


def _run(command: list[str], folder: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path, "COLUMNS": "80"}, check=False, input=given or "",
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip


def _compare(page: Path, block: Block, shown: str | None, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"{page.name}:{block.line}\n{block.text}\n{done.stdout[-3000:]}"
    assert shown is None or same(shown, done.stdout), f"{page.name}:{block.line} gives\n{done.stdout}"
