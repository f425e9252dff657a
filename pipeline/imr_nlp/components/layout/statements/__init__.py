"""What a sentence decides, who says so, and whether it decides at all.

1. `reader` reads a passage: its sentences, and what each says.
2. `words` and `clauses` are the grammar: words put right, clauses, verb groups, negations.
3. `predicates` (necessity) and `acts` (what becomes of the denial) find what decides. `echoes` finds what is not said
   again. Each is a `decision_statement`.
4. `speakers`, `holders`, `attributions` and `quotations` tell who says it.
5. `amounts` and `reservations` tell what keeps it from deciding, or of which part of a request it speaks.
"""
