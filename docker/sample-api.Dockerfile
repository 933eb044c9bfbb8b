# An API to protect in examples: answers every request with the request's own headers as JSON. Standard library only.
#
#   docker build -t gate-sample-api:0.1.0 -f docker/sample-api.Dockerfile .
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-minimal libpython3-stdlib \
    && rm -rf /var/lib/apt/lists/*
COPY tests/sample_api/app.py /app/app.py
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Not the sidecar's uid: in a shared Pod neither process may signal or trace the other.
USER 65533:65533
EXPOSE 3000
STOPSIGNAL SIGTERM
# On the loopback: reachable through the sidecar alone, which shares its network.
ENTRYPOINT ["/usr/bin/python3", "/app/app.py"]
CMD ["--host", "127.0.0.1", "--port", "3000"]
