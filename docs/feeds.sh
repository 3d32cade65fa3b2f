#!/usr/bin/env bash
# Downloads a feed of PRODUCTS products (20,000 if not given) from a server on this machine that fails in every tenth
# answer, with interrupts and kills, makes an index of it, and brings a night's change of 1% into it while it is
# searched. The log goes to feeds.log, or the file named second. Takes ten minutes on 2 cores.
set -euo pipefail
log=$(realpath -m "${2:-feeds.log}")
cd "$(dirname "$0")/.."
PVS_FEED=${1:-20000} nice -n 5 go test -count=1 -timeout 4h -run 'TestFeedReach$' -v ./pvs/cmd/pvs 2>&1 |
  grep -v '^=== ' | tee "$log"
