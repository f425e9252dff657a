"""Services that a list or a table gives with their decisions.

1. `listed` tries the forms of lists one after the other.
2. Tables: `aligned` finds the cells, `columns` knows what a column holds. `crosses` and `stacked` are further forms.
3. Lines: `outcome_lines`, `answered`, `decision_labels`, `lone_decisions` and `options` (printed lists with a tick).
   `paragraph_headings` reads services that head a paragraph, `stated_lines` entries that are sentences, `ticked` boxes.
4. By number: `numbered` with `passages` and `item_numbers`.
5. Of one entry: `listed_names` (what it names), `cell_decisions` (what it decides), `list_owners` (who decides).
"""
