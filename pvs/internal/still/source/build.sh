#!/usr/bin/env bash
# Makes hevc.wasm.gz and av1.wasm.gz from Debian's sources of libde265 (LGPL 3) and dav1d (BSD), on Debian 12 with
#   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 \
#     libc++abi-19-dev-wasm32 dpkg-dev
# and a line for deb-src in APT's sources. Two runs gave the same bytes; SHA-256 of the programs, unpacked:
#   6a2aa5f374d5436a308e26f8cabc416ad4a35284a29b99c4b5c2eeb3751b534b av1.wasm
#   42957a7f033004411c4389d87c82746d4de6860511dff055446a19ee37551f9a hevc.wasm
# Whole-program optimisation makes libde265 a quarter faster and dav1d slower.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get source --download-only -qq libde265=1.0.11-1+deb12u2 dav1d=1.0.0-2+deb12u1
for p in libde265 dav1d; do
  tar xf $p*.orig.tar.*[xg]z
  (
    cd $p-*/ && tar xf ../$p*.debian.tar.xz &&
      for q in $(grep -v '^#' debian/patches/series); do patch -s -p1 <debian/patches/$q; done
  )
done
flags="--target=wasm32-wasi -ffile-prefix-map=$work=. -O3 -msimd128 -DNDEBUG -w -I$here/include"
link="-Wl,--no-entry -mexec-model=reactor -Wl,--strip-all -Wl,-z,stack-size=1048576"
for f in malloc free start stop warning fact plane stride width height bits; do link="$link -Wl,--export=$f"; done

# dav1d: no assembly, no threads; a file _tmpl is compiled for 8 bits and for more.
av1=$(echo "$work"/dav1d-*/)
mkdir -p av1/dav1d && cp "$here/av1/config.h" av1/ && echo '#define DAV1D_VERSION "1.0.0"' >av1/vcs_version.h
sed 's/@DAV1D_API_VERSION_MAJOR@/6/; s/@DAV1D_API_VERSION_MINOR@/6/; s/@DAV1D_API_VERSION_PATCH@/0/' \
  "$av1/include/dav1d/version.h.in" >av1/dav1d/version.h
include="-Iav1 -Iav1/dav1d -I$av1/include -I$av1/include/dav1d -I$av1 -I$av1/src -D_GNU_SOURCE"
for f in "$av1"/src/*.c; do
  b=$(basename "$f" .c)
  case $b in
    *_tmpl) for bits in 8 16; do clang-19 $flags $include -DBITDEPTH=$bits -c "$f" -o av1/$b$bits.o; done ;;
    *) clang-19 $flags $include -c "$f" -o av1/$b.o ;;
  esac
done
clang-19 $flags $include -c "$here/av1.c" -o av1/start.o
clang-19 $flags $link av1/*.o -o av1.wasm

# libde265: the lock around its start guards against threads that are not there.
hevc=$(echo "$work"/libde265-*/)
mkdir hevc
sed -i 's/#include <mutex>//; /static std::mutex& de265_init_mutex/,/^}/d; /std::lock_guard<std::mutex>/d' \
  "$hevc/libde265/de265.cc"
for f in "$hevc"/libde265/*.cc; do
  b=$(basename "$f" .cc)
  case $b in en265 | image-io | quality | visualize) continue ;; esac
  clang++-19 $flags -flto -fno-exceptions -I"$hevc" -I"$hevc/libde265" -D_WASI_EMULATED_SIGNAL \
    -DHAVE_STDINT_H -DHAVE_POSIX_MEMALIGN -c "$f" -o hevc/$b.o
done
clang-19 $flags -flto -I"$hevc" -c "$here/hevc.c" -o hevc/start.o
clang++-19 $flags -flto $link hevc/*.o -o hevc.wasm -lc++ -lc++abi

for w in av1 hevc; do gzip -9 -n <$w.wasm >"$here/../$w.wasm.gz"; done
sha256sum *.wasm
