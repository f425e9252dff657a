"""What services and letters are grouped and filtered by: one SQL expression each, over the tables of a run.

A dimension whose columns a run does not have is left out. So a run of an older version gives a shorter report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Columns = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to group rows.

    Attributes:
        name: What stands in addresses and in data.
        title: What people read.
        sql: Expression over the row's tables. It gives a text, or a list of texts where ``many``.
        many: Whether a row may have several values.
        needs: Columns that the expression reads, as ``table.column``.
        section: Whether the overview has a section of its own for it.
        note: What a reader should know of it.
    """

    name: str
    title: str
    sql: str
    many: bool = False
    needs: tuple[str, ...] = ()
    section: bool = True
    note: str = ""

    def known(self, columns: Columns) -> bool:
        """Tell whether a run's tables have what the expression reads."""
        return all(column in columns.get(table, ()) for table, column in (need.split(".") for need in self.needs))


#: A part of the body without its side: "left knee" and "bilateral knees" are one region.
_REGION = """list_sort(list_distinct(list_transform(s.body_parts, lambda part: CASE
    WHEN part LIKE 'bilateral %'
    THEN regexp_replace(regexp_replace(part[11:], 'ies$', 'y'), '([^sui])s$', '\\1')
    ELSE regexp_replace(part, '^(left|right) ', '') END)))"""
_AGREEMENT = """CASE
    WHEN c.reviewer = ['none'] AND c.administrator = ['none'] THEN 'neither cites'
    WHEN c.reviewer IS NULL OR c.administrator IS NULL THEN NULL
    WHEN c.reviewer = ['none'] THEN 'only the administrator cites'
    WHEN c.administrator = ['none'] THEN 'only the reviewer cites'
    WHEN c.reviewer = c.administrator THEN 'same authorities'
    WHEN list_has_any(c.reviewer, c.administrator) THEN 'some in common'
    ELSE 'different authorities' END"""

SERVICES: tuple[Dimension, ...] = (
    Dimension("decision", "Decision", "coalesce(s.decision, 'none found')", section=False),
    Dimension("month", "Month decided", "strftime(l.decision_date, '%Y-%m')", section=False),
    Dimension("year", "Year decided", "strftime(l.decision_date, '%Y')", section=False),
    Dimension("category", "Category", "s.category"),
    Dimension("procedure", "Procedure", "[s.procedure]", many=True),
    Dimension("region", "Body region", "s.body_regions", many=True, needs=("services.body_regions",)),
    Dimension("region", "Body region", _REGION, many=True),
    Dimension(
        "chapter",
        "Diagnosis chapter",
        "x.chapters",
        many=True,
        needs=("diagnoses.chapter",),
        note="ICD-10-CM chapters of the diagnoses that the letter gives for the service.",
    ),
    Dimension("drug_class", "Drug class", "s.drug_classes", many=True, needs=("services.drug_classes",)),
    Dimension("guideline", "Guideline cited by the reviewer", "c.documents", many=True),
    Dimension(
        "administrator_guideline",
        "Guideline cited by the administrator",
        "c.administrator_documents",
        many=True,
        section=False,
    ),
    Dimension("administrator", "Authority cited by the administrator", "c.administrator", many=True, section=False),
    Dimension("reviewer", "Authority cited by the reviewer", "c.reviewer", many=True, section=False),
    Dimension("agreement", "Agreement of the parties", _AGREEMENT, section=False),
    Dimension("specialty", "Reviewer's specialty", "l.specialties", many=True),
    Dimension("state", "State of licence", "l.states", many=True),
    Dimension("theme", "Gap theme", "r.themes", many=True, needs=("rationale.theme",), section=False),
    Dimension("warning", "Warning", "l.warnings", many=True, section=False),
    Dimension("letter", "Letter", "s.letter_id", section=False),
)

LETTERS: tuple[Dimension, ...] = (
    Dimension("month", "Month decided", "strftime(l.decision_date, '%Y-%m')"),
    Dimension("year", "Year decided", "strftime(l.decision_date, '%Y')"),
    Dimension("decision", "Decision", "d.decisions", many=True),
    Dimension("category", "Category", "d.categories", many=True),
    Dimension("layout", "Layout", "l.layout"),
    Dimension("priority", "Priority", "l.priority"),
    Dimension("specialty", "Reviewer's specialty", "l.specialties", many=True),
    Dimension("state", "State of licence", "l.states", many=True),
    Dimension("warning", "Warning", "l.warnings", many=True),
    Dimension("warned", "Any warning", "CASE WHEN len(l.warnings) > 0 THEN 'yes' ELSE 'no' END"),
)
