"""The report in a real browser, opened from the disk: load, filter, follow a number, choose a service, keyboard."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from support.browser import browser, complaints, ready, screenshot
from support.paths import DATA
from support.report_pages import address as _address
from support.report_pages import click as _click
from support.report_pages import find as _find
from support.report_pages import texts as _texts
from support.report_pages import wait as _wait

PAGES = ("index.html", "services.html", "letters.html")
SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.stress)], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_pages_load_fit_and_ask_nothing_of_the_network(
    site: Path, folder: Path, width: int, height: int, dark: bool
) -> None:
    letter, *_ = _find(folder, "split-request.pdf")
    with browser(width, height, dark=dark) as driver:
        for page in (*PAGES, f"letter.html#{letter}"):
            ready(driver, _address(site, page))
            if page == "index.html":
                _wait(driver, "return document.querySelectorAll('figure[data-drawn] svg').length > 1")
            assert complaints(driver) == [], page
            scroll, inner = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
            assert scroll <= inner, page
            ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, ground.strip("rgb()").split(","))) < 200) == dark, ground
            screenshot(driver, f"{page.split('.')[0]}-{width}{'-dark' if dark else ''}")
        asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
        addresses = {one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"}
        assert any(address.endswith("letters-0.js") for address in addresses)
        assert {address.split(":", 1)[0] for address in addresses} <= {"file", "about", "data", "blob"}
        assert all(address.startswith(site.as_uri()) for address in addresses if address.startswith("file:"))


def test_a_number_leads_to_its_services_and_to_a_letter(site: Path, wide: Any) -> None:
    ready(wide, _address(site, "index.html"))
    number = _texts(wide, '#t-category tbody tr[data-value="pharmaceutical"] td:nth-child(2) a')[0]
    _click(wide, '#t-category tbody tr[data-value="pharmaceutical"] td:nth-child(2) a')
    _wait(wide, "return document.getElementById('summary')?.dataset.total")
    assert wide.execute_script("return document.getElementById('summary').dataset.total") == number
    assert set(_texts(wide, '#rows td[data-title="Category"]')) == {"pharmaceutical"}
    request = _texts(wide, "#rows a")[0]
    _click(wide, "#rows a")
    _wait(wide, "return document.querySelector('.card.chosen h2')?.textContent")
    assert _texts(wide, ".card.chosen h2")[0].partition(". ")[2].split() == request.split()
    assert complaints(wide) == []


def test_filters_add_up_and_stand_in_the_address(site: Path, wide: Any) -> None:
    ready(wide, _address(site, "services.html#decision=upheld&category=injection"))
    assert set(_texts(wide, '#rows td[data-title="Decision"]')) == {"upheld"}
    assert set(_texts(wide, '#rows td[data-title="Category"]')) == {"injection"}
    both = int(wide.execute_script("return document.getElementById('summary').dataset.total"))
    _click(wide, "#chips button")
    _wait(wide, "return Number(document.getElementById('summary').dataset.total) > arguments[0]", both)
    assert "decision" not in wide.current_url
    _click(wide, "#rows th:first-child button")
    _wait(wide, "return document.querySelector('#rows th[aria-sort]')")
    requests = _texts(wide, "#rows a")
    assert requests == sorted(requests)


def test_amounts_sort_by_their_number_on_pages_and_in_the_server(site: Path, folder: Path, wide: Any) -> None:
    from imr_nlp.report.dataset import Run
    from imr_nlp.report.query import Question, answer, columns_of

    ready(wide, _address(site, "services.html#sort=requested"))
    shown = [text for text in _texts(wide, '#rows td[data-title="Requested"]') if text]
    numbers = [float(text.split()[0]) for text in shown]
    assert len(set(numbers)) > 3
    assert numbers == sorted(numbers)
    run = Run(folder)
    view = run.views["services"]
    found = answer(run, view, Question({}, sort="requested"))
    at = columns_of(run, view).index("requested")
    assert [row[at] for row in found["rows"] if row[at]] == shown
    run.close()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_or_runs_over_its_place(site: Path, page: str) -> None:
    """No table of a list is wider than its frame, and no text of a chart leaves its drawing."""
    for width in (1280, 390):
        with browser(width, 900) as driver:
            ready(driver, _address(site, page))
            if page != "index.html":
                wide, frame = driver.execute_script(
                    "const one = document.querySelector('[data-list] .scroll');"
                    "return [one.scrollWidth, one.clientWidth]"
                )
                assert wide <= frame, (page, width)
                continue
            _click(driver, 'nav.side a[href="#s-guideline"]')  # charts drawn on the way do not move the place
            _wait(driver, "return document.querySelector('#s-guideline figure[data-drawn] svg')")
            outside = driver.execute_script(
                """const svg = document.querySelector('#s-guideline figure svg'), frame = svg.getBoundingClientRect();
                return [...svg.querySelectorAll('text')].filter((one) => {
                    const box = one.getBoundingClientRect();
                    return box.left < frame.left - 1 || box.right > frame.right + 1;
                }).map((one) => one.textContent)"""
            )
            assert outside == [], width
            top = "return document.querySelector('#s-guideline').getBoundingClientRect().top"
            _wait(driver, f"{top} >= 0 && {top.removeprefix('return ')} < innerHeight / 2")


def test_the_chart_of_amounts_draws_each_service_at_its_place(site: Path, wide: Any) -> None:
    """The axes are read from their labels; each dot of a unit's chart stands where its row of the table says."""
    ready(wide, _address(site, "index.html"))
    wide.execute_script("document.querySelector('#amounts figure').scrollIntoView()")
    _wait(wide, "return document.querySelector('#amounts figure[data-drawn] svg')")
    rows: dict[str, list[list[float]]] = {}
    for unit, requested, granted in wide.execute_script(
        """return [...document.querySelectorAll('#t-amounts tbody tr')]
            .map((row) => [row.dataset.unit, row.dataset.requested, row.dataset.granted])"""
    ):
        if granted:
            rows.setdefault(unit, []).append([float(requested), float(granted)])
    assert any(0 < granted < requested for of_unit in rows.values() for requested, granted in of_unit)
    charts = wide.execute_script(
        """const place = (one) => one.getAttribute('transform').match(/-?[0-9.]+/g).map(Number);
        const ticks = (svg, axis, at) => [...svg.querySelectorAll(`[aria-label="${axis}-axis tick label"] text`)]
            .map((one) => [Number(one.textContent.replace(',', '')), place(one)[at]]);
        return [...document.querySelectorAll('#amounts .units > div')].map((one) => ({
            unit: one.dataset.unit, x: ticks(one, 'x', 0), y: ticks(one, 'y', 1),
            dots: [...one.querySelectorAll('circle')]
                .map((dot) => ['cx', 'cy'].map((at) => Number(dot.getAttribute(at)))),
            marks: [...one.querySelectorAll('[aria-label=rule] line')]
                .map((line) => Math.abs(line.getAttribute('y2') - line.getAttribute('y1'))),
        }))"""
    )
    assert {one["unit"]: len(one["dots"]) for one in charts} == {unit: len(found) for unit, found in rows.items()}
    for one in charts:
        read = []
        for axis in ("x", "y"):
            (low, low_at), *_, (high, high_at) = one[axis]
            assert low == 0 and len(one[axis]) > 2
            assert (high_at > low_at) == (axis == "x")  # more stands to the right, and higher up
            for value, at in one[axis]:
                assert at == pytest.approx(low_at + (high_at - low_at) * value / high, abs=0.1)
            read.append((low_at, (high_at - low_at) / high))
        (x, width), (y, height) = read
        near = max(1 / abs(width), 1 / abs(height))  # a pixel
        shown = [[(cx - x) / width, (cy - y) / height] for cx, cy in one["dots"]]
        for row in rows[one["unit"]]:
            dot = min(shown, key=lambda dot: math.dist(dot, row))
            assert dot == pytest.approx(row, abs=near), one["unit"]
            shown.remove(dot)
        assert all(long < 30 for long in one["marks"])


