"""Room matching."""
