"""Views over the tables of a run: what people ask of many letters, each answered by one of them.

A view is one query over the tables, so that it also runs over the Parquet files themselves (``docs/questions.md``).
Shares are of the services with a known decision. ``overturned`` counts denials that the review overturned in whole,
``modified`` those that it overturned in part. ``overturn_rate`` is the share of the first, as in the report.

==============================  =====================================================================================
``uphold_rate_by_category``     a category of services, and the share of denials upheld
``overturn_rate_by_category``   a category, and the share of denials overturned
``overturn_rate_by_drug``       an ingredient and its class
``overturn_rate_by_region``     a region of the body
``overturn_rate_by_chapter``    a chapter of ICD-10-CM, by the diagnoses given for a service
``overturn_rate_by_guideline``  a guideline that the reviewer cites; an ACOEM chapter of the MTUS counts for both
``overturn_rate_by_specialty``  a specialty of the reviewer
``amounts_by_category``         amounts requested, authorized before the review and granted by it
``days_to_decision``            days from the denial to the decision, by year
``gap_themes_by_category``      what is missing, by category
``shared_citations``            how often both parties cite the same document, by category
``services_with_citations``     a service and a document cited for it
``letters_overview``            a letter: its facts, and its number of services by decision
==============================  =====================================================================================
"""

from __future__ import annotations

_COUNTS = """count(*) AS services,
               count(*) FILTER (decision = 'upheld') AS upheld,
               count(*) FILTER (decision = 'overturned') AS overturned,
               count(*) FILTER (decision = 'modified') AS modified"""
_RATE = "round(count(*) FILTER (decision = 'overturned') / nullif(count(decision), 0), 4) AS overturn_rate"


def _rates(source: str, *by: str) -> str:
    columns = ", ".join(by)
    return f"""
        SELECT {columns}, {_COUNTS},
               {_RATE}
        FROM ({source})
        GROUP BY {columns} ORDER BY services DESC, {", ".join(f"{name}::text" for name in by)}"""


VIEWS = {
    "uphold_rate_by_category": f"""
        SELECT category, {_COUNTS},
               round(avg(CAST(decision = 'upheld' AS INTEGER)), 4) AS uphold_rate
        FROM services GROUP BY category ORDER BY services DESC, category::text""",
    "overturn_rate_by_category": _rates("SELECT category, decision FROM services", "category"),
    "overturn_rate_by_drug": _rates(
        "SELECT DISTINCT service_id, ingredient, drug_class, decision FROM medications", "ingredient", "drug_class"
    ),
    "overturn_rate_by_region": _rates(
        "SELECT unnest(body_regions) AS body_region, decision FROM services", "body_region"
    ),
    "overturn_rate_by_chapter": _rates(
        "SELECT DISTINCT s.service_id, d.chapter, s.decision "
        "FROM (SELECT unnest(service_ids) AS service_id, chapter FROM diagnoses WHERE chapter IS NOT NULL) d "
        "JOIN services s USING (service_id)",
        "chapter",
    ),
    "overturn_rate_by_guideline": _rates(
        "SELECT DISTINCT s.service_id, c.guideline, s.decision "
        "FROM (SELECT service_id, unnest(guideline_names) AS guideline, party FROM citations) c "
        "JOIN services s USING (service_id) WHERE c.party = 'reviewer'",
        "guideline",
    ),
    "overturn_rate_by_specialty": _rates(
        "SELECT unnest(l.specialties) AS specialty, s.decision FROM services s JOIN letters l USING (letter_id)",
        "specialty",
    ),
    "amounts_by_category": """
        SELECT category, requested_unit AS unit, count(*) AS services,
               round(avg(requested_max), 2) AS requested,
               round(avg(coalesce(authorized_before_max, 0)), 2) AS authorized_before,
               round(avg(granted_max), 2) AS granted,
               round(sum(granted_max) / nullif(sum(requested_max), 0), 4) AS share_granted
        FROM services WHERE requested_max IS NOT NULL AND granted_max IS NOT NULL
        GROUP BY category, requested_unit ORDER BY services DESC, category::text, unit""",
    "days_to_decision": """
        SELECT year(decision_date) AS decided, count(*) AS letters,
               median(decision_date - ur_denial_date) AS median_days,
               min(decision_date - ur_denial_date) AS least_days, max(decision_date - ur_denial_date) AS most_days
        FROM letters WHERE decision_date >= ur_denial_date
        GROUP BY decided ORDER BY decided""",
    "gap_themes_by_category": """
        SELECT s.category, r.theme, count(DISTINCT r.service_id) AS services, count(*) AS sentences
        FROM rationale r JOIN services s USING (service_id) WHERE r.theme IS NOT NULL
        GROUP BY s.category, r.theme ORDER BY s.category::text, services DESC, r.theme::text""",
    "shared_citations": """
        WITH cited AS (
            SELECT DISTINCT service_id, party, unnest(guideline_ids) AS guideline FROM citations),
        both_parties AS (
            SELECT service_id, count(*) FILTER (parties = 2) AS shared, max(parties) AS most
            FROM (SELECT service_id, guideline, count(DISTINCT party) AS parties FROM cited GROUP BY ALL)
            GROUP BY service_id),
        citing AS (SELECT service_id FROM cited GROUP BY service_id HAVING count(DISTINCT party) = 2)
        SELECT s.category, count(*) AS services_where_both_cite,
               count(*) FILTER (b.shared > 0) AS with_a_shared_document,
               round(count(*) FILTER (b.shared > 0) / count(*), 4) AS share
        FROM citing c JOIN both_parties b USING (service_id) JOIN services s USING (service_id)
        GROUP BY s.category ORDER BY services_where_both_cite DESC, s.category::text""",
    "services_with_citations": """
        SELECT l.path, l.case_number, s.letter_id, s.service_id, s.position, s.text AS request, s.category, s.decision,
               c.party, c.authority, coalesce(c.canonical_title, c.title) AS document, c.guideline_ids, c.regulation,
               c.year, c.sections, c.pages, c.outside_mtus
        FROM services s JOIN letters l USING (letter_id) LEFT JOIN citations c USING (service_id)
        ORDER BY l.path, s.letter_id, s.position, c.party::text, c.position""",
    "letters_overview": """
        SELECT l.letter_id, l.path, l.case_number, l.date_of_injury, l.decision_date, l.priority, l.age, l.sex,
               l.specialties, l.layout, l.service_count,
               count(s.service_id) FILTER (s.decision = 'upheld') AS upheld,
               count(s.service_id) FILTER (s.decision = 'overturned') AS overturned,
               count(s.service_id) FILTER (s.decision = 'modified') AS modified,
               l.warnings
        FROM letters l LEFT JOIN services s USING (letter_id)
        GROUP BY ALL ORDER BY l.path, l.letter_id""",
}
"""The views by name: each a query over the tables."""

#: The view that answers each of the ten questions of ``docs/questions.md``, in that order.
QUESTIONS = (
    "overturn_rate_by_category", "overturn_rate_by_drug", "overturn_rate_by_region", "overturn_rate_by_chapter",
    "overturn_rate_by_guideline", "overturn_rate_by_specialty", "amounts_by_category", "days_to_decision",
    "gap_themes_by_category", "shared_citations",
)  # fmt: skip
