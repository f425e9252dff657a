"""Layout: the text of a letter comes in; its sections, its services and their decisions go out.

Read in this order:

1. `component`: the spaCy component. `definitions`: letter layouts as data. `heading_order`: which headings count.
2. `styles`: which code reads a letter's services. `service_headings`: what they give, and where decisions are added.
   `doubts`: decisions that the letter itself puts in doubt.
3. The styles: `headings` (almost all letters, with `heading_start`), `notice_list` (2013), `issue_list`, and `prose`
   (running text). `lists` reads tables and lists in any of them.
4. `statements`: what sentences decide. `conclusions`: to which service a statement belongs. `evidence`: what all
   evidence gives together.
5. `decisions`: the words, with `misread_decisions` and `notice_words`. `misread_headings`: section headings.

Each folder says in its own ``__init__`` what its modules do. Imports go downwards only (``pyproject.toml``).
The wordings are data in ``configs/layout/``: one file for each layout, and the files that all share.
"""
