# The daemon and the command line as an image: what runs and nothing else, as a user without rights.
# Build: docker build -t paycli .      Check: scripts/image-check
FROM docker.io/library/python:3.11-slim-bookworm AS base

FROM base AS build
WORKDIR /build
COPY scripts/requirements.lock ./
# The whole lock is fetched, so that every hash is checked; what only builds or tests stays here.
RUN python3 -m venv tools \
 && tools/bin/pip download --quiet --require-hashes --only-binary :all: \
    --dest wheels --requirement requirements.lock \
 && tools/bin/pip install --quiet --no-index --find-links wheels hatchling
COPY pyproject.toml README.md LICENSE ./
COPY paycli paycli
COPY server server
RUN tools/bin/pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist . \
 && python3 -m venv --without-pip /opt/paycli \
 && tools/bin/pip --python /opt/paycli/bin/python3 install --quiet --no-index \
    --find-links wheels dist/*.whl

FROM base
COPY --from=build /opt/paycli /opt/paycli
# Nothing is written: the root file system may be read-only.
ENV PATH=/opt/paycli/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PAYCLI_LISTEN=*:8080
WORKDIR /
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python3", "-m", "server.healthcheck"]
ENTRYPOINT ["paycli"]
CMD ["serve"]
