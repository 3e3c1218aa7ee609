#!/bin/sh
# Installs the system packages for a purpose where it may: system_packages.sh venv|run|test.
# Where it may not, one line says what is missing and what works without it.
set -eu
purpose=$1

has() { command -v "$1" >/dev/null 2>&1; }

has_library() {  # the dynamic linker's cache, or (musl, no ldconfig) the usual folders
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q "$1" || ls /usr/lib*/*/"$1"* /usr/lib*/"$1"* >/dev/null 2>&1
}

missing=
needs() { missing="$missing $1"; }  # Debian's name of the package

[ "$(uname -s)" = Linux ] || exit 0  # on macOS and Windows the wheels bring PortAudio; the rest is for tests on Linux

case $purpose in
venv)
    needs python3-venv
    without="Without it Tactus cannot make its environment." ;;
run)
    has_library libportaudio.so.2 || needs libportaudio2
    without="Without it everything works but the microphone: files, the demo and the page do." ;;
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
    # shellcheck disable=SC2086  # several packages are several words
    if { $as_root apt-get update -qq; $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends -o DPkg::Lock::Timeout=60 $missing; } >/dev/null 2>&1 </dev/null; then
        exit 0
    fi
fi
echo "Missing:$missing (on Debian and Ubuntu: sudo apt-get install$missing). $without" >&2
[ "$purpose" != venv ] # only the environment is indispensable
