# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /opt/tactus
COPY requirements/build.txt requirements/run.txt requirements/
RUN /opt/tactus/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/tactus/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
# PortAudio for a microphone that is handed in (docker run --device /dev/snd); everything else works without.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libportaudio2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 tactus \
 && install -d -o tactus -g tactus /data
COPY --from=build /opt/tactus /opt/tactus
# TACTUS_CONTAINER: bind all interfaces; the container's network decides who reaches them.
ENV PATH=/opt/tactus/bin:$PATH TACTUS_CONTAINER=true TACTUS_DATA_FOLDER=/data PYTHONUNBUFFERED=1
USER tactus
VOLUME /data
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", \"8001\")}/health', timeout=2)"]
CMD ["tactus", "serve"]
