#!/usr/bin/env bash
# Checks that need another compiler, another machine or much time, beside .ci/run: some 30 minutes on 2 cores.
#   docs/ci/sanitize.sh [CHECK...]
# with one or more of: address undefined race arm64 int32 cores modules. Without any, all of them. Each prints a
# line of what it found; what was found is in docs/trust.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernels="./pvs/effnet/cpu ./pvs/internal/pieces ./pvs/classify ./pvs/index/codes"
checks=${*:-address undefined race arm64 int32 cores modules}

# GoMLX's backend in Go steps pointers over the end of slices, without reading there, which both detectors' check of
# pointers takes for an error: that check is off in GoMLX, and on in what is here.
gomlx="-gcflags=github.com/gomlx/...=-d=checkptr=0"

# A compiler for the sanitizers: without -O3, at which it takes ten times as long.
mkdir "$work/bin"
printf '#!/usr/bin/env bash\nexec gcc "${@/#-O3/-O0}"\n' >"$work/bin/cc"
chmod +x "$work/bin/cc"

# Reads and writes beside what C and Go have taken, use after free, and, as each test ends, what is never freed.
address() { CC="$work/bin/cc" go test -asan "$gomlx" -short -count=1 -timeout 60m $kernels; }

# What C leaves open: shifts, signed overflow, misaligned or null pointers, bounds of arrays. The first stops it.
undefined() {
  CC="$work/bin/cc" CGO_CFLAGS="-fsanitize=undefined -fno-sanitize-recover=all" CGO_LDFLAGS="-fsanitize=undefined" \
    go test -short -count=1 -timeout 60m $kernels
}

# Go's own race detector. XLA and ONNX Runtime are compiled without it: what they do is not seen.
race() {
  CC="$work/bin/cc" go test -race "$gomlx" -short -count=1 -timeout 60m \
    $(go list ./pvs/... | grep -v -E '/(cmd/pvs|lab|verify|journey)$')
}

# Packages whose tests need no backend's library, built for arm64 with cgo and run under QEMU.
portable="./pvs/catalog/... ./pvs/imageprep ./pvs/vectors ./pvs/evaluate ./pvs/wholefile ./pvs/internal/cores
  ./pvs/internal/pace ./pvs/records ./pvs/effnet/cpu ./pvs/internal/onewriter ./pvs/internal/stamp ./pvs/internal/pieces
  ./pvs/effnet/weights ./pvs/index/... ./data/mesh"
arm64() (
  export GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
  # TestKilled and TestKills start their own file again, which needs an emulator that the kernel knows of.
  go build -o "$work/pvs-arm64" ./pvs/cmd/pvs &&
    qemu-aarch64 "$work/pvs-arm64" --help >/dev/null &&
    go vet ./... &&
    go test -count=1 -short -timeout 60m -skip '^TestKill(ed|s)$' -exec qemu-aarch64 $portable
)

# Where int has 32 bits: constants and shifts that do not fit, and tests of what counts bytes.
int32() (
  export GOARCH=386 CGO_ENABLED=0
  go vet ./pvs/catalog/... ./pvs/vectors ./pvs/evaluate ./pvs/wholefile ./pvs/internal/cores ./pvs/internal/pace \
    ./pvs/records ./pvs/imageprep ./pvs/index/... ./data/mesh ./pvs/effnet/weights &&
    go test -count=1 -short ./pvs/vectors ./pvs/wholefile ./pvs/internal/cores ./pvs/internal/table ./pvs/records \
      ./pvs/index/codes
)

# Other numbers of cores than this machine has.
cores() {
  for n in 1 3; do
    GOMAXPROCS=$n go test -count=1 -short ./pvs/effnet/cpu ./pvs/classify ./pvs/internal/cores ./pvs/search \
      ./pvs/feed ./pvs/vectors || return
  done
}

modules() { docs/ci/modules.sh; }

for check in $checks; do
  begun=$SECONDS
  "$check" >"$work/$check.log" 2>&1 || { tail -60 "$work/$check.log"; echo "$check: FAILED"; exit 1; }
  grep -E '^(ok|---|WARNING)' "$work/$check.log" | grep -v 'no test files' || true
  echo "$check: nothing found, $((SECONDS - begun)) s"
done
