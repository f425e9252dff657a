"""What the search looks through: of each service its request, the reviewer's reasons, and the letter's diagnoses."""

from __future__ import annotations

from collections import defaultdict

from imr_nlp.report.dataset import Run
from imr_nlp.report.letter import Records, Texts

#: The fields of the search, as addresses name them.
FIELDS = ("request", "reasons", "diagnoses")


def build(run: Run) -> None:
    """Write the table ``report_search``: a row a service, in the order of ``report_services``, all lower case."""
    if "text" not in run.columns["rationale"]:
        _reasons_from_texts(run)
        reasons = "report_reasons"
    else:
        reasons = """(SELECT service_id, string_agg(text, ' ' ORDER BY position) AS reasons
                      FROM rationale GROUP BY service_id)"""
    run.database.execute(
        f"""CREATE TABLE report_search AS
        SELECT s.row, lower(coalesce(s.request, '')) AS request, lower(coalesce(r.reasons, '')) AS reasons,
            lower(coalesce(d.diagnoses, '')) AS diagnoses
        FROM report_services s
        LEFT JOIN {reasons} r ON r.service_id = s.service_id
        LEFT JOIN (SELECT letter_id, string_agg(DISTINCT text, '; ' ORDER BY text) AS diagnoses
                   FROM entities WHERE label = 'DIAGNOSIS' GROUP BY letter_id) d ON d.letter_id = s.letter_id
        ORDER BY s.row"""
    )


def _reasons_from_texts(run: Run) -> None:
    """Write the table ``report_reasons`` of a run whose tables do not quote the rationale."""
    import pyarrow as pa

    places: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for letter, service, start, end in run.rows(
        'SELECT letter_id, service_id, start, "end" FROM rationale ORDER BY service_id, position'
    ):
        places[letter].append((service, start, end))
    texts, reasons = Texts(run.folder), defaultdict(list)
    records = Records(run.folder)
    for letter, record in zip(records.ids, records, strict=True):
        if letter in places and (text := texts.of(record)) is not None:
            for service, start, end in places[letter]:
                reasons[service].append(text[start:end])
    table = pa.table(
        {"service_id": list(reasons), "reasons": [" ".join(said) for said in reasons.values()]},
        schema=pa.schema([("service_id", pa.string()), ("reasons", pa.string())]),
    )
    run.database.from_arrow(table).create("report_reasons")
