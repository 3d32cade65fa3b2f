#!/usr/bin/env bash
# docs/engine.sh WEAVIATE OUT [ROWS [DIM [COPIES]]]: pushes an index of made vectors into a Weaviate of three nodes,
# kills one of them meanwhile, and compares what is found with an exact search. With one copy (COPIES is 1; else 3) no
# node is killed. As root, in a network namespace of its own, as Weaviate's gRPC, gossip and data ports are bound on
# all addresses. WEAVIATE is the server, built by
#   GOBIN=DIR go install github.com/weaviate/weaviate/cmd/weaviate-server@v1.35.2
# PVS is a built command; it is made if it is not named. Another DIM than 512 needs Python with onnx (PYTHON).
set -euo pipefail
weaviate=$(realpath "${1:?usage: docs/engine.sh WEAVIATE OUT [ROWS [DIM [COPIES]]]}") out=$(realpath -m "${2:?}")
rows=${3:-20000} dim=${4:-512} copies=${5:-3}
if [ -z "${IN_NAMESPACE:-}" ]; then
  cd "$(dirname "$0")/.."
  mkdir -p "$out"
  if [ -z "${PVS:-}" ]; then
    PVS=$out/pvs
    go build -o "$PVS" ./pvs/cmd/pvs
  fi
  export IN_NAMESPACE=1 PVS
  PVS=$(realpath "$PVS")
  exec unshare -n "$PWD/docs/engine.sh" "$weaviate" "$out" "$rows" "$dim" "$copies"
fi
ip link set lo up
cd "$(dirname "$0")/.."
pids=()
. docs/servers.sh
if [ "$dim" != 512 ]; then
  "${PYTHON:-python3}" docs/benchmarks/any_network.py "$dim" "$out/any.onnx"
  network=(--network "$out/any.onnx" --normalise 0..1)
fi
trap 'kill -KILL "${pids[@]}" "${servers[@]}" 2>/dev/null || true' EXIT

node() { # node I [PORT]: starts it; PORT is the gossip of one that is there, without which it ends
  local join=()
  [ -z "${2:-}" ] || join=(CLUSTER_JOIN="127.0.0.1:$2")
  env AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true DEFAULT_VECTORIZER_MODULE=none DISABLE_TELEMETRY=true \
    PERSISTENCE_DATA_PATH="$out/node$1" CLUSTER_HOSTNAME="w$1" CLUSTER_IN_LOCALHOST=true \
    CLUSTER_ADVERTISE_ADDR=127.0.0.1 CLUSTER_GOSSIP_BIND_PORT=$((7100 + 2 * $1)) \
    CLUSTER_DATA_BIND_PORT=$((7101 + 2 * $1)) RAFT_PORT=$((8300 + 2 * $1)) RAFT_INTERNAL_RPC_PORT=$((8301 + 2 * $1)) \
    RAFT_JOIN=w0:8300,w1:8302,w2:8304 RAFT_BOOTSTRAP_EXPECT=3 GRPC_PORT=$((50051 + $1)) \
    GO_PROFILING_PORT=$((6060 + $1)) "${join[@]}" \
    "$weaviate" --host 127.0.0.1 --port $((8090 + $1)) --scheme http >>"$out/node$1.log" 2>&1 &
  pids[$1]=$!
}
ready() { # ready I: waits for it
  for _ in $(seq 1200); do
    curl -sf "http://127.0.0.1:$((8090 + $1))/v1/.well-known/ready" >/dev/null && return
    kill -0 "${pids[$1]}" || { tail -5 "$out/node$1.log"; exit 1; }
    sleep 0.1
  done
  echo "node $1 is not ready in two minutes"
  exit 1
}

rm -rf "$out"/node* "$out"/*.log
[ -e "$out/index" ] || "$PVS" bench index --rows "$rows" --dim "$dim" --out "$out/index" >"$out/bench.log" 2>&1
node 0
until (: >/dev/tcp/127.0.0.1/7100) 2>/dev/null; do sleep 0.1; done
node 1 7100
node 2 7100
for i in 0 1 2; do ready $i; done
echo "load at the start: $(cut -d' ' -f1-3 /proc/loadavg)"
to=http://127.0.0.1:8090,http://127.0.0.1:8091,http://127.0.0.1:8092
begun=$(date +%s.%N)
if [ "$copies" = 1 ]; then
  "$PVS" index push "$out/index" --to "$to" --copies 1 --parts 3 2>"$out/push.log" | tail -n 1
  echo "pushed in $(echo "$(date +%s.%N) - $begun" | bc) s"
  for i in 0 1 2; do
    echo "node $i: $(ps -o rss= -p "${pids[i]}") KB of memory, $(du -sm "$out/node$i" | cut -f1) MB of disk"
  done
  python3 docs/benchmarks/engine.py count http://127.0.0.1:8091 --all "$rows"
  serve 8100 --index "$out/index"
  serve 8101 --engine "$to"
  for clients in 1 8; do
    echo "$clients at a time:"
    python3 docs/benchmarks/engine.py search "$out/index" http://127.0.0.1:8100 http://127.0.0.1:8101 \
      --clients "$clients"
  done
  exit
fi
"$PVS" index push "$out/index" --to "$to" --copies "$copies" --parts 3 >"$out/push.log" 2>&1 &
push=$!
# A third of the photos later the first node, which the push talks to, is killed.
until python3 docs/benchmarks/engine.py count http://127.0.0.1:8091 --least $((rows / 3)); do
  kill -0 $push 2>/dev/null || { cat "$out/push.log"; exit 1; }
  sleep 0.05
done
kill -KILL "${pids[0]}"
wait "${pids[0]}" 2>/dev/null || true
echo "node 0 was killed while the photos were pushed"
wait $push || { cat "$out/push.log"; exit 1; }
tail -n 1 "$out/push.log"
echo "pushed in $(echo "$(date +%s.%N) - $begun" | bc) s"
for i in 1 2; do python3 docs/benchmarks/engine.py count "http://127.0.0.1:$((8090 + i))" --all "$rows"; done
serve 8100 --index "$out/index"
serve 8101 --engine "$to"
echo "with node 0 killed:"
python3 docs/benchmarks/engine.py search "$out/index" http://127.0.0.1:8100 http://127.0.0.1:8101
node 0 7102
ready 0
sleep 30 # it is brought up to date
echo "with all three nodes:"
python3 docs/benchmarks/engine.py search "$out/index" http://127.0.0.1:8100 http://127.0.0.1:8101
"$PVS" index push "$out/index" --to "$to" 2>/dev/null
ids=$(python3 -c 'import sqlite3, sys
for (photo,) in sqlite3.connect(sys.argv[1]).execute("SELECT photo FROM photos ORDER BY key LIMIT 100"): print(photo)' \
  "$out/index/index.db")
"$PVS" index remove "$out/index" $ids >/dev/null
echo "100 photos less in the index:"
"$PVS" index push "$out/index" --to "$to" 2>/dev/null
python3 docs/benchmarks/engine.py same "$out/index" http://127.0.0.1:8100 http://127.0.0.1:8101
kill -KILL "${pids[@]}"
echo "with no node:"
curl -s "http://127.0.0.1:8101/v1/photos/none" || true
echo
