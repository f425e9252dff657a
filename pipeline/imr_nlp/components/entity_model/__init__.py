"""Entity model: entities of the rules come in; those that a trained spaCy model keeps go out.

`component` is all of it. What it may do is data in ``configs/entity_model/policy.yml``.
"""
