"""Fuzzing: inputs that no letter would be, each of which must end in a record or in a refusal."""
