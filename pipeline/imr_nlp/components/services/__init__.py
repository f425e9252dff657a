"""Room services."""
