#!/usr/bin/env bash
# docs/shards.sh OUT [ROWS [SHARDS [DIM]]]: searches an index of made vectors as one and as shards, on this machine, and
# compares. Needs Python with numpy (PYTHON), and with onnx for another DIM than 512. PVS is a built command; it is
# made if it is not named.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:?usage: docs/shards.sh OUT [ROWS [SHARDS [DIM]]]}")
rows=${2:-200000} shards=${3:-4} dim=${4:-512}
python=${PYTHON:-python3}
mkdir -p "$out"
if [ -z "${PVS:-}" ]; then
  PVS=$out/pvs
  go build -o "$PVS" ./pvs/cmd/pvs
fi
. docs/servers.sh
if [ "$dim" != 512 ]; then
  "$python" docs/benchmarks/any_network.py "$dim" "$out/any.onnx"
  network=(--network "$out/any.onnx" --normalise 0..1)
fi
trap 'kill "${servers[@]}" 2>/dev/null || true' EXIT
[ -e "$out/index" ] || "$PVS" bench index --rows "$rows" --dim "$dim" --out "$out/index" >"$out/bench.log" 2>&1
[ -e "$out/exported/index.npy" ] || "$PVS" index export "$out/index" --out "$out/exported" >/dev/null
# Parts by the ids' digests, as pvs embed --part makes them.
[ -e "$out/part-$shards.ids" ] || "$python" - "$out" "$shards" <<'PY'
import csv, hashlib, os, sys
import numpy as np
out, n = sys.argv[1], int(sys.argv[2])
# Made photos have no files; a catalogue's have.
os.makedirs(f"{out}/catalog", exist_ok=True)
with (open(f"{out}/exported/photos.csv", encoding="utf-8", newline="") as f,
      open(f"{out}/catalog/photos.csv", "w", encoding="utf-8", newline="") as g):
    photos = csv.DictReader(f)
    w = csv.DictWriter(g, photos.fieldnames)
    w.writeheader()
    w.writerows({**p, "path": p["photo"] + ".jpg"} for p in photos)
ids = open(f"{out}/exported/index.ids", encoding="utf-8").read().split("\n")[:-1]
rows = np.load(f"{out}/exported/index.npy", mmap_mode="r")
part = np.array([int.from_bytes(hashlib.sha256(i.encode()).digest()[:8], "big") % n for i in ids])
for p in range(n):
    mine = np.flatnonzero(part == p)
    np.save(f"{out}/part-{p + 1}.npy", rows[mine])
    open(f"{out}/part-{p + 1}.ids", "w", encoding="utf-8").write("".join(ids[i] + "\n" for i in mine))
PY
urls=
for p in $(seq "$shards"); do
  [ -e "$out/shard-$p/index.db" ] ||
    "$PVS" index create "$out/catalog" --vectors "$out/part-$p" --out "$out/shard-$p" >>"$out/create.log" 2>&1
  serve $((8200 + p)) --index "$out/shard-$p"
  urls+=${urls:+,}http://127.0.0.1:$((8200 + p))
done
serve 8200 --index "$out/index"
begun=$(date +%s.%N)
serve 8300 --shards "$urls" --shards-timeout 9s
echo "the front compared the ids of all shards and answered after $(echo "$(date +%s.%N) - $begun" | bc) s"
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
[ -e "$out/truth.json" ] || "$python" docs/benchmarks/exact.py "$out/index" "$out/exported" "$out/truth.json"
ask=("$python" docs/benchmarks/engine.py search "$out/index" http://127.0.0.1:8200 http://127.0.0.1:8300
  --truth "$out/truth.json")
for clients in 1 8; do
  echo "$clients at a time:"
  "${ask[@]}" --clients "$clients"
done
kill -KILL "${servers[0]}"
echo "with one of $shards shards killed:"
"${ask[@]}"
