#!/usr/bin/env bash
# Runs the check against the real Label Studio, in an environment of its own. make test-label-studio calls this.
#   PYTHON  an interpreter with imr-nlp installed (default .venv/bin/python)
#   OUT     where exports and screenshots go (default out/label-studio)
set -euo pipefail
cd "$(dirname "$0")/../../.."
python=${PYTHON:-.venv/bin/python}
venv=.venv-label-studio
pinned=tests/review/label_studio/requirements.txt

if ! cmp -s "$pinned" "$venv/.installed"; then
  "$python" -m venv --clear "$venv"
  timeout 900 "$venv/bin/python" -m pip install -qq --disable-pip-version-check --requirement "$pinned"
  cp "$pinned" "$venv/.installed"
fi
if ! { command -v chromium && command -v chromedriver; } >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # Without a browser the check leaves its look at the page out and says so.
  { timeout 300 apt-get update -q && DEBIAN_FRONTEND=noninteractive timeout 600 \
    apt-get install -q -y --no-install-recommends chromium chromium-driver; } >/dev/null 2>&1 ||
    echo "chromium could not be installed"
fi
exec timeout 900 "$python" tests/review/label_studio/check.py \
  --label-studio "$venv/bin/label-studio" --out "${OUT:-out/label-studio}"
