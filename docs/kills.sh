#!/usr/bin/env bash
# Kills embed, train, records, convert and check at random moments, KILLS times each (200
# if not given), with second writers beside them, and compares what each ends with to an
# unbroken run's. The log goes to kills.log, or the file named second. Takes half an hour
# on 2 cores.
set -euo pipefail
log=$(realpath -m "${2:-kills.log}")
cd "$(dirname "$0")/.."
PVS_KILLS=${1:-200} nice -n 5 go test -count=1 -timeout 4h -run 'TestKills$' -v ./pvs/cmd/pvs 2>&1 |
  grep -v '^=== ' | tee "$log"
