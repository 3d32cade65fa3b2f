#!/usr/bin/env bash
# Draws both catalogues and makes the journey on each, as docs/journey.md records it: some
# 40 minutes a catalogue on 2 cores. By hand, not in CI:
#   docs/journey.sh [FOLDER]
# Started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-journey}
mkdir -p "$out"
go build -o "$out/pvs" ./pvs/cmd/pvs
"$out/pvs" data kicad --limit 2000 --train 3000 --size 240 --out "$out/kicad"
"$out/pvs" data synth --products 2000 --train 3000 --size 240 --out "$out/drawn"
for catalog in kicad drawn; do
  "$out/pvs" journey "$out/$catalog" --scale small --out "$out/$catalog-runs"
done
