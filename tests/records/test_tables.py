"""Records become tables that join, typed and the same in every run."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from imr_nlp.records import database, tables
from imr_nlp.records import schema as records
from imr_nlp.records.ids import letter_id
from imr_nlp.run.parquet import Writer


def letter(path: str = "a.txt", **parts: object) -> records.Letter:
    origin = records.Source(
        path=path, sha256="0" * 64, text_sha256=path.encode().hex().zfill(64), media_type="text/plain", characters=9,
        layout="test", pipeline_version="0",
    )  # fmt: skip
    return records.Letter(source=origin, **parts)  # type: ignore[arg-type]


def cited(name: str, authority: str = "MTUS") -> records.Citation:
    return records.Citation(id=name, start=5, end=9, party="reviewer", authority=authority, title="Neck", pages=["3"])  # type: ignore[arg-type]


def service(number: int, decision: str, *, citations: list[records.Citation] | None = None) -> records.Service:
    return records.Service(
        id=f"S{number}", start=0, end=5, text="Knee brace", decision=decision, category="dmepos", body_parts=["knee"],  # type: ignore[arg-type]
        frequency=records.Frequency(min=1, max=2, per="week"), sessions=6, citations=citations or [],
        rationale=[records.RationaleSentence(id=f"R{number}", start=1, end=4, role="gap", score=0.5)],
    )  # fmt: skip


FULL = letter(
    case=records.Case(case_number="CM16-0999001", date_of_injury="2014-05-06", decision_date="2016-02-30"),
    patient=records.Patient(age=44, sex="female"),
    reviewer=records.Reviewer(states=["Iowa"], specialties=["Pain Medicine"]),
    services=[service(1, "upheld", citations=[cited("C1")]), service(2, "overturned")],
    entities=[records.Entity(id="E1", start=0, end=4, label="PROCEDURE", text="Knee", status="requested")],
    relations=[
        records.Relation(head="S1", label="HAS_DECISION", tail="upheld"),
        records.Relation(head="S1", label="CITES", tail="C1"),
    ],
    warnings=[records.Warning(code="odd_date", message="30 February")],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tables of two letters."""
    writer = Writer(tmp_path)
    writer.add(tables.batches([FULL]))
    writer.flush()
    writer.add(tables.batches([letter("b.txt", services=[service(1, "modified", citations=[cited("C1", "ODG")])])]))
    writer.close()
    return tmp_path


def test_tables_join_on_stable_ids(folder: Path) -> None:
    first, second = letter_id(FULL.source), letter_id(letter("b.txt").source)
    found = {name: parquet.read_table(folder / f"{name}.parquet").to_pylist() for name in tables.NAMES}
    assert [row["letter_id"] for row in found["letters"]] == [first, second]
    assert [row["service_id"] for row in found["services"]] == [f"{first}/S1", f"{first}/S2", f"{second}/S1"]
    assert [(row["citation_id"], row["service_id"]) for row in found["citations"]] == [
        (f"{first}/C1", f"{first}/S1"),
        (f"{second}/C1", f"{second}/S1"),
    ]
    assert {row["service_id"] for row in found["rationale"]} == {row["service_id"] for row in found["services"]}
    assert found["relations"] == [
        {
            "letter_id": first,
            "head_id": f"{first}/S1",
            "label": "HAS_DECISION",
            "tail_id": None,
            "tail_value": "upheld",
        },
        {
            "letter_id": first,
            "head_id": f"{first}/S1",
            "label": "CITES",
            "tail_id": f"{first}/C1",
            "tail_value": None,
        },
    ]


def test_values_are_typed(folder: Path) -> None:
    row = parquet.read_table(folder / "letters.parquet").to_pylist()[0]
    assert row["date_of_injury"] == datetime.date(2014, 5, 6)
    assert row["decision_date"] is None  # no calendar has it; the record keeps it
    assert (row["age"], row["states"], row["service_count"], row["warnings"]) == (44, ["Iowa"], 2, ["odd_date"])
    row = parquet.read_table(folder / "services.parquet").to_pylist()[0]
    assert (row["frequency_min"], row["frequency_max"], row["frequency_per"], row["sessions"]) == (
        1,
        2,
        "week",
        6,
    )
    assert row["body_parts"] == ["knee"]
    assert row["duration_unit"] is None


def test_every_field_of_a_record_has_a_column() -> None:
    """A field added to the record must not go missing from the tables unnoticed."""
    parts: dict[str, tuple[type[records.Part], ...]] = {
        "letters": (records.Source, records.Case, records.Patient, records.Reviewer),
        "services": (records.Service,),
        "entities": (records.Entity,),
        "citations": (records.Citation,),
        "rationale": (records.RationaleSentence,),
    }
    elsewhere = {"id", "citations", "rationale", "concepts", "diagnoses", "count", "limits", "compound"}
    elsewhere |= {"body_region", "theme_rule", "theme_score"}
    for name, models in parts.items():
        for model in models:
            for field in set(model.model_fields) - elsewhere:
                columns = tables.COLUMNS[name]
                assert field in columns or any(column.startswith(f"{field}_") for column in columns), f"{name}.{field}"


def test_an_id_is_made_from_the_content_and_the_place_in_the_file() -> None:
    first, second = letter("a/x.txt").source, letter("a/x.txt").source
    second.path = "/mnt/a/x.txt"
    assert letter_id(first) == letter_id(second)
    places = [records.LetterPart(number=number, count=2, start=80 * number, end=99) for number in (0, 1)]
    ids = {letter_id(first.model_copy(update={"part": part})) for part in (None, *places)}
    assert len(ids) == 3


def test_the_database_holds_the_tables_and_answers_questions(folder: Path) -> None:
    target = folder / "imr.duckdb"
    database.build(folder, target)
    assert database.is_database(target)
    with duckdb.connect(str(target), read_only=True) as connection:
        for name in tables.NAMES:
            count = connection.sql(f"SELECT count(*) FROM {name}").fetchall()
            assert count == [(parquet.read_table(folder / f"{name}.parquet").num_rows,)]
        assert connection.sql("FROM uphold_rate_by_category").fetchall() == [("dmepos", 3, 1, 1, 1, 0.3333)]
        query = "SELECT path, position, decision, authority FROM services_with_citations"
        assert connection.sql(query).fetchall() == [
            ("a.txt", 1, "upheld", "MTUS"),
            ("a.txt", 2, "overturned", None),
            ("b.txt", 1, "modified", "ODG"),
        ]
        query = "SELECT path, age, service_count, upheld, overturned, modified FROM letters_overview"
        assert connection.sql(query).fetchall() == [("a.txt", 44, 2, 1, 1, 0), ("b.txt", None, 1, 0, 0, 1)]
    assert not list(folder.glob(".*"))


def test_a_database_that_cannot_be_written_says_so(folder: Path) -> None:
    with pytest.raises(OSError, match="could not be written"):
        database.build(folder, folder / "no such folder" / "imr.duckdb")
