"""The pipeline's components, one a module, in the order in which a letter passes them (see ``configs/pipeline.cfg``)."""
