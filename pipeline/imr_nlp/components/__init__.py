"""The pipeline's components, one a module, in the order of ``configs/pipeline.cfg``."""
