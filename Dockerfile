# Triptych: the whole offline product. Build: docker build -t triptych .   Run: see compose.yaml and docs/deploy.md
FROM python:3.12-slim-bookworm AS build
ARG EXTRAS=opentelemetry
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN python -m venv /opt/triptych \
    && /opt/triptych/bin/pip install --no-cache-dir --disable-pip-version-check ".[${EXTRAS}]"

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="Triptych" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1=1.6.* libglib2.0-0=2.74.* libgomp1=12.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 triptych \
    && install --directory --owner=triptych --group=triptych /library
COPY --from=build /opt/triptych /opt/triptych
ENV PATH=/opt/triptych/bin:$PATH \
    TRIPTYCH_LIBRARY=/library \
    TRIPTYCH_SERVER__ACCESS_LOG=true \
    PYTHONDONTWRITEBYTECODE=1
USER triptych
WORKDIR /home/triptych
VOLUME ["/library"]
EXPOSE 8321
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8321/healthz', timeout=4)"]
# Others reach a container, so it serves nothing before there is a key: docker compose run --rm triptych keys add ...
ENTRYPOINT ["triptych"]
CMD ["serve", "--host", "0.0.0.0"]
