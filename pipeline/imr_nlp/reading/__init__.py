"""Reading: files come in; letters as text go out, or a problem that names file, reason and fix.

Read in this order: `inputs` (which files), `limits` (kinds and sizes), `source` (bytes to text), then one module a
kind: `pdf`, `docx`, `email`, `decoding`, `table_files` with `csv_rows`, `archives`. `parts` cuts files of several
letters; `problems` says what is wrong; `run_files` names what a run writes. Limits are in ``configs/reading.yml``.
"""
