"""A few commands to a browser over the WebDriver protocol (W3C), spoken to Debian's chromedriver."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1600,1400")


class Browser:
    """One browser window. Every command gives up after ``timeout`` seconds."""

    def __init__(self, address: str, timeout: float = 60) -> None:
        self._address, self._timeout = address, timeout
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": list(_ARGUMENTS)}}
        session = self._post("/session", {"capabilities": {"alwaysMatch": wanted}})
        self._address += f"/session/{session['sessionId']}"

    def open(self, url: str) -> None:
        """Go to a page."""
        self._post("/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a function body of JavaScript in the page and return what it returns."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, seconds: float = 60) -> Any:
        """Run a script until it returns something true, and return that. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.run(script):
                return value
            time.sleep(0.3)
        raise TimeoutError(f"after {seconds} s still not true: {script}")

    def press(self, key: str) -> None:
        """Press and release a key."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Move the mouse from one place of the window to another with its button held down."""

        def move(place: tuple[int, int]) -> dict[str, Any]:
            return {"type": "pointerMove", "duration": 100, "x": place[0], "y": place[1], "origin": "viewport"}

        button = {"down": {"type": "pointerDown", "button": 0}, "up": {"type": "pointerUp", "button": 0}}
        steps = [move(start), button["down"], move(end), button["up"]]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        self._post("/actions", {"actions": [mouse]})

    def screenshot(self, file: Path) -> None:
        """Save what the window shows as PNG."""
        with urllib.request.urlopen(f"{self._address}/screenshot", timeout=self._timeout) as answer:
            file.write_bytes(base64.b64decode(json.load(answer)["value"]))

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            return json.load(answer)["value"]


@contextmanager
def browser(driver: str, port: int) -> Iterator[Browser]:
    """Start chromedriver and a window; both end with the block."""
    with subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"{address}/status", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            window = Browser(address)
            yield window
            request = urllib.request.Request(window._address, method="DELETE")
            urllib.request.urlopen(request, timeout=10).close()
        finally:
            process.terminate()
