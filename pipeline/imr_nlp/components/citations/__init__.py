"""Citations: the formal guideline sentences of a service come in; the documents that they cite go out.

Read `component`, then `parser`, then `grammar`. Names of documents are in ``configs/concepts/``.
"""
