"""A run: files of letters come in; a folder of records, tables and errors goes out.

Read in this order: `runner` (the run as a whole), `output_folder` and `manifest` (what is written, and over what),
`pool`, `worker` and `serving` (the processes), `batch` (what one does with its letters), `cache` and `entries` (results
of former runs), `fingerprint` (when they are still good), `unique`, `parquet`. `protocol` holds what they tell each
other. `isolated` reads letters for other commands. Limits are in ``configs/run.yml``.
"""
