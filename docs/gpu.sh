#!/usr/bin/env bash
# Verifies, trains and embeds on a machine with an NVIDIA GPU and no network, and prints pvs beside PyTorch and JAX.
#   PVS=pvs docs/gpu.sh [FIXTURES ...]
# PVS is a built command (else it is built, for which modules must be there), FIXTURES are folders for `pvs verify`.
# PYTHON (python3) has torch, timm and jax with its CUDA plugin, and keras for the row of JAX; nothing is downloaded:
# XLA's CUDA plugin is JAX's. DEVICE=cpu runs the same on a CPU, to try the script.
# BATCH (128), SECONDS_EACH (5) and ROUNDS (3) are of the comparison.
set -euo pipefail
cd "$(dirname "$0")/.."
device=${DEVICE:-cuda} python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${PVS:-}" ]; then
  PVS=$work/pvs
  go build -o "$PVS" ./pvs/cmd/pvs
fi
if [ "$device" = cuda ]; then
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader ||
    { echo "there is no NVIDIA GPU here: DEVICE=cpu docs/gpu.sh tries the script on a CPU" >&2; exit 1; }
  # go-xla looks for pjrt_c_api_cuda_plugin.so in PJRT_PLUGIN_LIBRARY_PATH; JAX's plugin is the same library.
  plugin=$("$python" - <<'PY'
import glob, sys
import jax_plugins
found = sorted(f for p in jax_plugins.__path__ for f in glob.glob(p + "/xla_cuda*/xla_cuda_plugin.so"))
if not found:
    sys.exit("JAX's CUDA plugin is not here: install jax-cuda13-plugin and jax-cuda13-pjrt")
print(found[-1])
PY
)
  mkdir "$work/plugins"
  ln -s "$plugin" "$work/plugins/pjrt_c_api_cuda_plugin.so"
  export PJRT_PLUGIN_LIBRARY_PATH=$work/plugins GOMLX_NO_AUTO_INSTALL=1
  # The libraries that the plugin loads are those of Python's nvidia packages.
  libraries=$("$python" -c 'import glob, site; print(":".join(d for s in site.getsitepackages() for d in
    glob.glob(s + "/nvidia/*/lib")))')
  export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
export GOMLX_BACKEND=xla:$device
for fixtures; do
  echo "== pvs verify $fixtures"
  "$PVS" verify "$fixtures" --backends "xla:$device" --json | tail -n 1
done
"$python" -u docs/benchmarks/gpu.py --pvs "$PVS" --device "$device" --batch "${BATCH:-128}" \
  --seconds "${SECONDS_EACH:-5}" --rounds "${ROUNDS:-3}"
