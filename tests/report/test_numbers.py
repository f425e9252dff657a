"""Every number of the overview equals SQL over the Parquet files, and leads to as many rows as it says."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pyarrow
import pytest
from pyarrow import parquet

from imr_nlp.report import query, search
from imr_nlp.report.amounts import amounts
from imr_nlp.report.dataset import Run
from imr_nlp.report.html import words
from imr_nlp.report.statistics import wilson
from support.forked import imr_nlp_forked
from support.letters import LETTER


class _Tables(HTMLParser):
    """Reads a page's tables, its figures (elements with an id that begins with k-) and its links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.figures: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self._table = self._figure = self._link = None
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "table":
            self._table = self.tables.setdefault(given["id"], [])
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")
            self._cell = True
        elif tag == "a" and "#" in given.get("href", ""):
            self.links.append((given["href"], ""))
            self._link = len(self.links) - 1
        if given.get("id", "").startswith("k-"):
            self._figure = given["id"]
            self.figures[self._figure] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = None
        elif tag in ("td", "th"):
            self._cell = False
        elif tag == "a":
            self._link = None
        elif tag == "strong":
            self._figure = None

    def handle_data(self, data: str) -> None:
        if self._table is not None and self._cell:
            self._table[-1][-1] += data.strip()
        if self._figure:
            self.figures[self._figure] += data.strip()
        if self._link is not None:
            href, text = self.links[self._link]
            self.links[self._link] = (href, text + data.strip())


