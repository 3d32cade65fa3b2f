#!/usr/bin/env bash
# docs/parts.sh CATALOG OUT [PIXELS]: embeds the index of a catalogue in 16 parts, by two processes, in a random order,
# of which two are killed and started again, and in one run, and compares the files. Some minutes for 3,000 photos.
set -euo pipefail
cd "$(dirname "$0")/.."
catalog=${1:?usage: docs/parts.sh CATALOG OUT [PIXELS]} out=${2:?} pixels=${3:-112}
mkdir -p "$out"
go build -o "$out/pvs" ./pvs/cmd/pvs
embed() { "$out/pvs" embed "$catalog" --split index --pixels "$pixels" "$@" 2>>"$out/log"; }
part() { embed --part "$1/16" --out "$out/part$1" >>"$out/log"; }
export -f embed part
export catalog out pixels
seq 16 | shuf | tee "$out/order" >/dev/null
for n in $(head -n 2 "$out/order"); do
  part "$n" &
  sleep 0.9
  pkill -KILL -f -- "--part $n/16 " || true
  wait $! || echo "part $n/16 was killed"
done
shuf "$out/order" | xargs -P 2 -I {} bash -c 'part {}'
mapfile -t parts < <(seq 16 | shuf | sed "s|^|$out/part|")
"$out/pvs" vectors merge "$catalog" "${parts[@]}" --split index --out "$out/merged"
embed --out "$out/whole"
for file in npy ids stamps; do cmp "$out/merged.$file" "$out/whole.$file"; done
echo "npy, ids and stamps of the parts are those of one run"
