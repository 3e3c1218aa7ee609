#!/bin/sh
# system_packages.sh venv|run|test: install the system packages for a purpose, if permissions allow.
# Otherwise print one line with the missing packages and the consequences.
set -eu
purpose=$1

has() { command -v "$1" >/dev/null 2>&1; }

has_library() {  # cache of the dynamic linker, or (musl, no ldconfig) the usual folders
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q "$1" || ls /usr/lib*/*/"$1"* /usr/lib*/"$1"* >/dev/null 2>&1
}

missing=
needs() { missing="$missing $1"; }  # name of the package in Debian

[ "$(uname -s)" = Linux ] || exit 0  # on macOS and Windows the wheels contain PortAudio; the rest is for tests on Linux

case $purpose in
venv)
    needs python3-venv
    without="Without it the virtual environment cannot be created." ;;
run)
    has_library libportaudio.so.2 || needs libportaudio2
    without="Without it only the microphone does not work." ;;
test)
    has_library libportaudio.so.2 || needs libportaudio2
    has redis-server || needs redis-server
    has pulseaudio || needs pulseaudio
    has pactl || needs pulseaudio-utils
    ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 || needs libasound2-plugins
    has chromium || has chromium-browser || has google-chrome || needs chromium
    has node || needs nodejs
    without="Without them the tests that need them fail." ;;
esac
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if has sudo && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root=no; fi
fi
if has apt-get && [ "$as_root" != no ]; then
    echo "Installing$missing ..."
    # shellcheck disable=SC2086  # word splitting is intended
    if { $as_root apt-get update -qq; $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends -o DPkg::Lock::Timeout=60 $missing; } >/dev/null 2>&1 </dev/null; then
        exit 0
    fi
fi
echo "Missing:$missing (on Debian and Ubuntu: sudo apt-get install$missing). $without" >&2
[ "$purpose" != venv ] # fails only if the virtual environment cannot be created