@pytest.fixture(scope="module")
def page(site: Path) -> _Tables:
    return _Tables((site / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sql(folder: Path) -> Any:
    """Ask the Parquet files, without a line of the report's code."""
    connection = duckdb.connect()
    for path in folder.glob("*.parquet"):
        connection.from_arrow(parquet.read_table(path)).create(path.stem)
    return lambda text: connection.execute(text).fetchall()


COUNTS = """count(DISTINCT s.service_id), count(DISTINCT s.letter_id),
    count(DISTINCT s.service_id) FILTER (s.decision = 'upheld'),
    count(DISTINCT s.service_id) FILTER (s.decision = 'overturned'),
    count(DISTINCT s.service_id) FILTER (s.decision = 'modified'),
    count(DISTINCT s.service_id) FILTER (s.decision IS NULL)"""
DOCUMENT = """CASE WHEN coalesce(c.canonical_title, c.title) IS NULL THEN c.authority
    WHEN c.authority = 'other' THEN coalesce(c.canonical_title, c.title)
    ELSE concat(c.authority, ': ', coalesce(c.canonical_title, c.title)) END"""
JOINED = "FROM services s JOIN letters l ON l.letter_id = s.letter_id"
GROUPS = {
    "category": f"SELECT s.category, {COUNTS} {JOINED} GROUP BY 1",
    "procedure": f"SELECT coalesce(s.procedure, ''), {COUNTS} {JOINED} GROUP BY 1",
    "month": f"SELECT coalesce(strftime(l.decision_date, '%Y-%m'), ''), {COUNTS} {JOINED} GROUP BY 1",
    "specialty": f"""SELECT coalesce(v.one, ''), {COUNTS} {JOINED}
        LEFT JOIN (SELECT letter_id, unnest(specialties) AS one FROM letters) v ON v.letter_id = l.letter_id
        GROUP BY 1""",
    "region": f"""SELECT coalesce(v.one, ''), {COUNTS} {JOINED}
        LEFT JOIN (SELECT service_id, unnest(body_regions) AS one FROM services) v ON v.service_id = s.service_id
        GROUP BY 1""",
    "drug_class": f"""SELECT coalesce(v.one, ''), {COUNTS} {JOINED}
        LEFT JOIN (SELECT service_id, unnest(drug_classes) AS one FROM services) v ON v.service_id = s.service_id
        GROUP BY 1""",
    "chapter": f"""SELECT coalesce(d.chapter, ''), {COUNTS} {JOINED}
        LEFT JOIN diagnoses d ON list_contains(d.service_ids, s.service_id) AND d.chapter IS NOT NULL GROUP BY 1
        HAVING count(*) > 0""",
    "theme": f"""SELECT coalesce(r.theme, ''), {COUNTS} {JOINED}
        LEFT JOIN rationale r ON r.service_id = s.service_id AND r.theme IS NOT NULL GROUP BY 1""",
    "state": f"""SELECT coalesce(v.one, ''), {COUNTS} {JOINED}
        LEFT JOIN (SELECT letter_id, unnest(states) AS one FROM letters) v ON v.letter_id = l.letter_id GROUP BY 1""",
    "guideline": f"""SELECT coalesce({DOCUMENT}, ''), {COUNTS} {JOINED} LEFT JOIN citations c
        ON c.service_id = s.service_id AND c.party = 'reviewer' AND c.authority <> 'none' GROUP BY 1""",
}


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def _shown(row: tuple[Any, ...]) -> list[str]:
    """What a row of a table of groups must show for a row of SQL."""
    value, services, letters, upheld, overturned, modified, undecided = row
    decided = services - undecided
    interval = wilson(overturned, decided)
    return [
        words(value) or "not stated", *(f"{count:,}" for count in (services, letters, upheld, overturned, modified)),
        f"{undecided:,}", _percent(overturned / decided if decided else None),
        f"{_percent(interval[0])} to {_percent(interval[1])}" if interval else "",
    ]  # fmt: skip


def test_totals(page: _Tables, sql: Any, folder: Path) -> None:
    upheld, overturned, modified, decided = sql(
        """SELECT count(*) FILTER (decision = 'upheld'), count(*) FILTER (decision = 'overturned'),
        count(*) FILTER (decision = 'modified'), count(decision) FROM services"""
    )[0]
    figures = page.figures
    assert figures["k-upheld"] == str(upheld)
    assert figures["k-overturned"] == str(overturned)
    assert figures["k-modified"] == str(modified)
    assert figures["k-letters"] == str(sql("SELECT count(*) FROM letters")[0][0])
    assert figures["k-rate"] == _percent(overturned / decided)


@pytest.mark.parametrize("name", GROUPS)
def test_groups(page: _Tables, sql: Any, name: str) -> None:
    expected = sorted(_shown(row) for row in sql(GROUPS[name]))
    assert len(expected) > 1
    assert sorted(page.tables[f"t-{name}"][1:]) == expected


SESSIONS = "CASE WHEN {0} IN ('session', 'visit', 'treatment') THEN 'session' ELSE coalesce({0}, '') END"


def test_amounts(page: _Tables, sql: Any) -> None:
    limited = f"""(SELECT DISTINCT l.service_id FROM limits l JOIN services s ON s.service_id = l.service_id
        AND {SESSIONS.format("s.requested_unit")} = {SESSIONS.format("l.unit")})"""
    known = "FILTER (granted_max IS NOT NULL)"
    expected = sql(
        f"""SELECT coalesce(requested_unit, 'not stated'), coalesce(CAST(decision AS VARCHAR), 'none found'), count(*),
        sum(requested_max), count(*) FILTER (service_id IN {limited}),
        count(*) {known}, sum(requested_max) {known}, sum(granted_max) {known}
        FROM services WHERE requested_max IS NOT NULL GROUP BY 1, 2"""
    )
    shown = [[words(unit), *("" if v is None else v if isinstance(v, str) else f"{v:.10g}" for v in rest)]
             for unit, *rest in expected]  # fmt: skip
    assert len(shown) > 3
    assert sorted(page.tables["t-units"][1:]) == sorted(shown)
    services = sql(
        "SELECT requested_max, authorized_before_max, granted_max FROM services WHERE requested_max IS NOT NULL"
    )
    told = sorted(["" if value is None else f"{value:.10g}" for value in row] for row in services)
    assert sorted(row[3:6] for row in page.tables["t-amounts"][1:]) == told


@pytest.fixture
def odd(tmp_path: Path) -> Any:
    """A run of three services in which amounts, units and limits are told: in the run's own tables."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_forked("run", tmp_path / "letters", "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr

    def made(services: list[dict[str, Any]], limits: list[tuple[int, str, float]]) -> Run:
        table = parquet.read_table(tmp_path / "run" / "services.parquet")
        first = table.to_pylist()[0]
        rows = [{**first, "service_id": f"x/S{n}", "position": n, **one} for n, one in enumerate(services, 1)]
        parquet.write_table(pyarrow.Table.from_pylist(rows, table.schema), tmp_path / "run" / "services.parquet")
        table = parquet.read_table(tmp_path / "run" / "limits.parquet")
        empty = dict.fromkeys(table.schema.names)
        empty["letter_id"] = first["letter_id"]
        told = [{**empty, "service_id": f"x/S{n}", "unit": unit, "min": most, "max": most} for n, unit, most in limits]
        parquet.write_table(pyarrow.Table.from_pylist(told, table.schema), tmp_path / "run" / "limits.parquet")
        return Run(tmp_path / "run")

    return made


def _asked(unit: str, requested: float, granted: float | None, granted_unit: str | None = None) -> dict[str, Any]:
    told = {"decision": "modified", "requested_unit": unit, "granted_unit": granted_unit if granted else None}
    return {**told, **{f"requested_{end}": requested for end in ("min", "max")},
            **{f"granted_{end}": granted for end in ("min", "max")}}  # fmt: skip


def test_sums_are_over_services_whose_granted_amount_is_known_in_the_unit_of_the_request(odd: Any) -> None:
    run = odd(
        [
            _asked("visit", 12, 6, "session"),
            _asked("visit", 8, None),
            _asked("visit", 20, 4, "week"),
            _asked("tablet", 90, 60, "tablet"),
        ],
        [(1, "session", 6), (3, "week", 6), (4, "tablet", 30)],
    )
    found = amounts(run)
    assert found is not None
    assert [(u.unit, u.services, u.requested, u.known, u.requested_of_known, u.granted, u.limited)
            for u in found.units] == [("tablet", 1, 90, 1, 90, 60, 1), ("visit", 3, 40, 1, 12, 6, 1)]  # fmt: skip
    assert {one.service_id: (one.granted, one.limit) for one in found.services} == {
        "x/S1": (6, 6), "x/S2": (None, None), "x/S3": (None, None), "x/S4": (60, 30),
    }  # fmt: skip
    run.close()


def test_citations(page: _Tables, sql: Any) -> None:
    pairs = sql(
        """SELECT a.authority, r.authority, count(DISTINCT a.service_id)
        FROM citations a JOIN citations r ON a.service_id = r.service_id
        WHERE a.party = 'claims_administrator' AND r.party = 'reviewer' GROUP BY 1, 2"""
    )
    assert sorted(page.tables["t-parties"][1:]) == sorted([a, r, str(count)] for a, r, count in pairs)
    documents = sql(
        f"""SELECT {DOCUMENT}, count(DISTINCT service_id) FILTER (party = 'claims_administrator'),
        count(DISTINCT service_id) FILTER (party = 'reviewer') FROM citations c WHERE authority <> 'none' GROUP BY 1"""
    )
    assert sorted(page.tables["t-documents"][1:]) == sorted([words(d), str(a), str(r)] for d, a, r in documents)


def test_agreement_of_the_parties(page: _Tables, sql: Any) -> None:
    cited: dict[str, tuple[set[str], set[str]]] = {
        one: (set(), set()) for (one,) in sql("SELECT service_id FROM services")
    }
    for service, party, authority in sql("SELECT service_id, party, authority FROM citations"):
        cited[service][party == "reviewer"].add(authority)

    def kind(administrator: set[str], reviewer: set[str]) -> str:
        if administrator == reviewer == {"none"}:
            return "neither cites"
        if not (administrator and reviewer):
            return "not stated"
        if reviewer == {"none"} or administrator == {"none"}:
            return "only the administrator cites" if reviewer == {"none"} else "only the reviewer cites"
        if administrator == reviewer:
            return "same authorities"
        return "some in common" if administrator & reviewer else "different authorities"

    expected = Counter(kind(*both) for both in cited.values())
    assert {row[0]: int(row[1]) for row in page.tables["t-agreement"][1:]} == expected
    assert len(expected) > 2


def test_warnings(page: _Tables, sql: Any) -> None:
    expected = sql("SELECT code, severity, count(*), count(DISTINCT letter_id) FROM warnings GROUP BY 1, 2")
    assert sorted(page.tables["t-warnings"][1:]) == sorted([words(c), s, str(n), str(m)] for c, s, n, m in expected)


@pytest.mark.stress
def test_every_number_leads_to_as_many_rows(page: _Tables, folder: Path) -> None:
    run = Run(folder)
    search.build(run)
    counted = 0
    for address, number in page.links:
        target, _, filters = address.partition("#")
        if target in ("services.html", "letters.html") and filters:
            view = run.views[target.removesuffix(".html")]
            question = query.Question.read(view, parse_qsl(filters, keep_blank_values=True))
            assert question.filters, address
            assert query.answer(run, view, question)["total"] == int(number.replace(",", "")), address
            counted += 1
    assert counted > 100
    run.close()
