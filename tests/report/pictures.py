"""Make the pictures of docs/report.md and the README from the sample letters.

python tests/report/pictures.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.browser import browser, picture, ready
from support.letters import imr_nlp
from support.paths import ROOT


def main() -> None:
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run, site = Path(folder) / "run", Path(folder) / "site"
        for arguments in (("run", "annotations/letters", "-o", run, "--store-text"), ("report", run, "-o", site)):
            done = imr_nlp(*arguments, cwd=ROOT)
            if done.returncode:
                sys.exit(done.stderr)
        with browser(1280, 800) as driver:
            ready(driver, f"{site.as_uri()}/index.html")
            time.sleep(1)  # until the charts in view are drawn
            picture(driver, images / "report-overview.png")
            ready(driver, f"{site.as_uri()}/services.html#q=physical%20therapy&in=request&decision=upheld")
            letter = driver.execute_script("return document.querySelector('#rows a').getAttribute('href')")
            ready(driver, f"{site.as_uri()}/{letter}")
            time.sleep(1)
            picture(driver, images / "report-letter.png")


if __name__ == "__main__":
    main()
