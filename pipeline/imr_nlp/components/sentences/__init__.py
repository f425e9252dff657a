"""Room sentences."""
