#!/bin/sh
# environment.sh make VENV LOCK_FILE PYTHON: makes the virtual environment, or completes it; PYTHON where it is new enough.
# environment.sh check VENV: whether it can be used from here.
set -eu
purpose=$1 venv=$2

is_sound() {  # its programs name the folder in which they were installed: one that was moved or copied is not ours
    grep -qsF "$(pwd -P)/$venv/bin/" "$venv/bin/pip" && "$venv/bin/python" -c 'import pip' >/dev/null 2>&1
}

if [ "$purpose" = check ]; then
    is_sound
    exit
fi
lock=$3 wanted=$4

python=
for candidate in "$wanted" python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Tactus needs Python 3.11, 3.12 or 3.13; '$wanted' is not one. Name one: make run PYTHON=/path/to/python3.12" >&2
    exit 1
fi

if ! is_sound; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then  # a bare Debian has python3 without python3-venv
        sh "$(dirname "$0")/system_packages.sh" venv
    fi
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

echo "Installing the locked dependencies into $venv (a few minutes the first time) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
