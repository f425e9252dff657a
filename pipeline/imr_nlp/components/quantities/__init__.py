"""Quantities: text comes in; session counts, frequencies, durations, strengths and refills go out as typed values.

Read in this order: `component`, `parser` (one passage), `grammar` (the pieces), `reading` and `after_number` (the pass
over a passage), `context` (what a number is about), `request` (one service heading). The words are data in
``configs/quantities.yml``.
"""