def test_months_without_letters_have_their_place(site: Path, wide: Any) -> None:
    ready(wide, _address(site, "index.html"))
    _click(wide, "#t-month thead th:nth-child(2) button")  # time does not follow the order of the table
    _wait(wide, "return document.querySelector('#time figure[data-drawn] svg')")
    months = wide.execute_script(
        "return [...document.querySelectorAll('#t-month tbody tr')].map((row) => row.dataset.value)"
    )
    numbers = sorted(12 * int(month[:4]) + int(month[5:]) for month in months if month)
    dots = [float(x) for x in wide.execute_script(
        "return [...document.querySelector('#time svg').querySelectorAll('circle')].map((o) => o.getAttribute('cx'))"
    )]  # fmt: skip
    assert len(dots) == len(numbers) > 5
    a_month = (dots[-1] - dots[0]) / (numbers[-1] - numbers[0])
    for number, at in zip(numbers, dots, strict=True):
        assert at == pytest.approx(dots[0] + a_month * (number - numbers[0]), abs=0.5)


def test_search_finds_requests_reasons_and_diagnoses(site: Path, folder: Path, wide: Any) -> None:
    letter, record, text = _find(folder, "split-request.txt")
    reason = text[record["services"][0]["rationale"][1]["start"] : record["services"][0]["rationale"][1]["end"]]
    word = next(word for word in reason.split() if word.isalpha() and len(word) > 6)
    for field, wanted in (("request", record["services"][0]["procedure"].split()[0]), ("reasons", word)):
        ready(wide, _address(site, f"services.html#q={wanted}&in={field}"))
        links = wide.execute_script(
            "return [...document.querySelectorAll('#rows a')].map((a) => a.getAttribute('href'))"
        )
        assert f"letter.html#{letter}/S1" in links
    diagnosis = next(one for one in record["entities"] if one["label"] == "DIAGNOSIS")
    ready(wide, _address(site, f"services.html#q={diagnosis['text'].split()[-1]}&in=diagnoses"))
    assert record["case"]["case_number"] in _texts(wide, '#rows td[data-title="Case"]')
    ready(wide, _address(site, "services.html#q=zzzznothing"))
    assert wide.execute_script("return document.getElementById('summary').textContent").startswith("0 services")


