"""Room learned."""
