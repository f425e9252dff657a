"""Sentences: a Doc comes in; the same Doc with ``doc.sents`` goes out.

`component` is all of it. Abbreviations are data in ``configs/sentences.yml``.
"""
