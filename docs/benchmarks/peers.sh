#!/usr/bin/env bash
# Installs the peers into a virtual environment (default .venv/peers) and runs both
# comparisons. Needs about 6 GB of disk for PyTorch. By hand, not in CI:
#   docs/benchmarks/peers.sh [VENV]
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${1:-.venv/peers}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet torch==2.5.1 torchvision==0.20.1 timm==1.0.31 pillow faiss-cpu==1.15.1
fi
go build -o "$venv/pvs" ./pvs/cmd/pvs
"$venv/bin/python" docs/benchmarks/embed_timm.py --pvs "$venv/pvs"
"$venv/bin/python" docs/benchmarks/search_faiss.py --pvs "$venv/pvs"
