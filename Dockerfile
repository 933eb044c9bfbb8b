# The image of gate-sidecar and gate-emulator: built on Debian 13, without a shell, for any uid (65532 by default),
# a read-only root and no capabilities.
#
#   docker build -t gate-sidecar:0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
#   docker run --rm -p 8080:8080 -e FOIL_SECRET_KEY -e GATE_SIDECAR_UPSTREAM_URL=http://api.internal:3000 gate-sidecar:0.1.0
#
# buildah and podman keep the HEALTHCHECK only with --format docker.
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim

FROM ${DEBIAN_IMAGE} AS build
# The upgrade is for the image's sake: the libraries of this stage are the ones that it carries.
RUN apt-get update && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends ca-certificates cmake g++ ninja-build \
       libboost-dev libcli11-dev libhiredis-dev libspdlog-dev libssl-dev libyaml-cpp-dev libzstd-dev openssl python3 rapidjson-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
ARG REVISION=unknown
# The release preset with Debian's "hardening=+all" and checked element access on top; no ccache in here. The flags
# follow the definitions on the compiler's command line, so -U comes after the preset's level 2.
RUN cmake --preset release -DBUILD_TESTING=OFF -DGATE_WERROR=OFF -DGATE_SMALL=ON -DCMAKE_CXX_COMPILER_LAUNCHER= -DGATE_REVISION="${REVISION}" \
        -DCMAKE_CXX_FLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -ffile-prefix-map=/src=." \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -DNDEBUG" -DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,pack-relative-relocs \
    && cmake --build build/release --target gate-sidecar gate-emulator
COPY docker/rootfs.sh docker/
RUN find build/release -type f -perm -u+x \( -name gate-sidecar -o -name gate-emulator \) \
        -exec docker/rootfs.sh /rootfs {} + \
    && test -x /rootfs/usr/bin/gate-sidecar && test -x /rootfs/usr/bin/gate-emulator
COPY config/packaging/sbom.py config/packaging/
ARG SOURCE_DATE_EPOCH=0
RUN for name in gate-sidecar gate-emulator; do \
      mkdir -p /rootfs/usr/share/doc/$name \
      && python3 config/packaging/sbom.py --build build/release --target $name --program /rootfs/usr/bin/$name \
         > /rootfs/usr/share/doc/$name/$name.spdx.json || exit 1; \
    done

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gate-sidecar" \
      org.opencontainers.image.description="Authenticating HTTP reverse proxy that verifies agt_ bearer tokens against Gate" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/ /
USER 65532:65532
WORKDIR /
# 8080: requests; 9902: /livez, /readyz, /metrics. The admin listener (9901) stays on the loopback.
EXPOSE 8080 9902
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/bin/gate-sidecar", "healthcheck"]
ENTRYPOINT ["/usr/bin/gate-sidecar"]