@pytest.mark.parametrize("name", ["split-request.txt", "onerror"])
def test_a_chosen_service_lights_exactly_its_evidence(site: Path, folder: Path, wide: Any, name: str) -> None:
    letter, record, text = _find(folder, name)
    ready(wide, _address(site, f"letter.html#{letter}"))
    assert _texts(wide, "#text .lit") == []
    service = record["services"][-1]
    _click(wide, f'.card[data-id="{service["id"]}"] h2 button')
    places = [(service["start"], service["end"]), (service["decision_start"], service["decision_end"])]
    places += [(one["start"], one["end"]) for one in (*service["citations"], *service["rationale"])]
    places += [(one["start"], one["end"]) for one in service.get("decision_evidence") or []]
    inside = {at for start, end in places for at in range(start, end)}
    expected = "".join(text[at] for at in sorted(inside) if text[at] != "\f")
    from imr_nlp.text.visible import visible

    assert "".join(_texts(wide, "#text .lit")) == visible(expected)
    screenshot(wide, f"letter-chosen-{name.split('.')[0]}")
    _click(wide, f'.card[data-id="{service["id"]}"] h2 button')
    assert _texts(wide, "#text .lit") == []


def test_a_deep_link_leads_to_its_span_and_tells_what_made_it(site: Path, folder: Path, wide: Any) -> None:
    letter, record, _ = _find(folder, "onerror")
    entity = next(one for one in record["entities"] if one["label"] == "DIAGNOSIS")
    ready(wide, _address(site, f"letter.html#{letter}/{entity['id']}"))
    assert "".join(_texts(wide, "#text .here")) == entity["text"]
    detail = _texts(wide, "#detail")[0]
    for part in (entity["rule"], entity["assertion"], str(entity["start"])):
        assert part in detail
    ready(wide, _address(site, f"letter.html#{letter}/{entity['start']}-{entity['start'] + 4}"))
    assert "".join(_texts(wide, "#text .here")) == entity["text"][:4]


def test_context_arrows_lead_from_the_cue_to_its_target(site: Path, folder: Path, wide: Any) -> None:
    letter, record, text = _find(folder, "double-spaced.txt")
    cued = next(one for one in record["entities"] if one.get("cue_start") is not None)
    ready(wide, _address(site, f"letter.html#{letter}/{cued['id']}"))
    assert wide.execute_script(
        "return [...document.querySelectorAll('#lines path')].map((one) => one.dataset.target)"
    ) == [cued["id"]]
    assert "".join(_texts(wide, "#text .cue")) == text[cued["cue_start"] : cued["cue_end"]]
    _click(wide, "#arrows")
    count = sum(one.get("cue_start") is not None for one in record["entities"])
    assert wide.execute_script("return document.querySelectorAll('#lines path').length") == count


def test_pages_of_a_pdf_labels_and_neighbours(site: Path, folder: Path, wide: Any) -> None:
    letter, _, text = _find(folder, "onerror")
    ready(wide, _address(site, f"letter.html#{letter}"))
    assert text.count("\f") == 1
    assert _texts(wide, "#text .break") == ["Page 1", "Page 2"]
    colour = "return getComputedStyle(document.querySelector('#text mark[data-label=DIAGNOSIS]')).backgroundColor"
    before = wide.execute_script(colour)
    _click(wide, "#toggles input")
    assert wide.execute_script(colour) != before
    other = wide.execute_script(
        "return (document.querySelector('#previous:not([hidden])') || document.querySelector('#next')).hash"
    )
    _click(wide, f'.head a[href="{other}"]')
    _wait(wide, "return document.documentElement.dataset.ready === arguments[0]", other[1:])
    assert other[1:] != letter


