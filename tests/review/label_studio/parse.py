"""label-studio-sdk's own parser takes the exported labelling configuration and every prediction.

    .venv-label-studio/bin/python parse.py FOLDER

Runs in Label Studio's environment, so it uses nothing of this project.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from label_studio_sdk.label_interface import LabelInterface

folder = Path(sys.argv[1])
interface = LabelInterface((folder / "config.xml").read_text(encoding="utf-8"))
interface.validate()
tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
predictions = [prediction for task in tasks for prediction in task["predictions"]]
faults = [fault for one in predictions for fault in interface.validate_prediction(one, return_errors=True)]
if not predictions or faults:
    raise SystemExit(f"FAILED: the SDK refuses {len(faults)} things of {len(tasks)} tasks: {faults[:5]}")
print(f"ok: the SDK takes the configuration and the predictions of {len(tasks)} tasks")
