"""The real Label Studio takes what `imr-nlp review export` writes, and what comes back is what was corrected.

    python check.py --label-studio .venv-label-studio/bin/label-studio --out out/label-studio

Starts the server on loopback with SQLite in a temporary folder, makes a project with the exported labelling
configuration, imports the exported tasks, and checks that all predictions are there. Corrects one letter through the
API, marks one more span in another with the mouse in headless Chromium (and compares every highlighted stretch of
text with its span), leaves a third alone; exports, reads back, and compares. Server and browser end with the script.
Where Chromium or chromedriver is missing, its part is left out and the script says so.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from webdriver import Browser, browser

from imr_nlp.review.checks import check
from imr_nlp.review.formats import label_studio
from imr_nlp.review.importing import import_corrections
from imr_nlp.review.task import Task, task_of_gold
from support.review_tasks import sample_tasks

STARTS_WITHIN = 300  # seconds; the first start makes the database
USER, PASSWORD, TOKEN = "reviewer@example.org", secrets.token_urlsafe(12), secrets.token_hex(20)
ODD = (
    "\N{PILL} Dose of e\N{COMBINING ACUTE ACCENT}tude.\r\n\tKnee  MRI:\r\nUpheld \N{FAMILY}\N{ZERO WIDTH JOINER}"
    "\N{GIRL} & <b>two</b> visits\n\n of therapy."
)
HOTKEY, DRAWN = "3", "& <b>"  # MEDICATION; words behind characters that UTF-16 counts twice
_SPANS = """
const texts = {};
for (const span of document.querySelectorAll('.htx-highlight'))
  for (const name of span.classList) {
    const found = /^htx-highlight-(.+)-\\d+$/.exec(name);
    if (found) texts[found[1]] = (texts[found[1]] || '') + span.textContent;
  }
return texts;
"""
_PLACE = """
const words = arguments[0], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const nodes = [];
while (walker.nextNode())
  if (walker.currentNode.data.includes(words) && walker.currentNode.parentElement.closest('[class*=richtext]'))
    nodes.push(walker.currentNode);
const range = document.createRange(), start = nodes[0].data.indexOf(words);
nodes[0].parentElement.scrollIntoView({block: 'center'});
range.setStart(nodes[0], start);
range.setEnd(nodes[0], start + words.length);
const box = range.getBoundingClientRect(), middle = Math.round((box.top + box.bottom) / 2);
return [[Math.round(box.left), middle], [Math.round(box.right), middle]];
"""
_DRAWN = f"Object.values((() => {{{_SPANS}}})()).includes({json.dumps(DRAWN)})"
_SUBMIT = "document.querySelector('button[aria-label=\"Submit current annotation\"]').click()"
_LOG_IN = """
document.querySelector('input[name=email]').value = arguments[0];
document.querySelector('input[name=password]').value = arguments[1];
document.querySelector('form').submit();
"""


class Server:
    """A running Label Studio, by its API."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def call(self, path: str, body: Any = None) -> Any:
        """Return what an address of the API answers; with a body it is a POST."""
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address + path, data, headers), timeout=60) as got:
                return json.load(got)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.code}: {error.read(2000).decode(errors='replace')}") from None


