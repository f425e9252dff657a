"""Room concepts."""
