"""Citations: the formal guideline sentences of a service come in; the documents that they cite go out.

Read `component`, then `parser` (which makes a `citation`), then `grammar`. Wordings of sentences are in
``configs/citations.yml``, names of documents in ``configs/concepts/``.
"""
