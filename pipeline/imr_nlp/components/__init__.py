"""The pipeline's components, one a module, in the order of ``configs/pipeline.cfg``."""

from imr_nlp.compat import postpone

# medspaCy imports QuickUMLS, which imports NLTK: over a second at every start for what no component here uses.
postpone("nltk")
