"""The page of the record is made from the models, and the committed one is up to date."""

from __future__ import annotations

import re

from imr_nlp.records import schema
from imr_nlp.records.reference import page
from support.paths import ROOT


def test_the_committed_page_is_up_to_date() -> None:
    committed = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    assert committed == page(), "run: python -m imr_nlp.records.reference > docs/record.md"


def test_every_field_of_every_part_has_a_row() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page(), re.MULTILINE | re.DOTALL))
    for part in schema.Part.__subclasses__() + schema.Located.__subclasses__():
        if part is schema.Located:
            continue
        for field in part.model_fields:
            assert f"| `{field}` |" in sections[part.__name__], f"{part.__name__}.{field}"


def test_every_link_leads_to_a_part() -> None:
    made = page()
    headings = {name.lower() for name in re.findall(r"^## (\w+)$", made, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", made)) <= headings
