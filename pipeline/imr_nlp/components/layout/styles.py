"""The styles of layout: which code finds the services of a letter (``services.style`` of a layout file).

`decision_lines` reads almost all letters. Where a style finds nothing, `findings` reads the letter as running text.
"""

from __future__ import annotations

from collections.abc import Callable

from imr_nlp.components.layout.decision_lines import decision_lines
from imr_nlp.components.layout.findings import running_text
from imr_nlp.components.layout.issue_list import issue_list
from imr_nlp.components.layout.notice_list import cue_lines
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided

STYLES: dict[str, Callable[[Reading], list[ServiceHeading]]] = {
    "decision_line": decision_lines,
    "cue_line": cue_lines,
    "issue_list": issue_list,
    "findings": running_text,
}


def find_services(reading: Reading) -> list[ServiceHeading]:
    """Return the services of a letter in text order, with decisions and evidence.

    Args:
        reading: The letter, its layout and its section headings.

    Returns:
        The services; empty where the letter asks for none. Without decisions where no independent reviewer wrote.
    """
    found = STYLES[reading.layout.services["style"]](reading) or running_text(reading)
    return [decided(heading, ()) for heading in found] if reading.layout.services.get("undecided") else found