@contextmanager
def running(executable: Path, folder: Path) -> Iterator[Server]:
    """Start Label Studio with its data in a folder; it is stopped at the end of the block."""
    server = Server(_free_port())
    quiet = {"COLLECT_ANALYTICS": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "LATEST_VERSION_CHECK": "false"}
    environment = {**os.environ, **quiet, "DJANGO_DB": "sqlite", "LABEL_STUDIO_BASE_DATA_DIR": str(folder)}
    command = [
        str(executable), "start", "--no-browser", "--internal-host", "127.0.0.1",
        "--port", server.address.rpartition(":")[2], "--username", USER, "--password", PASSWORD,
        "--user-token", TOKEN, "--enable-legacy-api-token", "--log-level", "WARNING",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
        try:
            _wait(server, process, log)
            yield server
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.address}/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"Label Studio did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def odd_task() -> Task:
    """Return a task whose text counts differently in UTF-16, in bytes, with other line ends and in markup."""

    def at(words: str) -> dict[str, int]:
        return {"start": ODD.index(words), "end": ODD.index(words) + len(words)}

    decision = {f"decision_{edge}": place for edge, place in at("Upheld").items()}
    service = {"category": "diagnostic_imaging", **at("Knee  MRI"), "decision": "upheld", **decision}
    service |= {"body_parts": ["Knee"], "rationale": [{**at("visits\n\n of therapy."), "role": "gap", "score": 0.75}]}
    entities = [
        {"label": "PROCEDURE", **at("MRI"), "status": "requested", "rule": "px.test"},
        {"label": "SESSION_COUNT", **at("two</b> visits"), "min": 2, "max": 2.5, "unit": "visit"},
        {"label": "PROCEDURE", **at("therapy"), "status": "general"},
    ]
    return task_of_gold({"name": "odd", "entities": entities, "services": [service]}, ODD)


