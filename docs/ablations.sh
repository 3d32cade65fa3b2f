#!/usr/bin/env bash
# docs/ablations.sh CATALOG OUT [PIXELS [EPOCHS]]: `pvs fit` with the recommended recipe and with one part of it left
# out, changed or added, one after the other; prints a table with the paired difference of each to the first row.
# At 64 pixels and 24 epochs of 1,500 photos some three minutes each on 2 cores; a second start goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
catalog=$(realpath "${1:?usage: docs/ablations.sh CATALOG OUT [PIXELS [EPOCHS]]}") out=${2:?}
pixels=${3:-64} epochs=${4:-24}
mkdir -p "$out"
[ -x "$out/pvs" ] || go build -o "$out/pvs" ./pvs/cmd/pvs
echo "recipe,before,after,beside recommended,low,high,held out,kept,seconds"
while IFS='|' read -r name keys; do
  [[ $keys == *larger* ]] || keys+='\nlarger = 1' # the same inputs in all other rows
  printf '%b\n' "name = \"$name\"\nepochs = $epochs\n$keys" >"$out/$name.toml"
  if [ ! -d "$out/$name" ] && [ -d "$out/recommended/before" ]; then # the network before training is the same one
    mkdir "$out/$name"
    cp -r "$out/recommended/before" "$out/recommended/train.photos" "$out/$name/"
  fi
  "$out/pvs" fit "$catalog" --out "$out/$name" --recipe "$out/$name.toml" --pixels "$pixels" --budget 2h --json \
    >"$out/$name.json" 2>>"$out/$name.log"
  "$out/pvs" evaluate "$out/$name/after/ranked.csv" --against "$out/recommended/after/ranked.csv" --catalog "$catalog" \
    --json >"$out/$name.against.json" 2>>"$out/$name.log"
  python3 - "$name" "$out/$name.json" "$out/$name.against.json" <<'PY'
import json, sys
name, fit, against = sys.argv[1], *(json.loads(open(f).read().splitlines()[-1]) for f in sys.argv[2:])
kept = next((c["name"] for c in fit["candidates"] if c["kept"]), "nothing")
held = max(e["mar_at_10"] for e in fit["evaluations"])
beside = next(d for d in against["against"] if d["name"] == "mar_at_10")
scores = fit["before"], fit["after"], beside["value"], beside["low"], beside["high"], held
print(name, *(f"{v:.4f}" for v in scores), kept, round(fit["seconds"]), sep=",", flush=True)
PY
done <<'ROWS'
recommended|
seed-2|seed = 2
seed-3|seed = 3
no-augmentation|augmentation = "none"
mild-augmentation|augmentation = "mild"
no-other-grounds|augmentation = "strong-ground"
softmax-only|contrastive = 0
contrastive-only|softmax = 0
no-margin|margin = 0
cosface|softmax_kind = "cosface"
three-sub-centres|sub_centres = 3
label-smoothing|smoothing = 0.1
proxy-anchor-for-softmax|softmax = 0\nproxy_anchor = 1
multi-similarity-for-contrastive|contrastive = 0\nmulti_similarity = 1
batch-hard-for-contrastive|contrastive = 0\nbatch_hard = 1
generalised-mean|gem = 3
words|words = 0.5
words-as-much|words = 1
words-only|words = 1\nsoftmax = 0\ncontrastive = 0
memory|memory = 512
all-losses|multi_similarity = 0.5\nproxy_anchor = 0.5\nbatch_hard = 0.5\nmemory = 512
larger-inputs|larger = 1.5
no-average|average = 0
no-bigger-steps-of-the-head|head_factor = 1
twice-the-learning-rate|learning_rate = 2e-4
stochastic-depth|drop_connect = 0.2
32-labels-2-photos|classes = 32\nper_class = 2
categories|labels = "categories"
no-labels|labels = "none"
ROWS
