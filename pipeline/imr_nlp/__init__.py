"""imr-nlp: California Independent Medical Review determinations as structured, checkable records.

>>> import imr_nlp
>>> nlp = imr_nlp.load()
>>> doc = nlp("Lumbar MRI: Upheld\\nClaims Administrator guideline: Decision based on MTUS Low Back Complaints 2004.")
>>> doc._.letter.services[0].procedure
'mri'
"""

from typing import TYPE_CHECKING, Any

from imr_nlp.version import __version__

__all__ = ["Letter", "__version__", "displacy_options", "load", "read", "read_all", "read_letter", "read_letters"]

if TYPE_CHECKING:
    from imr_nlp.letter import read_letter, read_letters
    from imr_nlp.pipeline import load, read, read_all
    from imr_nlp.records.schema import Letter
    from imr_nlp.report.style import displacy_options

_HOMES = {
    "load": "imr_nlp.pipeline",
    "read": "imr_nlp.pipeline",
    "read_all": "imr_nlp.pipeline",
    "read_letter": "imr_nlp.letter",
    "read_letters": "imr_nlp.letter",
    "Letter": "imr_nlp.records.schema",
    "displacy_options": "imr_nlp.report.style",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: ``--help`` must not wait for spaCy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
