#!/usr/bin/env bash
# docs/teach.sh CATALOG OUT [FAMILY...]: twenty simulated clicks on the family that is mistaken most, or on each of the
# named categories, by way of `pvs serve --teach`; prints what they are worth to the family's held-out queries and to
# all others, and the same of twenty wrong clicks. Some minutes on 2 cores; the index is kept in OUT and used again.
# PIXELS is the side of the network's input, CLICKS how many clicks, SEED that of their order.
set -euo pipefail
cd "$(dirname "$0")/.."
catalog=$(realpath "${1:?usage: docs/teach.sh CATALOG OUT [FAMILY...]}") out=${2:?}
shift 2
mkdir -p "$out"
if [ -z "${PVS:-}" ]; then
  PVS=$out/pvs
  go build -o "$PVS" ./pvs/cmd/pvs
fi
[ -e "$out/photos.csv" ] || python3 docs/ci/teach_clicks.py split "$catalog" "$out"
[ -e "$out/index/index.db" ] || "$PVS" index create "$out" --split index --out "$out/index" \
  ${PIXELS:+--pixels "$PIXELS"} --json >/dev/null
server=
end() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
trap end EXIT
row() { # row FAMILY [--wrong]
  rm -f "$out/clicks.jsonl" "$out/serve.json"
  "$PVS" serve --index "$out/index" --addr 127.0.0.1:0 --read-only --teach "$out/clicks.jsonl" --json \
    >"$out/serve.json" 2>"$out/serve.log" &
  server=$!
  until [ -s "$out/serve.json" ]; do
    kill -0 $server 2>/dev/null || { cat "$out/serve.log"; exit 1; }
    sleep 0.1
  done
  url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$out/serve.json")
  python3 docs/ci/teach_clicks.py click "$url" "$out" ${1:+--family "$1"} --clicks "${CLICKS:-20}" --seed "${SEED:-1}" \
    "${@:2}" | tee -a "$out/rows.jsonl" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(r["family"], "wrong" if r["wrong"] else "right", r["clicks"], r["own"]["queries"], sep=" | ", end="")
for part in "own", "others":
    for name in "recall_at_1", "recall_at_5", "mrr_at_10":
        a, b, d, low, high = r[part][name]
        print(f" | {a:.3f} > {b:.3f}, {d:+.3f} [{low:+.3f}, {high:+.3f}]", end="")
print("", r["verdict"], "%.1f s" % r["seconds"], r["says"], sep=" | ", flush=True)'
  kill -TERM $server
  wait $server
  server=
}
echo "family | clicks | n | queries | own: recall at 1, at 5, MRR at 10 | others: the same | verdict | fit | says"
if [ $# -eq 0 ]; then set -- ""; fi
for family in "$@"; do
  row "$family"
  row "$family" --wrong
done
