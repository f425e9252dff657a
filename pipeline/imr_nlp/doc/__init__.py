"""Doc: how a letter is a spaCy Doc, and how components leave what they find in it.

Read in this order: `tokenizer` (text in, Doc out), `source` (the way back), `spans` and `attributes` (what components
write), `factory` and `pipeline_file` (how the pipeline is put together, from ``configs/pipeline.cfg``).
"""
