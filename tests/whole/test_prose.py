"""Comments, docstrings and docs use the field's words: no idiom that a reader must decode first."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import ROOT

#: Idioms that once made this code hard to read. "home" and the like stay where they are letters' words, in quotes.
IDIOMS = re.compile(
    r"\b(?:mends?|mended|mending|stretch(?:es)?|handful|goes on|go on|speaks? of|said to be|worn|talks?|at once)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"``.*?``|`[^`\n]*`|\"[^\"\n]*\"|“[^”]*”|'[^'\n]*'", re.DOTALL)
_FENCE = re.compile(r"^(?:```.*?^```|(?: {4}|>>>|\.\.\. ).*?$)", re.MULTILINE | re.DOTALL)
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
PAGES = sorted((ROOT / "docs").rglob("*.md"))


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each docstring and comment of a module, without code and quotations."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text:
                for number, line in enumerate(_blank(text).split("\n")):
                    yield node.body[0].lineno + number, line.split(">>>")[0]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], _CODE.sub("", token.string)


def _blank(text: str) -> str:
    return _CODE.sub(lambda found: re.sub(r"[^\n]", "", found[0]), text)


def idioms(lines: Iterator[tuple[int, str]], path: Path) -> list[str]:
    return [f"{path}:{number}: {found[0]}" for number, line in lines for found in IDIOMS.finditer(line)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_comments_and_docstrings_have_no_idioms(path):
    assert idioms(prose_of(path), path) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_have_no_idioms(path):
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"))
    assert idioms(iter(enumerate(_blank(text).split("\n"), 1)), path) == []


def test_an_idiom_is_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('def f():\n    """Return a handful."""\n    return 1  # the stretch\n', encoding="utf-8")
    assert [found.rpartition(" ")[2] for found in idioms(prose_of(path), path)] == ["handful", "stretch"]
