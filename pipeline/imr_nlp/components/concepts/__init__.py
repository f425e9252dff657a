"""Link what was found to concepts (component ``imr_concepts``)."""
