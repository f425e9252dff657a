"""The version of this package. Nothing is imported here, so that any module may import it."""

__version__ = "0.1.0"
