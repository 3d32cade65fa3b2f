#!/usr/bin/env bash
# Kills a writer of an index on disk KILLS times (400 if not given) at random moments of adding, removing and
# compacting, with searches beside it, and compares what is there with what was acknowledged. SEED gives other moments.
# The log goes to kills-index.log, or the file named second. A third of a second a kill.
set -euo pipefail
log=$(realpath -m "${2:-kills-index.log}")
cd "$(dirname "$0")/.."
PVS_INDEX_KILLS=${1:-400} PVS_INDEX_KILLS_SEED=${SEED:-7} nice -n 5 \
  go test -count=1 -timeout 4h -run 'TestKills$' -v ./pvs/index 2>&1 | grep -v '^=== ' | tee "$log"
