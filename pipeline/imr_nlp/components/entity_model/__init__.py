"""Room entity_model."""
