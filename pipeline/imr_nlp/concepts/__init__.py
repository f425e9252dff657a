"""Concepts: names as letters write them come in; catalogue entries with ids, names and codes go out.

`catalogue` says what an entry is. One module a kind: `diagnosis_names`, `diagnosis_wording`, `chapters` and `icd10cm`;
`procedures`, `services` and `service_names`; `drugs`; `guidelines` and `guideline_entries`; `anatomy` and
`body_regions`; `amounts`; `themes`; `other_senses`. The catalogues are data in ``configs/concepts/``.
"""
