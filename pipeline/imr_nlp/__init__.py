"""imr-nlp: California Independent Medical Review determinations as structured, checkable records."""

__version__ = "0.1.0"
