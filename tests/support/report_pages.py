"""Pages of a report in a browser: their addresses, their letters, and what they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def address(site: Path, page: str) -> str:
    name, _, fragment = page.partition("#")
    return (site / name).as_uri() + (f"#{fragment}" if fragment else "")


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "letters.jsonl").read_text(encoding="utf-8").splitlines()]


def find(folder: Path, part: str) -> tuple[str, dict[str, Any], str]:
    """Return id, record and text of the letter whose path holds ``part``."""
    from imr_nlp.report.letter import id_of

    record = next(one for one in records(folder) if part in one["source"]["path"])
    letter = id_of(record)
    return letter, record, (folder / "texts" / f"{letter}.txt").read_bytes().decode()


def texts(driver: Any, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return driver.execute_script(script, selector)


def click(driver: Any, selector: str) -> None:
    driver.execute_script("document.querySelector(arguments[0]).click()", selector)


def wait(driver: Any, script: str, *arguments: Any) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 20).until(lambda one: one.execute_script(script, *arguments))
