"""Treatments: text comes in; procedures and medications (PROCEDURE, MEDICATION) with canonical names go out.

Read in this order: `procedures`, `composition` (names by heads and modifiers), `short_names`, `medications`,
`unlisted` (names that the letter's own requests teach). The vocabularies are data in ``configs/treatments/``.
"""
