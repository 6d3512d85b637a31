# Image of the daemon and the command line, with traces and the sandbox: only what runs, as an unprivileged user.
# Build: docker build -t paycli .      Check: scripts/image-check
# By tag and not by digest: a rebuild then has the security updates of Debian and Python, while a digest never
# changes. To build from a digest, see scripts/deploy/README.md.
FROM docker.io/library/python:3.14-slim-trixie AS base

FROM base AS build
WORKDIR /build
COPY scripts/requirements.lock ./
# Downloads every locked package, so that every hash is verified; the final image gets only the runtime ones.
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
    --find-links wheels --find-links dist 'paycli[otel,sandbox]'

FROM base
COPY --from=build /opt/paycli /opt/paycli
# Writes no files, so that the root file system can be read-only.
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
