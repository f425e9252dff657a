"""Guidelines: running text comes in; mentions of guidelines (GUIDELINE) with their authority go out.

`component` is all of it. The catalogue of guidelines is `imr_nlp.concepts.guidelines`.
"""
