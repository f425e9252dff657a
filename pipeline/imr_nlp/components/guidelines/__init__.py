"""Room guidelines."""
