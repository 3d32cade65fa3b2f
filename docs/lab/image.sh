#!/usr/bin/env bash
# Builds the lab image without Docker, starts it, and executes a notebook inside through
# its JupyterLab server. For machines without a container engine and registry: Debian's
# buildah builds as root, and bookworm from debootstrap stands in for the base images.
# It needs root, buildah and debootstrap (apt-get install buildah debootstrap), Go in
# /usr/local/go, and some 10 GB of disk (30 GB where the kernel has no overlay mounts).
#
#   docs/lab/image.sh [NOTEBOOK]     default: notebooks/00-quick-tour.ipynb
#
# Environment: WORK, a folder for all of it (default: a new one in /var/tmp, kept);
# CA_BUNDLE, certificates that downloads need here (default: this system's), handed to
# the build as a secret and not part of the image; BUILD_ARGS, such as
# "--build-arg WEIGHTS=start".
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed: $BASH_COMMAND" >&2' ERR
cd "$(dirname "$0")/../.."
notebook=${1:-notebooks/00-quick-tour.ipynb}
work=${WORK:-$(mktemp -d /var/tmp/pvs-image-XXXXXX)}
ca=${CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}
mkdir -p "$work/tmp"
export TMPDIR="$work/tmp" BUILDAH_ISOLATION=chroot
# With overlay a layer takes the disk space of what it adds, with vfs that of all below it too.
driver=overlay
buildah --root "$work/storage" --runroot "$work/run" --storage-driver overlay info >/dev/null 2>&1 || driver=vfs
b() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver "$driver" "$@"; }
step() { echo "== $(date +%T) $*"; }

step "stand-ins for the base images"
if ! b inspect localhost/bookworm >/dev/null 2>&1; then
  [ -e "$work/rootfs/etc/debian_version" ] ||
    debootstrap --variant=minbase bookworm "$work/rootfs" >"$work/debootstrap.log"
  mkdir -p "$work/base"
  tar -C "$work/rootfs" -cf "$work/base/rootfs.tar" .
  printf 'FROM scratch\nADD rootfs.tar /\n' | b build --format docker -t localhost/bookworm -f - "$work/base"
fi
if ! b inspect localhost/bookworm-go >/dev/null 2>&1; then
  printf 'FROM localhost/bookworm\nCOPY . /usr/local/go\n' |
    b build --format docker -t localhost/bookworm-go -f - /usr/local/go
fi

step "building the image"
# shellcheck disable=SC2086 # BUILD_ARGS are several words
b build --format docker --build-arg GO_IMAGE=localhost/bookworm-go --build-arg BASE_IMAGE=localhost/bookworm \
  --secret id=ca,src="$ca" ${BUILD_ARGS:-} -t localhost/pvs-lab .
step "built: $(b images --format '{{.Size}}' localhost/pvs-lab)"

step "starting it"
container=$(b from localhost/pvs-lab)
# config KEY...: the words of a list in the image's configuration, a line each
config() {
  b inspect --type image localhost/pvs-lab | python3 -c 'import json, sys
value = json.load(sys.stdin)["Docker"]["config"]
for key in sys.argv[1:]:
    value = value[key]
print(*value, sep="\n")' "$@"
}
config Cmd >"$work/command"
config Healthcheck Test >"$work/health"
mapfile -t command <"$work/command"
mapfile -t health < <(tail -n +2 "$work/health") # after the word CMD
inside() { b run --network host "$container" -- "$@"; }
inside "${command[@]}" >"$work/lab.log" 2>&1 &
server=$!
stop() {
  local pid
  # chroot isolation has no process table of its own.
  for pid in $(pgrep -f "^pvs lab --host 0.0.0.0"); do kill -TERM "$pid" 2>/dev/null || true; done
  wait "$server" 2>/dev/null || true
  b rm "$container" >/dev/null || true
}
trap stop EXIT
for _ in $(seq 300); do
  link=$(grep -o 'http://[^ ]*token=[^ ]*' "$work/lab.log" || true)
  [ -n "$link" ] && break
  kill -0 "$server" || { cat "$work/lab.log"; exit 1; }
  sleep 1
done
cat "$work/lab.log"
inside id -un
inside "${health[@]}"
step "healthy; executing $notebook inside, through the server"
inside /home/pvs/.cache/pvs/lab/venv/bin/python docs/lab/execute.py "$link" "$notebook"
step "done; all of it is in $work"
