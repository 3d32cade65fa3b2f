#!/usr/bin/env bash
# docs/backbones.sh OUT: makes the figures of docs/backbones.md again: networks of many families with random weights
# against PyTorch, MobileNetV2's and Lite0 to Lite2's real weights on 600 electronic parts, a head on MobileNetV2, and
# the speed beside Python's onnxruntime. PVS is a built command; it is made if it is not named. In the folder OUT; what
# is there is used again. Python's packages, 6 GB with PyTorch's, come into OUT/venv.
set -euo pipefail
mkdir -p "${1:?usage: docs/backbones.sh OUT}"
out=$(realpath "$1")
cd "$(dirname "$0")/.."
pvs=${PVS:-$out/pvs}
[ -n "${PVS:-}" ] || go build -o "$pvs" ./pvs/cmd/pvs
if [ ! -e "$out/venv/ready" ]; then
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install -q -r docs/benchmarks/requirements-backbones.txt
  touch "$out/venv/ready"
fi
python() { "$out/venv/bin/python" docs/backbones.py "$@" 2>>"$out/python.log"; }

echo "## families"
python compare --out "$out/families"
for folder in "$out"/families/*/; do
  "$pvs" embed "$folder/catalog" --split index --network "$folder/network.onnx" --out "$folder/ours" \
    >>"$out/embed.log" 2>&1
done
python differences "$out/families"

echo "## real weights"
cd "$out"
[ -e kicad/photos.csv ] || "$pvs" data kicad --limit 600 --train 600 --out kicad
[ -e mobilenetv2.onnx ] || (cd - >/dev/null; python export mobilenetv2 --out "$out/mobilenetv2.onnx")
mkdir -p vectors
embedded() { # embedded NAME FLAGS: embeds and searches
  for split in query index; do "$pvs" embed kicad --split $split --out "vectors/$1-$split" "${@:2}"; done
  found "$1"
}
found() { # found NAME: searches, and compares with Lite0
  "$pvs" search --index "vectors/$1-index" --queries "vectors/$1-query" --out "vectors/$1.csv"
  echo "$1"
  "$pvs" evaluate "vectors/$1.csv" --catalog kicad --against vectors/lite0.csv | grep '^mar_at_10 '
}
embedded lite0 --weights lite0
embedded lite1 --weights lite1
embedded lite2 --weights lite2
embedded mobilenetv2 --network mobilenetv2.onnx
for split in query index; do
  "$pvs" vectors join "vectors/lite0-$split" "vectors/mobilenetv2-$split" --out "vectors/joined-$split"
done
found joined

echo "## a head"
"$pvs" fit kicad --network mobilenetv2.onnx --out head

echo "## speed"
cd - >/dev/null
go test -c -o "$out/backbone.test" ./pvs/backbone
for name in mobilenetv2 resnet18 dinov2-s convnext-nano; do
  file=$out/families/$name/network.onnx
  for i in 1 2 3; do # one after the other, so that other work of the machine meets both
    (cd pvs/backbone && PVS_ONNX=$file PVS_THREADS=1 "$out/backbone.test" -test.run '^$' -test.bench File \
      -test.benchtime 5s) | grep ^BenchmarkFile | sed "s/^/$name ours /"
    echo "$name onnxruntime $(python speed "$file" --threads 1 --seconds 5)"
  done
done
