"""Room citations."""
