"""What a former letter leaves behind, the box of a finding, paper, and addresses that lead nowhere."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from imr_nlp.report.html import static
from imr_nlp.report.letter import id_of
from imr_nlp.text.visible import STEERING
from support.browser import browser, complaints, ready
from support.forked import imr_nlp_forked
from support.report_pages import address, click, find, records, texts, wait


def _go(driver: Any, fragment: str) -> None:
    """Change the fragment of an open page, as a link on it does."""
    driver.execute_script("location.hash = arguments[0]", fragment)


def test_pages_make_the_same_characters_visible_as_the_rest() -> None:
    pattern = re.search(r"const steering = /\[(.*)\]/gu;", static("common.js"))[1]  # type: ignore[index]
    in_python = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: f"\\U{int(found[1], 16):08x}", pattern)
    pages, rest = re.compile(f"[{in_python}]"), re.compile(f"[{STEERING}]")
    differing = [hex(code) for code in range(0x110000) if bool(pages.match(chr(code))) != bool(rest.match(chr(code)))]
    assert differing == []


def test_arrows_and_boxes_are_those_of_the_letter_shown(site: Path, folder: Path, wide: Any) -> None:
    cued = {id_of(one): {e["id"] for e in one["entities"] if e.get("cue_start") is not None} for one in records(folder)}
    first, second = [letter for letter, ids in cued.items() if ids][:2]
    ready(wide, address(site, f"letter.html#{first}"))
    click(wide, "#arrows")
    labels = "return [...document.querySelectorAll('#toggles input')].map((one) => one.checked)"
    transparent = "return getComputedStyle(document.querySelector('#text mark[data-label=%s]')).backgroundColor"
    for box in wide.execute_script("return [...document.querySelectorAll('#toggles input')]"):
        box.click()
    assert not any(wide.execute_script(labels))
    _go(wide, second)
    wait(wide, "return document.documentElement.dataset.ready === arguments[0]", second)
    path = """return [...document.querySelectorAll('#lines path')].map((one) => {
        const [x, y] = one.getAttribute('d').match(/-?[0-9.]+/g).map(Number);
        const frame = document.getElementById('lines').getBoundingClientRect();
        return [one.dataset.target, [...document.querySelectorAll('#text .cue')].some((cue) => {
            const box = cue.getClientRects()[0];
            return Math.abs(box.left + box.width / 2 - frame.left - x) < 1 && Math.abs(box.top - frame.top - y) < 1;
        })]; })"""
    drawn = wide.execute_script(path)
    assert {target for target, _ in drawn} == cued[second]
    assert all(at_a_cue for _, at_a_cue in drawn)
    label = wide.execute_script("return document.querySelector('#text mark').dataset.label")
    assert not any(wide.execute_script(labels))
    assert wide.execute_script(transparent % label) == "rgba(0, 0, 0, 0)"
    _go(wide, f"{second}/0-40")  # draws the text again
    wait(wide, "return document.querySelector('#text .here')")
    assert wide.execute_script(transparent % label) == "rgba(0, 0, 0, 0)"
    assert wide.execute_script(path) and all(at_a_cue for _, at_a_cue in wide.execute_script(path))


@pytest.mark.parametrize(("width", "height"), [(1280, 700), (390, 700)])
def test_the_box_of_a_finding_never_covers_it(site: Path, folder: Path, width: int, height: int) -> None:
    letter, *_ = find(folder, "eight-services")
    with browser(width, height) as driver:
        ready(driver, address(site, f"letter.html#{letter}"))
        covered = driver.execute_script(
            """document.documentElement.style.scrollBehavior = 'auto';
            const found = [], box = document.getElementById('detail');
            const marks = [...document.querySelectorAll('#text [tabindex]')];
            for (const mark of marks) for (const at of [0.12, 0.3, 0.45, 0.6, 0.75, 0.9]) {
                scrollBy(0, mark.getBoundingClientRect().top - at * innerHeight);
                mark.click();
                const one = box.getBoundingClientRect();
                const covers = (line) => one.top < line.bottom && one.bottom > line.top
                    && one.left < line.right && one.right > line.left;
                if (box.hidden || [...mark.getClientRects()].some(covers)) found.push([mark.textContent, at]);
                document.querySelector('h1').click();
            }
            return [marks.length, found];"""
        )
        assert covered[0] > 20
        assert covered[1] == []


def test_a_message_goes_when_the_page_is_right_again(site: Path, folder: Path, wide: Any) -> None:
    letter, *_ = find(folder, "split-request.txt")
    problem = "const one = document.getElementById('problem'); return one.hidden ? '' : one.textContent"
    ready(wide, address(site, f"letter.html#{letter}"))
    _go(wide, "nosuch")
    assert wait(wide, problem) == "This report has no such letter."
    _go(wide, letter)
    wait(wide, f"return !(() => {{ {problem} }})()")
    _go(wide, f"{letter}/E999")
    assert wait(wide, problem) == "This letter has no such place."
    _go(wide, f"{letter}/S1")
    wait(wide, f"return !(() => {{ {problem} }})()")


@pytest.mark.parametrize(("asked", "shown"), [("-3", 1), ("99", 2), ("0.5", 1), ("1.5", 2), ("1e999", 2), ("x", 1)])
def test_a_page_that_a_list_does_not_have_is_the_nearest(site: Path, wide: Any, asked: str, shown: int) -> None:
    ready(wide, address(site, f"services.html#page={asked}"))
    assert texts(wide, "#page") == [f"Page {shown} of 2"]
    assert texts(wide, "#rows a")
    ready(wide, address(site, "services.html#q=zzzznothing&page=4"))
    assert texts(wide, "#page") == ["Page 1 of 1"]
    assert "Remove a word" in texts(wide, "#summary")[0]


def test_a_filter_of_many_values_takes_what_is_typed_and_tells(site: Path, wide: Any) -> None:
    ready(wide, address(site, "services.html"))
    lists = (
        "return [...document.querySelectorAll('#facets datalist')].map((one) => [...one.options].map((o) => o.value))"
    )
    values = next(found for found in wide.execute_script(lists) if len(found) > 40)
    assert "" not in values

    def choose(text: str) -> None:
        wide.execute_script(
            """const one = document.querySelector('#facets input');
            one.value = arguments[0]; one.dispatchEvent(new Event('change'));""",
            text,
        )

    choose("zzzz")
    assert texts(wide, "#facets [role=status]")[0] == "No such value"
    choose("e")
    assert "choose one" in texts(wide, "#facets [role=status]")[0]
    for value in {values[0], "not stated"} & set(values):
        choose(f" {value.upper()} ")
        chosen = "[...document.querySelectorAll('#chips li')].some((one) => one.textContent.includes(arguments[0]))"
        wait(wide, f"return {chosen}", value)
    assert texts(wide, "#rows a")


def test_the_list_of_an_empty_run_names_no_filter(tmp_path: Path, wide: Any) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("Dear Ms. Doe,\nthank you for your letter of May 4.\n")
    imr_nlp_forked("run", tmp_path / "letters", "-o", tmp_path / "run")
    done = imr_nlp_forked("report", tmp_path / "run", "-o", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    ready(wide, address(tmp_path / "site", "services.html"))
    assert texts(wide, "#summary") == ["0 services in 0 letters. This run has none."]


def test_paper_has_all_cards_and_all_charts(site: Path, folder: Path) -> None:
    letter, record, _ = find(folder, "eight-services")
    with browser(700, 900) as driver:  # narrow, as paper is
        ready(driver, address(site, f"letter.html#{letter}"))
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        boxes = driver.execute_script(
            """return [...document.querySelectorAll('.card')].map((one) => {
                const box = one.getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]; })"""
        )
        assert len(boxes) == len(record["services"]) > 7
        assert all(left >= 0 and right <= 700 for left, right, *_ in boxes)
        assert all(above[3] <= below[2] for above, below in pairwise(boxes))
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        ready(driver, address(site, "index.html"))
        wait(driver, "return window.Plot")
        assert driver.execute_script("return document.querySelectorAll('figure.chart:not([hidden]) svg').length") < 8
        driver.execute_cdp_cmd("Page.printToPDF", {})
        blank = driver.execute_script(
            """return [...document.querySelectorAll('figure.chart:not([hidden])')]
                .filter((one) => !one.querySelector('svg')).map((one) => one.dataset.table)"""
        )
        assert blank == []
        assert complaints(driver) == []
