"""Context: entities come in; what the letter says of each (assertion or status) goes out.

Read in this order: `component` (the steps), `scope` (which cue refers to which entity), `answers` (cues that stand
behind a name), `evidence` (what the place says), `mentions` and `status_model` (the models that look over the rules).
The cues are data in ``configs/context.yml``.
"""
