#!/usr/bin/env bash
# Draws the catalogues and makes the journey on each, as docs/journey.md records it. By hand, not
# in CI:
#   docs/journey.sh [FOLDER]
# Started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-journey}
mkdir -p "$out"
go build -o "$out/pvs" ./pvs/cmd/pvs
"$out/pvs" data synth --products 300 --train 2400 --fine --out "$out/drawn"
"$out/pvs" data kicad --limit 600 --train 2400 --fine --out "$out/kicad"
"$out/pvs" data furniture --products 600 --train 200 --size 240 --out "$out/furniture"
for catalog in drawn kicad furniture; do
  "$out/pvs" journey "$out/$catalog" --scale small --out "$out/$catalog-runs"
done
