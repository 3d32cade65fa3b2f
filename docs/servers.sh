# Sourced by docs/engine.sh and docs/shards.sh: servers=() are stopped by them.
servers=() network=(--baseline) # whose vectors have 512 values
serve() { # serve PORT ARGS...: a server of made vectors, of which the log is kept; waits until it answers
  "$PVS" serve --addr "127.0.0.1:$1" --read-only "${network[@]}" --json "${@:2}" >"$out/serve$1.json" \
    2>"$out/serve$1.log" &
  servers+=($!)
  for _ in $(seq 6000); do
    [ -s "$out/serve$1.json" ] && return
    kill -0 $! || { cat "$out/serve$1.log"; exit 1; }
    sleep 0.1
  done
  exit 1
}
