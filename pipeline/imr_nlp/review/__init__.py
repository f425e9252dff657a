"""Labelling review: annotations out into a labelling tool, corrections back as gold (docs/review.md)."""