def test_what_a_letter_says_stays_text(site: Path, folder: Path, wide: Any) -> None:
    letter, *_ = _find(folder, "onerror")
    for page in (*PAGES, "services.html#q=script", f"letter.html#{letter}"):
        ready(wide, _address(site, page))
        assert complaints(wide) == [], page
        assert wide.title != "owned"
        assert wide.execute_script("return document.querySelectorAll('main img, main script').length") == 0
        assert wide.execute_script("return /[\\u202e\\u202c\\x1b]/.test(document.documentElement.textContent)") is False
    shown = "".join(_texts(wide, "#text"))
    assert "<script>document.title='owned'</script><img src=x onerror=" in shown
    assert "‹U+001B›[2J ‹U+202E›gnol‹U+202C›" in shown
    assert "<img src=x onerror=alert(1)>.txt" in _texts(wide, "#facts")[0]


def test_the_keyboard_alone_is_enough(site: Path, folder: Path, wide: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    letter, *_ = _find(folder, "split-request.txt")
    focused = "return document.activeElement.matches(arguments[0])"

    def press(*keys: str) -> None:
        ActionChains(wide).send_keys(*keys).perform()

    def walk_to(selector: str) -> None:
        for _ in range(120):
            press(Keys.TAB)
            if wide.execute_script(focused, selector):
                return
        pytest.fail(f"Tab never reaches {selector}")

    ready(wide, _address(site, f"letter.html#{letter}"))
    press(Keys.TAB)
    assert wide.execute_script(focused, ".skip")
    walk_to(".card h2 button")
    press(Keys.ENTER)
    assert _texts(wide, "#text .lit")
    press(Keys.ESCAPE)
    assert _texts(wide, "#text .lit") == []
    walk_to("#text mark")
    assert wide.execute_script("return document.getElementById('detail').hidden") is False
    press(Keys.ESCAPE)
    assert wide.execute_script("return document.getElementById('detail').hidden") is True
    ready(wide, _address(site, "index.html"))
    walk_to("#t-month thead button")
    press(Keys.ENTER)
    assert wide.execute_script("return document.activeElement.closest('th').getAttribute('aria-sort')")
    walk_to("#t-month tbody a")
    press(Keys.ENTER)
    _wait(wide, "return document.getElementById('summary')?.dataset.total")


def test_tables_sort_filter_and_download(site: Path, tmp_path: Path) -> None:
    with browser() as driver:
        folder = {"behavior": "allow", "downloadPath": str(tmp_path)}
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", folder)
        ready(driver, _address(site, "index.html"))
        shown = "#t-procedure tbody tr:not([hidden])"
        assert len(_texts(driver, shown)) == 12
        _click(driver, "#s-procedure .tools button[aria-expanded]")
        assert len(_texts(driver, shown)) > 12
        _click(driver, "#t-procedure thead th:first-child button")
        names = _texts(driver, "#t-procedure tbody th")
        assert driver.execute_script(
            "return arguments[0].every((v, i, a) => !i || a[i - 1].localeCompare(v) <= 0)", names
        )
        ready(driver, _address(site, "services.html"))
        _click(driver, "#csv")
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(driver, 20).until(lambda _: (tmp_path / "services.csv").exists())
        import csv

        with (tmp_path / "services.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        head = rows.pop(0)
        requests = [row[head.index("request")] for row in rows]
        assert len(rows) == int(driver.execute_script("return document.getElementById('summary').dataset.total"))
        assert "Acupuncture, 2 times a week for 3 weeks, neck" in requests
        cells = ["=1+1", "+cmd", "@sum", "-2+3", "'quoted", "-2", "12.5%", 'a "b", c']
        neutral = "'=1+1,'+cmd,'@sum,'-2+3,''quoted,-2,12.5%,\"a \"\"b\"\", c\"\r\n"
        assert driver.execute_script("return imr.csv([arguments[0]])", cells) == neutral
        assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)


@pytest.mark.stress
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_serious_fault(site: Path, folder: Path, dark: bool) -> None:
    letter, record, _ = _find(folder, "eight-services")
    axe = (DATA / "vendor" / "axe.min.js").read_text(encoding="utf-8")
    with browser(dark=dark) as driver:
        for page in (*PAGES, f"letter.html#{letter}", f"letter.html#{letter}/{record['services'][0]['id']}"):
            ready(driver, _address(site, page))
            if page == "index.html":
                _wait(driver, "return document.querySelectorAll('figure[data-drawn] svg').length > 1")
            driver.execute_script(axe)
            found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
            faults = [
                (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"])
                for one in found["violations"] if one["impact"] in SERIOUS
            ]  # fmt: skip
            assert faults == [], page
            assert len(found["passes"]) > 10
