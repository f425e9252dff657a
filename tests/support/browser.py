"""A real browser for tests: headless Chromium, driven by Selenium. Tests skip, and say so, where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

INSTALL = "apt-get install -y --no-install-recommends chromium chromium-driver"
#: Folder of the screenshots that CI keeps.
SCREENSHOTS = os.environ.get("IMR_SCREENSHOTS")


def _programs() -> tuple[str, str]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip(f"no Chromium with its driver here; {INSTALL}")
    return chromium, driver


@contextmanager
def browser(width: int = 1280, height: int = 900, *, dark: bool = False) -> Iterator[Any]:
    """Start a browser with a window of a size; its console and its requests are logged.

    No name is resolved but this machine's, so that a page which asks the network fails there.
    """
    pytest.importorskip("selenium", reason="the tests of pages need selenium")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    chromium, driver = _programs()
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--window-size={width},{height}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = Chrome(options=options, service=Service(driver))
    try:
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        started.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        started.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        yield started
    finally:
        started.quit()


def ready(driver: Any, address: str, seconds: float = 20) -> None:
    """Open a page and wait until its script says that it is ready."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get("about:blank")  # a change of the fragment alone would not load the page again
    driver.get(address)
    WebDriverWait(driver, seconds).until(
        lambda one: one.execute_script("return document.documentElement.dataset.ready")
    )


def complaints(driver: Any) -> list[str]:
    """Return what the console said since it was last asked: errors, and what the policy refused."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def screenshot(driver: Any, name: str, *, whole: bool = False) -> None:
    """Keep a picture of the page where the tests were told to keep them."""
    if SCREENSHOTS:
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        picture(driver, folder / f"{name}.png", whole=whole)


def picture(driver: Any, path: Path, *, whole: bool = False) -> None:
    """Write a picture of the window, or of the whole page."""
    import base64

    options: dict[str, Any] = {"captureBeyondViewport": whole}
    if whole:
        page = "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        width, height = driver.execute_script(page)
        options["clip"] = {"x": 0, "y": 0, "scale": 1, "width": width, "height": height}
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", options)
    path.write_bytes(base64.b64decode(taken["data"]))
