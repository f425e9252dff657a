"""Layout: the text of a letter comes in; its sections, its services and their decisions go out.

Read in this order:

1. `component`: the spaCy component. `definitions`: letter layouts as data. `heading_order`: which headings count.
2. `styles`: which code reads a letter's services. `service_headings`: what they give, and where decisions are added.
3. The styles: `decision_lines` (almost all letters) with `decision_headings`, `bare_lines`, `heading_start`,
   `ruling_lines` and `lost_pages`;
   `notice_list` (2013); `issue_list`; `lone_decisions`; `findings` (running text).
4. `findings` asks `request_wordings`, `settled` and `items` what was asked for, and `listed` for tables and lists:
   `aligned`, `columns`, `crosses`, `stacked`, `options`, `answered`, `outcome_lines`, `paragraph_headings`,
   `decision_labels`, `listed_names`, `cell_decisions`, `list_owners`, `numbered`, `passages` and `item_numbers`.
5. Sentences: `statements` over `words`, `clauses`, `speakers`, `holders`, `attributions`, `amounts`, `predicates`,
   `acts`, `echoes`, `quotations` and `reservations`. What they find is a `decision_statement`.
6. `conclusions`: to which service a statement belongs. `evidence`: what all evidence gives together. `decisions`: the
   words, with `misread_decisions` and `notice_words`.

The wordings are data in ``configs/layout/``: one file for each layout, and the files that all share.
"""
