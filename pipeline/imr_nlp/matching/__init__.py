"""Matching: rules and vocabularies come in; matchers that find them in a Doc go out.

Read in this order: `rule_files` (rules as data, and their checks in `pattern_checks` and `regex_ambiguity`),
`rule_matcher` and `token_patterns` (context rules), `phrases` and `name_finder` (vocabularies), `token_grammar` (names
that are composed of classes of words, which `word_classes` holds).
"""
