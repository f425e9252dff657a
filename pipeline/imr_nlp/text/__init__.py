"""Text: plain functions over strings, which know nothing of spaCy or of letters' parts.

`view` is the reading view, which `clutter`, `hyphenation`, `misread` and `case` serve. `alternatives`, `compiled` and
`pattern_index` make regular expressions quick. `pattern_files` reads those of a file with their examples. `numbers`,
`dates`, `inflection`, `misspellings`, `quotes`, `intervals`: one small subject each. `subject` and `visible` are for
messages.
"""
