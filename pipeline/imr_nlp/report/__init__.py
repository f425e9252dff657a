"""Report: a finished run comes in; pages, Markdown and answers to queries go out.

Read in this order: `dataset` (the run as tables), `dimensions`, `query` and `search` (questions to it), `run` and
`letter` (what pages show), `html` and `markdown` (how), `site` and `server` (where to). Titles and colours are data in
``configs/report.yml``.
"""
