"""Room quantities."""
