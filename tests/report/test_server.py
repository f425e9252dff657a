"""``imr-nlp serve``: the same pages with a server behind them, for this machine alone."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.browser import complaints, ready, screenshot
from support.forked import imr_nlp_forked
from support.letters import command

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    process = subprocess.Popen(command("serve", folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip()  # type: ignore[union-attr]
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def _get(address: str, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)  # type: ignore[arg-type]
    connection.request(method, f"{parts.path}?{parts.query}", headers={"Host": host or parts.netloc})
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_the_address_is_secret_and_of_this_machine(address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
    root = address.rsplit("/", 2)[0]
    assert _get(address)[0] == 200
    for other in (
        root + "/",
        f"{root}/index.html",
        f"{root}/{'x' * 32}/",
        f"{root}/api/services",
        f"{address}../index.html",
    ):
        assert _get(other)[0] == 404, other
    assert _get(address, host="evil.example")[0] == 404
    assert _get(address, host=f"evil.example:{urlsplit(address).port}")[0] == 404


def test_it_only_reads(address: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert _get(address, method)[0] == 405


def test_pages_are_sealed(address: str) -> None:
    _, headers, body = _get(address)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "access-control-allow-origin" not in headers
    assert b"http://" not in body.replace(b"http://www.w3.org", b"")


def test_lists_answer_as_the_files_say(address: str, folder: Path) -> None:
    records = [json.loads(line) for line in (folder / "letters.jsonl").read_text(encoding="utf-8").splitlines()]
    services = [service for record in records for service in record["services"]]
    upheld = [one for one in services if one.get("decision") == "upheld" and one["category"] == "surgery"]
    answer = json.loads(_get(f"{address}api/services?decision=upheld&category=surgery")[2])
    assert answer["total"] == len(upheld) > 0
    view = json.loads(_get(f"{address}api/services/view")[2])
    assert len(answer["rows"][0]) == len(view["columns"])
    at = view["columns"].index("request")
    down = json.loads(_get(f"{address}api/services?sort=-request")[2])["rows"]
    assert [row[at] for row in down] == sorted((row[at] for row in down), reverse=True)
    both = json.loads(_get(f"{address}api/services?decision=upheld&decision=overturned")[2])["total"]
    assert both == sum(one.get("decision") in ("upheld", "overturned") for one in services)
    found = json.loads(_get(f"{address}api/services?q=MEDICALLY+necessary&in=reasons")[2])
    assert 0 < found["total"] <= len(services)
    assert json.loads(_get(f"{address}api/services?q=%27%29+OR+1%3D1--")[2])["total"] == 0
    for odd in ("page=99999", "sort=nothing", "page=-1", "sort=row%3Bdrop", "page=%00", "colour=red"):
        assert _get(f"{address}api/services?{odd}")[0] == 200, odd


def test_csv_holds_no_formula(address: str) -> None:
    from imr_nlp.report.server import _cell

    assert [_cell(value) for value in ("=1+1", "+a", "@b", "-x", "-2", 3, None, ["a", "b"])] == [
        "'=1+1", "'+a", "'@b", "'-x", "-2", "3", "", "a; b",
    ]  # fmt: skip
    status, headers, body = _get(f"{address}api/services.csv?decision=upheld")
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="services.csv"')
    rows = list(csv.reader(body.decode("utf-8-sig").splitlines()))
    assert len(rows) - 1 == json.loads(_get(f"{address}api/services?decision=upheld")[2])["total"]


def test_the_server_shows_what_the_files_show(address: str, site: Path, wide: Any) -> None:
    shown = []
    for base in (f"{site.as_uri()}/", address):
        seen = {}
        for page in ("services.html#decision=upheld&q=mri", "letters.html#warning=no_case_number", "letters.html"):
            ready(wide, base + page)
            seen[page] = wide.execute_script(
                "return [summary.textContent, document.getElementById('rows').textContent]"
            )
        href = wide.execute_script("return document.querySelector('#rows a').getAttribute('href')")
        ready(wide, base + href)
        seen["letter"] = wide.execute_script("return document.getElementById('main').innerText")
        seen["next"] = wide.execute_script("return document.getElementById('next').hash")
        ready(wide, base + "index.html")
        seen["index"] = wide.execute_script("return document.getElementById('t-category').innerText")
        assert complaints(wide) == []
        shown.append(seen)
    assert shown[0] == shown[1]
    screenshot(wide, "served")


def test_what_serve_cannot_do_it_says(tmp_path: Path, folder: Path, address: str) -> None:
    done = imr_nlp_forked("serve", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds no finished run" in done.stderr
    taken = imr_nlp_forked("serve", folder, "--port", str(urlsplit(address).port))
    assert taken.returncode == 2
    assert "--port" in taken.stderr
