#!/bin/sh
# environment.sh make VENV LOCK_FILE PYTHON: create or update the virtual environment, with PYTHON if it is new enough.
# environment.sh check VENV: succeed if the virtual environment can be used from here.
set -eu
action=$1 venv=$2

is_usable() {  # its scripts have absolute paths: an environment that was moved or copied cannot be used
    grep -qsF "$(pwd -P)/$venv/bin/" "$venv/bin/pip" && "$venv/bin/python" -c 'import pip' >/dev/null 2>&1
}

if [ "$action" = check ]; then
    is_usable
    exit
fi
lock=$3 preferred=$4

python=
for candidate in "$preferred" python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Tactus needs Python 3.11, 3.12 or 3.13; '$preferred' is not one. Name one: make run PYTHON=/path/to/python3.12" >&2
    exit 1
fi

if ! is_usable; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then  # a bare Debian has python3 without python3-venv
        sh "$(dirname "$0")/system_packages.sh" venv
    fi
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

echo "Installing the locked dependencies into $venv (a few minutes the first time) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
