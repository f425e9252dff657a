"""Room context."""
