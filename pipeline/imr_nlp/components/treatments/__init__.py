"""Room treatments."""
