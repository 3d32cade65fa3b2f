#!/usr/bin/env bash
# Holds pvs/evaluate/testdata/libraries.json, which the test of package evaluate reads, to today's libraries:
#   docs/ci/passport.sh [ranx] [torch]
# Without a word scikit-learn (with SciPy) and trec_eval; ranx compiles for minutes; torch is torchmetrics and
# pytorch-metric-learning, whose PyTorch takes 6 GB on disk. PYTHON is a Python that has the libraries; a virtual
# environment is made if it is not named. What it has is compared.
# After a change of docs/ci/passport.py the file is made again with all of them: PYTHON docs/ci/passport.py --out FILE.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$work/venv"
  PYTHON=$work/venv/bin/python
  more=()
  for name in "$@"; do more+=(-r "docs/ci/requirements-passport-$name.txt"); done
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -r docs/ci/requirements-passport.txt "${more[@]}"
fi
"$PYTHON" docs/ci/passport.py --check pvs/evaluate/testdata/libraries.json
