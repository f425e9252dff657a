"""Requested against granted amounts, with the limits that reviewers quote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imr_nlp.report.dataset import Run

#: Services that the overview lists; the list of services has the rest.
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Amount:
    """The amounts of one service."""

    service_id: str
    request: str
    decision: str
    unit: str
    requested: float | None
    before: float | None
    granted: float | None
    limits: list[str]

    @property
    def link(self) -> str:
        """What leads to the service on the letter page."""
        return f"letter.html#{self.service_id}"


def amounts(run: Run) -> list[Amount]:
    """Return services whose requested amount is known. None where the run's tables have no amounts."""
    return []


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
