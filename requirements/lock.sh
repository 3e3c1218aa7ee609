#!/bin/sh
# Locks the dependencies of pyproject.toml, with hashes, for every supported Python. Run by `make lock`.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile "$@" --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
           --no-emit-index-url --no-header --quiet; }
lock pyproject.toml --output-file requirements/run.txt
lock pyproject.toml --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt
printf 'hatchling\neditables\n' | lock - --output-file requirements/build.txt
# `pip install -r requirements.txt` installs this folder too, which has no hash; so it takes the same versions without hashes.
sed -n 's/^\([a-z0-9].*==[^\\]*[^\\ ]\) *\\*$/\1/p' requirements/run.txt > requirements/versions.txt
