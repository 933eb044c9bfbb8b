# Kustomize, which Debian has from 13 on.
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends kustomize && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["/usr/bin/kustomize"]
