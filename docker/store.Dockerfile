# The store that a fleet of sidecars shares in the example: Debian's Valkey, which keeps everything in memory.
#
#   docker build -t gate-store:0.1.0 -f docker/store.Dockerfile .
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends valkey-server \
    && rm -rf /var/lib/apt/lists/*
USER 65534:65534
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/valkey-server", "--save", "", "--appendonly", "no"]
CMD ["--bind", "127.0.0.1", "--port", "6379"]
