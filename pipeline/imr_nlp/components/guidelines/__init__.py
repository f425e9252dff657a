"""Guidelines: running text comes in; mentions of guidelines (GUIDELINE) with their authority go out.

Read `component`, then `wordings`, whose data is ``configs/guideline_mentions.yml``. The catalogue of guidelines is
`imr_nlp.concepts.guidelines`.
"""
