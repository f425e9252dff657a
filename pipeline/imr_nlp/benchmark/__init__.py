"""``imr-nlp benchmark``: how fast letters are read on this machine, beside what else could read them.

Each row of the table is measured in a fresh process of its own (`imr_nlp.benchmark.child`), so that its peak memory is
that row's. The processes wait for one another and take their passes in turns: see `imr_nlp.benchmark.measure` for why.
`imr_nlp.benchmark.plan` picks the letters, `imr_nlp.benchmark.rows` says what a pass of each row does, and
`imr_nlp.benchmark.report` makes the JSON and the table.
"""
