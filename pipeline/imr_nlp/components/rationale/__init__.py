"""Rationale: rationale sections come in; their sentences with roles, references and themes go out.

Read `component`, then `role_rules` and `role_model`. The wordings are data in ``configs/rationale/``.
"""
