"""Features of the linear models: names with their values."""

from __future__ import annotations

Features = dict[str, float]
