"""Room doc."""
