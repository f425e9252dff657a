"""Audit: a record comes in; warnings of what a person should look at, and confidence, go out.

Read in this order: `audit`, `rules` and `rule_models` (rules as data in ``configs/audit.yml``), `view` and `fields`
(what rules see), then one module a kind of check: `agreement`, `amounts`, `citations`, `completeness`, `dates`.
"""
