"""A run of the sample letters and of a hostile letter, and its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.browser import browser
from support.forked import imr_nlp_forked
from support.letters import LETTER
from support.paths import ANNOTATIONS

#: What a letter may hold to harm a page, a terminal or a spreadsheet.
MARKUP = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
STEERING = "\x1b[2J \u202egnol\u202c"


def hostile() -> str:
    """A letter whose request, reviewer and reasons are markup, formulas and marks that steer."""
    return (
        ("\N{PILL} " + LETTER)
        .replace("MRI of the left wrist: Upheld", f"MRI of the left wrist {MARKUP} {STEERING}: Upheld")
        .replace("The notes name no red flag", f"\fThe notes {MARKUP} name no red flag {STEERING}")
        .replace("gardener with neck pain", f"gardener with {MARKUP} neck pain and cervical sprain")
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run."""
    base = tmp_path_factory.mktemp("report")
    letters = base / "letters [1]"
    letters.mkdir()
    (letters / "<img src=x onerror=alert(1)>.txt").write_text(hostile(), encoding="utf-8")
    done = imr_nlp_forked("run", ANNOTATIONS / "letters", letters, "-o", base / "run [1]", "--store-text")
    assert done.returncode == 0, done.stderr
    return base / "run [1]"


@pytest.fixture(scope="session")
def site(folder: Path) -> Path:
    """Its report."""
    out = folder.parent / "site"
    done = imr_nlp_forked("report", folder, "-o", out)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "21 letters" in done.stderr
    return out


@pytest.fixture(scope="session")
def wide() -> Iterator[Any]:
    """A browser with a wide window."""
    with browser() as started:
        yield started
