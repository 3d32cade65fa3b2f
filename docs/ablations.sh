#!/usr/bin/env bash
# docs/ablations.sh CATALOG OUT [PIXELS]: `pvs fit` with the recommended recipe and with each part of it left out or
# changed, one after the other; prints a table. Some five minutes each at 112 pixels on 2 cores; a second start goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
catalog=$(realpath "${1:?usage: docs/ablations.sh CATALOG OUT [PIXELS]}") out=${2:?} pixels=${3:-112}
mkdir -p "$out"
go build -o "$out/pvs" ./pvs/cmd/pvs
echo "recipe,before,after,difference,low,high,seconds"
while IFS='|' read -r name keys; do
  printf '%b\n' "name = \"$name\"\n$keys" >"$out/$name.toml"
  "$out/pvs" fit "$catalog" --out "$out/$name" --recipe "$out/$name.toml" --pixels "$pixels" --budget 1h --json \
    >"$out/$name.json" 2>>"$out/$name.log"
  tail -n 1 "$out/$name.json" | python3 -c 'import json, sys
r = json.load(sys.stdin)
scores = [f"{r[k]:.4f}" for k in ("before", "after", "difference", "low", "high")]
print(sys.argv[1], *scores, round(r["seconds"]), sep=",")
' "$name"
done <<'ROWS'
recommended|
12-passes|epochs = 12
24-passes|epochs = 24
mild-augmentation|augmentation = "mild"
no-augmentation|augmentation = "none"
no-other-grounds|augmentation = "strong-ground"
softmax-only|contrastive = 0
contrastive-only|softmax = 0
no-margin|margin = 0
no-average|average = 0
no-bigger-steps-of-the-head|head_factor = 1
twice-the-learning-rate|learning_rate = 2e-4
stochastic-depth|drop_connect = 0.2
32-labels-2-photos|classes = 32\nper_class = 2
another-seed|seed = 2
categories|labels = "categories"
no-labels|labels = "none"
ROWS
