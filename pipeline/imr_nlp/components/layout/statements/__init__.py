"""What a sentence decides, who says so, and whether it decides at all.

1. `reader` reads a passage: its sentences, and what each says.
2. `words` and `clauses` are the grammar: words put right, clauses, verb groups, negations.
3. `predicates` (necessity) and `acts` (what becomes of the denial) find what decides. `clefts` turns what a denied
   antecedent denies. `echoes` finds what is not said again. Each is a `decision_statement`.
4. `speakers`, `conditions`, `holders`, `attributions` and `quotations` tell who says it, and under which condition.
5. `amounts` and `reservations` tell what keeps it from deciding, or of which part of a request it speaks.
"""
