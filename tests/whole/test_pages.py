"""The code of the pages runs as it is shown, on the sample letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.blocks import blocks, run_python, run_shell, samples
from support.paths import ROOT

PAGES = ("docs/index.md", "docs/library.md")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path) -> None:
    samples(tmp_path)
    found = blocks((ROOT / page).read_text(encoding="utf-8"))
    python = "".join(f"{text}\n" for language, text in found if language == "python")
    shell = [text for language, text in found if language == "sh"]
    assert python or shell
    for language, text in found:
        if language == "yaml" and text.startswith("# "):
            name, _, content = text.removeprefix("# ").partition("\n")
            (tmp_path / name.strip()).write_text(content, encoding="utf-8")
    for text in shell:
        done = run_shell(text, tmp_path)
        assert done.returncode == 0, f"{text}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    if python:
        done = run_python(python, tmp_path)
        assert done.returncode == 0, done.stderr[-3000:]
