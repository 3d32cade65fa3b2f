#!/usr/bin/env bash
# Installs the peers into a virtual environment (default .venv/peers; some 7 GB) and runs
# all comparisons but the long ones, epoch and million, or those that are named. By hand, not in CI, on a quiet machine:
#   PVS_H5=efficientnetb0_notop.h5 docs/benchmarks/peers.sh [images|embed|train|epoch|search|million|records ...]
# PVS_H5 is Keras's weights of EfficientNet-B0 without top; PEERS, another environment.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${PEERS:-.venv/peers}
if [ ! -e "$venv/installed" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r docs/benchmarks/requirements.txt
  touch "$venv/installed"
fi
python() { "$venv/bin/python" -u "$@"; }
go build -o "$venv/pvs" ./pvs/cmd/pvs
h5() { echo "${PVS_H5:?name an efficientnetb0_notop.h5}"; }
[ $# -gt 0 ] || set -- images embed train search records
for what; do
  echo "== $what"
  case $what in
    images) taskset -c 0 "$venv/bin/python" docs/benchmarks/images.py --pvs "$venv/pvs" ;;
    embed) python docs/benchmarks/embed.py --pvs "$venv/pvs" --h5 "$(h5)" ;;
    train) python docs/benchmarks/train.py --pvs "$venv/pvs" --h5 "$(h5)" ;;
    epoch) python docs/benchmarks/epoch.py --pvs "$venv/pvs" --h5 "$(h5)" ;;
    search) python docs/benchmarks/search.py --pvs "$venv/pvs" ;;
    million) python docs/benchmarks/search.py --pvs "$venv/pvs" --rows 1100000 --queries 10000 --rounds 1 ;;
    records)
      go test -c -o "$venv/records.test" ./pvs/records
      taskset -c 0 "$venv/bin/python" docs/benchmarks/records.py --go "$venv/records.test" --dir /dev/shm/records
      ;;
    *) echo "there is no comparison $what: name images, embed, train, epoch, search, million or records" >&2
       exit 1 ;;
  esac
done
