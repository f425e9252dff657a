"""Services that a heading names with their decision: "<request>: Upheld" before the guideline sections.

`decision_lines` reads almost all letters. `decision_headings` makes the headings; `bare_lines` adds those that no
guideline section follows; `ruling_lines` reads lines with the decisions of both parties. `lost_pages` finds gaps.
"""
