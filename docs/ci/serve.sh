#!/usr/bin/env bash
# Uses `pvs serve` as people, programs and enemies do: some 2 minutes each on 2 cores.
#   docs/ci/serve.sh [CHECK...]
# with one or more of: page api hostile load kills. Without any, page and api.
# PVS is a built command, PYTHON a Python with docs/ci/requirements-serve.txt; both are made if they are not named.
# HOSTILE is how many hostile requests (10000), SECONDS_OF_LOAD how long the load is (300),
# KILLS how many kills (1000), SHOTS a folder for pictures of the page.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
server=
end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT
if [ -z "${PVS:-}" ]; then
  PVS=$work/pvs
  go build -o "$PVS" ./pvs/cmd/pvs
fi
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$work/venv"
  PYTHON=$work/venv/bin/python
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -r docs/ci/requirements-serve.txt
fi
if [ -z "${CATALOG:-}" ]; then
  CATALOG=$work/catalog
  "$PVS" data synth --products 60 --size 320 --out "$CATALOG" --json >/dev/null
fi
"$PVS" index create "$CATALOG" --split index --out "$work/index" --json >/dev/null
"$PVS" serve --index "$work/index" --addr 127.0.0.1:0 --title "Things" --teach "$work/clicks.jsonl" --json \
  >"$work/serve.json" 2>"$work/serve.log" &
server=$!
until [ -s "$work/serve.json" ]; do
  kill -0 $server 2>/dev/null || { cat "$work/serve.log"; exit 1; }
  sleep 0.1
done
url=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$work/serve.json")
# Photos that are searched with: the catalogue's queries.
mapfile -t photos < <("$PYTHON" - "$CATALOG" <<'PY'
import csv, os, sys
rows = csv.DictReader(open(os.path.join(sys.argv[1], "photos.csv"), encoding="utf-8"))
print("\n".join([os.path.join(sys.argv[1], r["path"]) for r in rows if r["split"] == "query"][:30]))
PY
)

page() { "$PYTHON" docs/ci/serve_page.py "$url" "${photos[4]}" ${SHOTS:+--shots "$SHOTS"}; }

# What is left out: whether values that a form cannot hold are refused (all of a form is text), and whether all that
# the description allows is taken (an id must be there, a photo one).
api() (
  python=$(command -v "$PYTHON")
  case $python in /*) ;; *) python=$PWD/$python ;; esac
  cd "$work" # where it leaves what it remembers
  "$python" -m schemathesis.cli run "${url}openapi.json" --max-examples "${EXAMPLES:-60}" --seed 1 --no-color \
    --phases coverage,fuzzing,stateful --exclude-checks positive_data_acceptance,negative_data_rejection
)
hostile() {
  "$PYTHON" docs/ci/serve_hostile.py "$url" --requests "${HOSTILE:-10000}" --photo "${photos[0]}" --forbid "$work"
}
load() { "$PYTHON" docs/ci/serve_load.py "$url" "${photos[@]}" --seconds "${SECONDS_OF_LOAD:-300}"; }
kills() { # of servers of its own
  "$PVS" index create "$CATALOG" --split index --out "$work/killed" --json >/dev/null
  "$PYTHON" docs/ci/serve_kills.py "$PVS" "$work/killed" "${photos[@]:0:8}" --kills "${KILLS:-1000}"
}

for check in ${*:-page api}; do
  echo "== serve: $check"
  "$check"
  # Nothing went wrong inside, whatever was asked.
  if grep -E 'error:|panic' "$work/serve.log"; then exit 1; fi
done
kill -TERM $server
wait $server || { echo "the server did not end well"; cat "$work/serve.log"; exit 1; }
server=
