# The lab as an image: JupyterLab, the Go kernel, the library compiled, backends and
# ImageNet weights. docs/image.md says how to build, run and open it.
#
#   GO_IMAGE, BASE_IMAGE  where Go and the system come from; any Debian bookworm will do
#   DEVICE                cpu, or cuda: with XLA's CUDA 13 plugin (run with --gpus all)
#   WEIGHTS               build: in the image; start: downloaded when a container first starts
#   secret ca             a bundle of certificates, where downloads go through a proxy with its own
ARG GO_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${GO_IMAGE} AS go
RUN rm -rf /usr/local/go/api /usr/local/go/doc /usr/local/go/test \
 && find /usr/local/go/src -depth \( -name testdata -o -name '*_test.go' \) -exec rm -rf {} +

# What both building and running need: cells are compiled, and some packages use C.
FROM ${BASE_IMAGE} AS system
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev python3 python3-pip python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 --shell /bin/bash pvs
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/usr/local/go/bin:$PATH GOTOOLCHAIN=local
USER pvs
WORKDIR /home/pvs/product-visual-search

FROM system AS build
ARG DEVICE=cpu
ARG WEIGHTS=build
COPY --chown=pvs go.mod go.sum ./
COPY --chown=pvs data data
COPY --chown=pvs kernels kernels
COPY --chown=pvs pvs pvs
# The kernel's tools are compiled in caches of their own, which stay behind: a cell needs
# of them only the programs. What setup finds installed it leaves as it is. A third of
# what modules bring is test data and films for their READMEs.
RUN --mount=type=secret,id=ca,mode=0444 \
    if [ -s /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca; fi \
 && export PIP_NO_CACHE_DIR=1 \
 && go build -o /home/pvs/bin/pvs -ldflags='-s -w' ./pvs/cmd/pvs \
 && cp -rl /home/pvs/.cache/go-build /tmp/tools && cp -rl /home/pvs/go/pkg/mod /tmp/modules \
 && GOCACHE=/tmp/tools GOMODCACHE=/tmp/modules GOFLAGS=-modcacherw /home/pvs/bin/pvs setup --lab --device "$DEVICE" \
 && chmod -R u+w /tmp/modules && rm -rf /tmp/tools /tmp/modules \
 && /home/pvs/bin/pvs setup --lab \
 && if [ "$WEIGHTS" = start ]; then rm -rf /home/pvs/.cache/pvs/weights; fi \
 && chmod -R u+w /home/pvs/go/pkg/mod \
 && find /home/pvs/go/pkg/mod -depth -type d \( -name testdata -o -name docs \) -exec rm -rf {} + \
 && find /home/pvs/go/pkg/mod/cache -name '*.zip' -delete \
 && mkdir -p /home/pvs/.cache/pvs/weights /home/pvs/.local/lib

FROM system
# What changes seldom comes first.
COPY --from=build --chown=pvs /home/pvs/.local/lib /home/pvs/.local/lib
COPY --from=build --chown=pvs /home/pvs/.cache/pvs/backend /home/pvs/.cache/pvs/backend
COPY --from=build --chown=pvs /home/pvs/.cache/pvs/weights /home/pvs/.cache/pvs/weights
COPY --from=build --chown=pvs /home/pvs/.cache/pvs/lab /home/pvs/.cache/pvs/lab
COPY --from=build --chown=pvs /home/pvs/go /home/pvs/go
COPY --from=build --chown=pvs /home/pvs/.cache/go-build /home/pvs/.cache/go-build
COPY --from=build /home/pvs/bin/pvs /usr/local/bin/pvs
COPY --chown=pvs . .
RUN mkdir -p notebooks/work
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# What the notebooks make, and a place for one's own; JupyterLab shows it.
VOLUME /home/pvs/product-visual-search/notebooks/work
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m \
    CMD ["/home/pvs/.cache/pvs/lab/venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8888/api', timeout=4)"]
# Setup again: Go drops what was compiled and not used for five days, so an old image's
# cells would be slow; and the weights are fetched here if they were not at the build.
CMD ["sh", "-c", "pvs setup --lab; exec pvs lab --host 0.0.0.0"]
