"""``imr-nlp show``: the first line, widths, formats, several files, and what may not reach a terminal."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imr_nlp.records.schema import Letter
from imr_nlp.run import isolated
from support.browser import browser, complaints, ready
from support.letters import LETTER, imr_nlp_here, many_services
from support.paths import ANNOTATIONS
from support.scoring import pipeline

SAMPLE = ANNOTATIONS / "letters" / "split-request.pdf"


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """Let a worker read each letter once for all these tests, which show the same record in many ways."""
    read, known = isolated.read_each, {}

    def read_each(paths: Iterable[str], *rest: object, **options: object) -> Iterator[object]:
        paths = list(paths)
        held = tuple(Path(path).read_bytes() if Path(path).is_file() else None for path in paths)
        asked = (tuple(paths), held, rest, tuple(options.items()))
        if asked not in known:
            known[asked] = list(read(paths, *rest, **options))  # type: ignore[arg-type]
        return iter(copy.deepcopy(known[asked]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated, "read_each", read_each)
        yield


def _show(*arguments: str | Path, columns: int = 80) -> str:
    done = imr_nlp_here("show", *arguments, columns=columns)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sample(read_once: None) -> dict[str, Any]:
    """The record of the sample letter."""
    return json.loads(_show(SAMPLE, "--format", "json"))


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_nothing_is_cut_at_any_width(sample: dict[str, Any], columns: int) -> None:
    shown = _show(SAMPLE, "--why", columns=columns)
    assert shown.replace("\n", " ").startswith("3 services: denial upheld 2, overturned")
    assert columns < 80 or shown.splitlines()[0] == "3 services: denial upheld 2, overturned 1"
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown
    rules = [entity["rule"] for entity in sample["entities"]]
    assert columns < 80 or all(re.search(rf"{re.escape(rule)}(\s|,|$)", shown, re.MULTILINE) for rule in rules)
    words = set(re.findall(r"[^\s│,]+", shown))
    for value in (*sample["case"].values(), *sample["reviewer"]["specialties"], *sample["reviewer"]["states"]):
        assert set(value.split()) <= words, value
    for finding in (*sample["entities"], *sample["services"]):
        assert {f"{finding['start']}-{finding['end']}", finding["id"]} <= words


def test_a_width_may_be_given() -> None:
    assert max(map(len, _show(SAMPLE, "--width", "50", columns=200).splitlines())) <= 50


def test_several_letters_are_summed_up_first(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "b.txt").write_text(many_services(3), encoding="utf-8")
    for form in ("text", "md"):
        first = _show(tmp_path / "a.txt", tmp_path / "b.txt", "--format", form).splitlines()[0]
        assert first.startswith("2 letters, 5 services: denial upheld "), form
    records = json.loads(_show(tmp_path / "a.txt", tmp_path / "b.txt", "--format", "json"))
    assert [len(Letter.model_validate(record).services) for record in records] == [2, 3]


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_here("show", tmp_path / "a.txt", tmp_path / "gone.txt")
    assert done.returncode == 1
    assert done.stdout.startswith("2 services: denial upheld 1, overturned 1")
    assert "gone.txt" in done.stderr
    assert imr_nlp_here("show", tmp_path / "gone.txt").returncode == 2


def test_a_file_is_written_once(tmp_path: Path) -> None:
    out = tmp_path / "letter.md"
    assert _show(SAMPLE, "--format", "md", "-o", out) == ""
    first = out.read_text(encoding="utf-8")
    assert "# CM16-0991207" in first
    done = imr_nlp_here("show", SAMPLE, "--format", "json", "-o", out)
    assert (done.returncode, out.read_text(encoding="utf-8")) == (2, first)
    _show(SAMPLE, "--format", "json", "-o", out, "--overwrite")
    assert Letter.model_validate_json(out.read_text(encoding="utf-8")).services
    _show(SAMPLE, "-o", tmp_path / "letter.txt")
    assert "\x1b" not in (tmp_path / "letter.txt").read_text(encoding="utf-8")


def test_markdown_takes_nothing_of_a_letter_for_markup(tmp_path: Path) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    path = tmp_path / "a.txt"
    hostile = "The notes <b>name</b> [no](http://x.example) | `red` *flag* of the wrist."
    path.write_text(LETTER.replace("The notes name no red flag of the wrist.", hostile), encoding="utf-8")
    shown = _show(path, "--format", "md")
    html = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    assert "<b>" not in html
    assert "<a " not in html
    assert "<em>" not in html
    assert "<code>" not in html
    assert "&lt;b&gt;name&lt;/b&gt; [no](http://x.example) | `red` *flag* of the wrist." in html
    assert html.count("<table>") == 2


def test_a_terminal_is_not_steered(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m.txt"
    path.write_text(LETTER.replace("no red flag", "no \x1b]0;owned\x07red \u202eflag\x9b2J"), encoding="utf-8")
    for form in ("text", "md", "json"):
        shown = _show(path, "--format", form, *(["--why"] if form == "text" else []))
        assert not {"\x1b", "\x07"} & set(shown), form
        if form != "json":
            assert not {"\u202e", "\x9b"} & set(shown), form
            assert "‹U+001B›" in shown


def test_a_page_holds_its_letters_and_runs_nothing_of_theirs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        LETTER.replace("no red flag", "no </script><img src=x onerror=\"document.title='owned'\"> red flag"),
        encoding="utf-8",
    )
    (tmp_path / "b.txt").write_text(many_services(3), encoding="utf-8")
    out = tmp_path / "page.html"
    _show(tmp_path / "a.txt", tmp_path / "b.txt", "--format", "html", "-o", out)
    for path in (tmp_path / "a.txt", tmp_path / "b.txt"):
        path.unlink()

    def texts(driver: Any, selector: str) -> list[str]:
        return driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
        )

    with browser() as driver:
        ready(driver, out.as_uri())
        assert complaints(driver) == []
        assert driver.title != "owned"
        assert "</script><img src=x onerror=" in texts(driver, "#text")[0]
        assert len(texts(driver, ".card")) == 2
        driver.execute_script("document.getElementById('next').click()")
        assert len(texts(driver, ".card")) in (2, 3)
        assert texts(driver, "#sum")[0].startswith("3 services")
        assert complaints(driver) == []


def test_a_letter_displays_itself_in_a_notebook(sample: dict[str, Any]) -> None:
    record = Letter.model_validate(sample)
    record.services[0].text = "<script>alert(1)</script> \u202eMRI"
    shown = record._repr_html_()
    assert "3 services: denial upheld 2, overturned 1" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ‹U+202E›MRI" in shown
    assert "<script" not in shown
    for entity in record.entities:
        assert f">{entity.id}<" in shown


def test_displacy_shows_the_entities_in_the_projects_colours() -> None:
    from spacy import displacy

    import imr_nlp

    doc = pipeline()(LETTER)
    options = imr_nlp.displacy_options()
    html = displacy.render(doc, style="span", options=options, page=True, jupyter=False)
    labels = {span.label_ for span in doc.spans["imr"]}
    assert labels <= set(options["colors"])
    for label in labels:
        assert options["colors"][label] in html


@pytest.mark.parametrize("name", ["some.csv", "some.jsonl", "some.PARQUET"])
def test_a_table_is_for_a_run(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("case,text\n1,Cane: Upheld\n", encoding="utf-8")
    done = imr_nlp_here("show", name, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{name} is a table; read it with imr-nlp run {name} --text-column NAME -o OUT" in done.stderr


@pytest.mark.parametrize(
    ("out", "options", "begins"),
    [
        ("x.html", (), "<!doctype html>"), ("x.HTM", (), "<!doctype html>"), ("x.json", (), "{"),
        ("x.md", (), "2 services: denial"),
        ("x.html", ("-f", "json"), "{"), ("x.txt", ("-f", "html"), "<!doctype html>"),
    ],
)  # fmt: skip
def test_the_ending_of_the_output_tells_its_form(
    out: str, options: tuple[str, ...], begins: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_here("show", "letter.txt", "-o", out, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / out).read_text(encoding="utf-8").lower().startswith(begins)


def test_a_folder_without_a_run_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    done = imr_nlp_here("run", "letter.txt", "-o", "mine", cwd=tmp_path)
    assert "mine is not empty and holds no run; name another folder, or add --overwrite to write beside" in done.stderr
    (tmp_path / "mine" / "letters.jsonl").write_text("mine")
    done = imr_nlp_here("run", "letter.txt", "-o", "mine", cwd=tmp_path)
    assert "letters.jsonl is a file that no run wrote; move it away, or name another folder" in done.stderr
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["letters.jsonl", "notes.txt"]
