"""Evaluation: gold and records come in; figures, and the errors behind them, go out.

Read in this order: `gold` and `gold_form` (what is compared), `scoring`, `metrics`, `gains` (two versions),
`knock_out`, `negex`, `public_gold`, `unresolved`.
"""
