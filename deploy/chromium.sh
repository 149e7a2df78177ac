#!/bin/sh
# Prints the path of a Chromium for the browser tests: LASTRO_CHROMIUM, one on the PATH, or one it installs.
set -eu
cd "$(dirname "$0")/.."

on_path() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}
is_debian() { grep -qx 'ID=debian' /etc/os-release 2>/dev/null; }

if [ -n "${LASTRO_CHROMIUM:-}" ]; then
    [ -x "$LASTRO_CHROMIUM" ] || { echo "LASTRO_CHROMIUM is not a program: $LASTRO_CHROMIUM" >&2; exit 1; }
    echo "$LASTRO_CHROMIUM"
elif ! on_path; then
    if [ "$(id -u)" = 0 ] && is_debian; then
        echo "Installing Debian's Chromium for the browser tests" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
            chromium; } >&2
        on_path
    else
        echo "Installing Playwright's Chromium for the browser tests" >&2
        with_deps=
        [ "$(id -u)" = 0 ] && with_deps=--with-deps
        .venv/bin/playwright install $with_deps chromium >&2
        .venv/bin/python -c 'from playwright.sync_api import sync_playwright as p
with p() as browsers: print(browsers.chromium.executable_path)'
    fi
fi
