#!/usr/bin/env bash
# docs/fit-small.sh OUT [PIXELS]: runs `pvs fit` on eleven small catalogues of different kinds, prints before and after.
# The interval of the difference may not lie below 0. Takes ten minutes on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: docs/fit-small.sh OUT [PIXELS]}
pixels=${2:-96}
mkdir -p "$out"
go build -o "$out/pvs" ./pvs/cmd/pvs
drawn="$out/drawn" parts="$out/parts"
[ -e "$drawn/photos.csv" ] || "$out/pvs" data synth --products 80 --train 120 --size 200 --out "$drawn" >/dev/null
[ -e "$parts/photos.csv" ] || "$out/pvs" data kicad --limit 100 --train 120 --size 200 --out "$parts" >/dev/null
# Each is made of one of the two by a change of its rows: python3's expression on the list of rows.
make() { # make NAME FROM EXPRESSION
  [ -e "$out/$1/photos.csv" ] && return
  mkdir -p "$out/$1"
  python3 - "$2" "$out/$1" "$3" <<'PY'
import csv, os, random, sys
source, to, change = sys.argv[1:]
rows = list(csv.DictReader(open(os.path.join(source, "photos.csv"), encoding="utf-8")))
for r in rows:
    r["path"] = os.path.abspath(os.path.join(source, r["path"]))
train = [r for r in rows if r["split"] == "train"]
random.seed(1)
scope = dict(rows=rows, train=train, random=random)
exec(change, scope)
with open(os.path.join(to, "photos.csv"), "w", newline="", encoding="utf-8") as f:
    w = csv.DictWriter(f, rows[0].keys())
    w.writeheader()
    w.writerows(scope["rows"])
PY
}
shuffled='names = [r["title"] for r in train]; random.shuffle(names)
for r, n in zip(train, names): r["title"] = n'
blank='for r in train: r["title"] = r["category"] = r["product"] = ""'
single='seen = set()
rows = [r for r in rows if r["split"] != "train" or not (r["title"] in seen or seen.add(r["title"]))]'
few='keep = set(id(r) for r in train[:24]); rows = [r for r in rows if r["split"] != "train" or id(r) in keep]'
two='t = sorted(set(r["title"] for r in train))[:2]
rows = [r for r in rows if r["split"] != "train" or r["title"] in t]'
categories='for r in train: r["title"] = r["product"] = ""'
equal='for r in train: r["title"] = "product"'
repeated='rows = [r for r in rows if r["split"] != "query"]; first = {}
for r in [r for r in rows if r["split"] == "index"]: first.setdefault(r["product"], r)
rows += [dict(r, photo=r["photo"] + "-again", split="query") for r in first.values()]'
make as-it-is "$drawn" 'pass'
make parts "$parts" 'pass'
make few-photos "$drawn" "$few"
make two-products "$drawn" "$two"
make no-labels "$drawn" "$blank"
make no-labels-parts "$parts" "$blank"
make wrong-titles "$drawn" "$shuffled"
make one-photo-each "$drawn" "$single"
make categories-only "$parts" "$categories"
make equal-titles "$drawn" "$equal"
make queries-in-index "$drawn" "$repeated"
echo "catalogue,before,after,difference,low,high,kept,seconds,reason"
for name in as-it-is parts few-photos two-products no-labels no-labels-parts wrong-titles one-photo-each \
  categories-only equal-titles queries-in-index; do
  if "$out/pvs" fit "$out/$name" --out "$out/fit-$name" --pixels "$pixels" --budget 4m --json \
    >"$out/$name.json" 2>"$out/$name.log"; then
    tail -n 1 "$out/$name.json" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(sys.argv[1], *(f"{r[k]:.3f}" for k in ("before", "after", "difference", "low", "high")), r["kept"],
      round(r["seconds"]), r["reason"].split(":")[-1].split(",")[0].strip(), sep=",")
sys.exit(r["high"] < 0)' "$name" || echo "$name: WORSE"
  else
    echo "$name: $(tail -n 1 "$out/$name.log")"
  fi
done
