"""Room rationale."""
