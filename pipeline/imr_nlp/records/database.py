"""The tables of a run as one DuckDB database, with views for the questions that are asked most.

===========================  ========================================================================================
``uphold_rate_by_category``  a service category: services, how many denials were upheld, overturned or modified, and
                             the share upheld
``services_with_citations``  a service and a document cited for it: who cited what for which request, and the decision
``letters_overview``         a letter: its facts, and its number of services by decision
===========================  ========================================================================================

    $ duckdb imr.duckdb "from uphold_rate_by_category"
"""

from __future__ import annotations

from pathlib import Path

from imr_nlp.records.tables import NAMES

VIEWS = {
    "uphold_rate_by_category": """
        SELECT category,
               count(*) AS services,
               count(*) FILTER (decision = 'upheld') AS upheld,
               count(*) FILTER (decision = 'overturned') AS overturned,
               count(*) FILTER (decision = 'modified') AS modified,
               round(avg(CAST(decision = 'upheld' AS INTEGER)), 4) AS uphold_rate
        FROM services GROUP BY category ORDER BY services DESC, category""",
    "services_with_citations": """
        SELECT l.path, l.case_number, s.letter_id, s.service_id, s.position, s.text AS request, s.category, s.decision,
               c.party, c.authority, coalesce(c.canonical_title, c.title) AS document, c.year, c.sections, c.pages,
               c.outside_mtus
        FROM services s JOIN letters l USING (letter_id) LEFT JOIN citations c USING (service_id)
        ORDER BY l.path, s.letter_id, s.position, c.party, c.position""",
    "letters_overview": """
        SELECT l.letter_id, l.path, l.case_number, l.date_of_injury, l.decision_date, l.priority, l.age, l.sex,
               l.specialties, l.layout, l.services,
               count(s.service_id) FILTER (s.decision = 'upheld') AS upheld,
               count(s.service_id) FILTER (s.decision = 'overturned') AS overturned,
               count(s.service_id) FILTER (s.decision = 'modified') AS modified,
               l.warnings
        FROM letters l LEFT JOIN services s USING (letter_id)
        GROUP BY ALL ORDER BY l.path, l.letter_id""",
}
_MAGIC = b"DUCK"  # bytes 8 to 12 of every DuckDB file


def is_database(path: Path) -> bool:
    """Tell whether a file is a DuckDB database, and so one that a run may replace."""
    with path.open("rb") as stream:
        return stream.read(12)[8:] == _MAGIC


def build(folder: Path, target: Path) -> None:
    """Write the Parquet tables in ``folder`` and the views into a new database ``target``.

    The database is made beside its target and moved into place when it is complete. Raises OSError where it can't be
    written.
    """
    import duckdb

    partial = target.with_name(f".{target.name}.incomplete")
    partial.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(partial)) as connection:
            for name in NAMES:
                connection.read_parquet(str(folder / f"{name}.parquet")).create(name)
            for name, query in VIEWS.items():
                connection.execute(f"CREATE VIEW {name} AS {query}")
        partial.replace(target)
    except duckdb.Error as error:
        raise OSError(f"{target}: the DuckDB database could not be written ({type(error).__name__})") from error
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(f"{partial.name}.wal").unlink(missing_ok=True)
