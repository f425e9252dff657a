"""The record: its schema, how it is built from a Doc, its tables and database."""

from imr_nlp.records.schema import *  # noqa: F403  (``imr_nlp.records.Letter`` stays importable)
