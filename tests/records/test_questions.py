"""The ten questions of docs/questions.md: each is one query over the Parquet files, and a view of the database."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from imr_nlp.reading.inputs import expand
from imr_nlp.records import database
from imr_nlp.records.views import QUESTIONS, VIEWS
from imr_nlp.run.runner import run
from support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("workers_are_forks")]

PAGE = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("questions") / "out"
    run(expand([str(ROOT / "annotations/letters")]), out)
    return out


def answers(folder: Path, query: str) -> list[dict[str, object]]:
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
        asked = connection.sql(query)
        return [dict(zip(asked.columns, row, strict=True)) for row in asked.fetchall()]


def test_the_page_has_ten_queries() -> None:
    assert len(QUERIES) == len(QUESTIONS) == 10


@pytest.mark.parametrize("number", range(10))
def test_a_question_over_the_sample_run(folder: Path, number: int) -> None:
    found = answers(folder, QUERIES[number])
    assert found, QUESTIONS[number]
    target = folder.parent / "imr.duckdb"
    if not target.exists():
        database.build(folder, target)
    with duckdb.connect(str(target), read_only=True) as connection:
        asked = connection.sql(f"FROM {QUESTIONS[number]}")
        by_view = [dict(zip(asked.columns, row, strict=True)) for row in asked.fetchall()]
    assert list(map(str, found)) == list(map(str, by_view))


@pytest.mark.parametrize("name", QUESTIONS[:6])
def test_services_by_decision_add_up(folder: Path, name: str) -> None:
    for row in answers(folder, VIEWS[name]):
        decided = row["upheld"] + row["overturned"] + row["modified"]  # type: ignore[operator]
        assert decided <= row["services"]
        if decided:
            assert row["overturn_rate"] == pytest.approx(row["overturned"] / decided, abs=1e-4)  # type: ignore[operator]


def test_brands_and_generics_count_as_one_drug(folder: Path) -> None:
    ingredients = [row["ingredient"] for row in answers(folder, VIEWS["overturn_rate_by_drug"])]
    assert len(ingredients) == len(set(ingredients))
    assert not {"flexeril", "norco", "ultram", "motrin"} & set(ingredients)


def test_acoem_chapters_of_the_mtus_count_for_both(folder: Path) -> None:
    by_guideline = {row["guideline"]: row["services"] for row in answers(folder, VIEWS["overturn_rate_by_guideline"])}
    topics = [name for name in by_guideline if str(name).startswith("MTUS: ") and str(name).endswith("Complaints")]
    assert topics
    for topic in topics:
        chapters = [name for name in by_guideline if str(name).endswith(str(topic).removeprefix("MTUS"))]
        assert any(str(name).startswith("ACOEM: Chapter") for name in chapters)


@pytest.mark.slow
def test_the_questions_over_the_real_letters(real_run: Path) -> None:
    """Each question has an answer there, and the answers are the ones that the page shows are possible: shares."""
    for name, query in zip(QUESTIONS, QUERIES, strict=True):
        rows = answers(real_run, query)
        assert rows, name
        for row in rows:
            assert row.get("overturn_rate") is None or 0 <= row["overturn_rate"] <= 1  # type: ignore[operator]


def test_services_have_the_sub_category_of_their_procedure(folder: Path) -> None:
    query = "SELECT procedure_id, any_value(procedure_subcategory) AS sub FROM services GROUP BY procedure_id"
    found = {row["procedure_id"]: row["sub"] for row in answers(folder, query)}
    assert found["mri"] == "magnetic_resonance"
    assert found["physical-therapy"] == "physical_therapy"