def correct(prediction: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Return a prediction's results with the assertion of its first diagnosis negated, and that diagnosis' id."""
    results = deepcopy(prediction["result"])
    asserted = next(result for result in results if result.get("from_name") == "assertion")
    assert asserted["value"]["choices"] != ["negated"]
    asserted["value"]["choices"] = ["negated"]
    return results, asserted["id"]


def same(got: Any, expected: Any, what: str) -> None:
    if got != expected:
        raise SystemExit(f"FAILED: {what}: {got!r:.1500} is not {expected!r:.1500}")
    print(f"ok: {what}")


def look(window: Browser, server: Server, project: int, items: dict[str, Any], task: Task) -> None:
    """Open a task, and compare what is highlighted with its spans."""
    window.open(f"{server.address}/projects/{project}/data?task={items[task.name]['id']}")
    shown = {result["id"]: result["value"]["text"] for result in label_studio.imported(task)["predictions"][0]["result"]
             if result["type"] == "labels"}  # fmt: skip
    window.wait(f"return document.querySelectorAll('.htx-highlight').length >= {len(shown)}")
    texts = window.run(_SPANS)
    # A line end is an element of its own in the page, and so not in the text of the highlighted elements.
    same({key: _unbroken(text) for key, text in texts.items()}, {key: _unbroken(text) for key, text in shown.items()},
         f"{len(shown)} spans of {task.name} are highlighted where they should be")  # fmt: skip


def _unbroken(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--label-studio", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True, help="folder for the exports and the screenshot")
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    corrected, untouched, *_ = sample_tasks()
    tasks = [corrected, odd_task(), untouched]
    exported = options.out / "exported"
    label_studio.write([*sample_tasks(), odd_task()], exported)
    parser = [options.label_studio.with_name("python"), Path(__file__).with_name("parse.py"), exported]
    subprocess.run(parser, check=True, timeout=120)
    label_studio.write(tasks, exported)
    with (
        tempfile.TemporaryDirectory(prefix="label-studio-", ignore_cleanup_errors=True) as folder,
        running(options.label_studio.absolute(), Path(folder)) as server,
    ):
        review(server, tasks, options.out)


def review(server: Server, tasks: list[Task], out: Path) -> None:
    corrected, odd, _ = tasks
    config = (out / "exported" / label_studio.CONFIG).read_text(encoding="utf-8")
    project = server.call("/api/projects", {"title": "IMR letters", "label_config": config})["id"]
    exported = json.loads((out / "exported" / label_studio.TASKS).read_text(encoding="utf-8"))
    taken = server.call(f"/api/projects/{project}/import", exported)
    same((taken["task_count"], taken["prediction_count"]), (3, 3), "tasks and predictions were accepted")
    listed = server.call(f"/api/tasks?project={project}&fields=all")["tasks"]
    items = {item["data"]["name"]: item for item in listed}
    for given in exported:
        got = items[given["data"]["name"]]["predictions"][0]
        same([got[key] for key in ("result", "model_version")],
             [given["predictions"][0][key] for key in ("result", "model_version")],
             f"prediction of {given['data']['name']} stands as exported")  # fmt: skip
    results, changed = correct(items[corrected.name]["predictions"][0])
    server.call(f"/api/tasks/{items[corrected.name]['id']}/annotations/", {"result": results})
    seen = see(server, project, items, tasks, out)
    if not seen:
        untouched = items[odd.name]["predictions"][0]["result"]
        server.call(f"/api/tasks/{items[odd.name]['id']}/annotations/", {"result": untouched})
    export = out / "export.json"
    answer = server.call(f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
    export.write_text(json.dumps(answer), encoding="utf-8")
    read = [task for task in label_studio.read([export]) if isinstance(task, Task)]
    answers = {task.name: task.answer for task in read}
    wanted = {corrected.name: "accepted", odd.name: "accepted", tasks[2].name: "untouched"}
    same(answers, wanted, "what was annotated is accepted, the other letter is untouched")
    with tempfile.TemporaryDirectory() as gold:
        report = import_corrections(read, Path(gold))
        same(report.untouched, [tasks[2].name], "the untouched letter gives no gold")
    back = {task.name: task for task in read if task.answer == "accepted"}
    expected = deepcopy(corrected.record)
    next(entity for entity in expected["entities"] if entity["id"] == changed)["assertion"] = "negated"
    same(back[corrected.name].record, expected, "the corrected letter has that correction and no other")
    expected = deepcopy(odd.record)
    if seen:
        drawn = {"label": "MEDICATION", "text": DRAWN, "start": ODD.index(DRAWN), "end": ODD.index(DRAWN) + len(DRAWN)}
        expected["entities"].append({"id": "E4", **drawn})
    same(back[odd.name].record, expected, f"the other letter has {'the span that was drawn' if seen else 'no change'}")
    same(back[odd.name].text, odd.text, "its text is unchanged to the character")
    faults = [problem.code for task in back.values() for problem in check(task)]
    same(faults, ["attribute"] if seen else [], "only the span that was drawn without a status is refused")
    same({bool(task.meta.get("annotator") and task.meta.get("updated_at")) for task in back.values()}, {True},
         "who and when are kept")  # fmt: skip


def see(server: Server, project: int, items: dict[str, Any], tasks: list[Task], out: Path) -> bool:
    """Look at two letters in Chromium and submit one of them; False where there is no Chromium."""
    _, odd, untouched = tasks
    driver = shutil.which("chromedriver")
    if not driver or not shutil.which("chromium"):
        print("skipped: the look in the browser, because chromium and chromium-driver are not installed")
        return False
    with browser(driver, _free_port()) as window:
        window.open(f"{server.address}/user/login")
        window.wait("return document.querySelector('input[name=email]') !== null")
        window.run(_LOG_IN, USER, PASSWORD)
        window.wait("return !location.pathname.startsWith('/user/login') && document.readyState == 'complete'")
        look(window, server, project, items, untouched)
        window.run("document.querySelector('.htx-highlight').scrollIntoView({block: 'center'})")
        window.screenshot(out / "label-studio.png")
        print(f"ok: screenshot in {out / 'label-studio.png'}")
        look(window, server, project, items, odd)
        window.press(HOTKEY)
        window.drag(*window.run(_PLACE, DRAWN))
        window.wait(f"return {_DRAWN}", 20)
        window.screenshot(out / "label-studio-odd.png")
        window.run(_SUBMIT)
        for _ in range(60):
            if server.call(f"/api/tasks/{items[odd.name]['id']}/annotations/"):
                return True
            time.sleep(0.5)
    raise SystemExit("FAILED: the annotation that was submitted in the browser did not arrive")


if __name__ == "__main__":
    main()
