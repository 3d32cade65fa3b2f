#!/usr/bin/env bash
# Installs the peers into virtual environments (default .venv/peers, and one beside it for
# TensorFlow) and runs all comparisons. Needs about 8 GB of disk. By hand, not in CI:
#   docs/benchmarks/peers.sh [VENV]
# Training is compared where PVS_H5 names an efficientnetb0_notop.h5.
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
if [ -n "${PVS_H5:-}" ]; then
  if [ ! -x "$venv-tf/bin/python" ]; then
    python3 -m venv "$venv-tf"
    "$venv-tf/bin/pip" install --quiet tensorflow-cpu==2.15.1 tensorflow-addons==0.23.0
  fi
  "$venv-tf/bin/python" docs/benchmarks/train_keras.py --pvs "$venv/pvs" --h5 "$PVS_H5"
fi
