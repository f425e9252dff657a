"""The wheel, in an environment of its own, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from support.paths import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it into an environment that takes its dependencies from this one."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    venv.create(place / "env", with_pip=True)
    python = place / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # The dependencies of this environment, but not its editable install of the checkout.
    paths = [path for path in sys.path if path.endswith("site-packages")]
    (site,) = (place / "env" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(f"import sys; sys.path.extend({paths!r})\n")
    return place / "env" / "bin"


@pytest.mark.stress
def test_the_wheel_reads_letters_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    letter = tmp_path / "a letter.txt"
    letter.write_bytes((ROOT / "annotations" / "letters" / "eight-services.txt").read_bytes())
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [installed / "nlp-run", letter, "-o", tmp_path / "out"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "letters.jsonl").read_text())
    assert len(record["services"]) == 8
    places = "import imr_nlp, imr_nlp.config as c; print(imr_nlp.__file__, c.folder('configs'))"
    where = subprocess.run(
        [installed / "python", "-c", places],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(ROOT) not in where
    assert where.count("site-packages") == 2
