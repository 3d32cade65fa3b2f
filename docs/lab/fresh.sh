#!/usr/bin/env bash
# Measures the time from a fresh user - nothing downloaded, nothing compiled - to the first
# executed cell, and the cells after it.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -TERM $server; wait $server || true; }; chmod -R u+w "$work"; rm -rf "$work"' EXIT
export GOCACHE="$work/go-build" GOMODCACHE="$work/mod" PIP_CACHE_DIR="$work/pip" PVS_CACHE="$work/pvs"
seconds() { echo "$(($(date +%s) - began)) s: $*"; }
began=$(date +%s)
go build -o "$work/pvs-command" ./pvs/cmd/pvs
seconds "pvs is compiled"
"$work/pvs-command" setup --lab
seconds "setup is done"
"$work/pvs-command" lab docs/lab --port 0 --json >"$work/lab.json" &
server=$!
until [ -s "$work/lab.json" ]; do sleep 0.2; kill -0 $server; done
seconds "JupyterLab answers"
link=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["url"])' "$work/lab.json")
"$work/pvs/lab/venv/bin/python" docs/lab/execute.py --dry "$link" docs/lab/first-cells.ipynb
seconds "all cells are executed"
du -sh "$work"/* | sed "s#$work#WORK#"
