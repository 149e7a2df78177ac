#!/bin/sh
# Makes .venv and web/static/vendor exactly from the locks. Does nothing when both are up to date.
# What the machine lacks is named with the command that installs it. PYTHON=... chooses the interpreter.
# Kafka's jars are the last thing: without them everything works that does not start a broker of its own.
set -eu
cd "$(dirname "$0")/.."

lock=requirements-dev.lock
python=.venv/bin/python

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
lacks() { printf 'make setup: %s\n' "$@" >&2; exit 1; }
fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3 python3.12 python3.14 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

make_environment() {
    interpreter=$(find_python)
    if command -v uv >/dev/null 2>&1; then
        say "Making .venv with uv"
        uv venv --quiet --clear --python "${interpreter:-3.13}" .venv
    elif [ -z "$interpreter" ]; then
        lacks "Python 3.12 or newer is missing." \
            "  Debian 13, Ubuntu 24.04:  apt-get install python3 python3-venv" \
            "  anything else:            install uv, which brings a Python of its own"
    elif ! "$interpreter" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        lacks "$interpreter has no venv module." \
            "  Debian, Ubuntu:  apt-get install python3-venv"
    else
        say "Making .venv with $interpreter"
        "$interpreter" -m venv --clear .venv
    fi
}

# $1: a lock file.
install() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --python "$python" --require-hashes -r "$1"
    else
        "$python" -m pip install --disable-pip-version-check --require-hashes -r "$1"
    fi
}

# The project itself, in place; its build backend is in the lock.
install_project() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python "$python" --no-deps --no-build-isolation -e .
    else
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    fi
}

copy_assets() {
    say "Fetching what the pages load"
    if ! npm --version >/dev/null 2>&1; then
        say "No npm here: installing Node.js into .venv"
        install deploy/requirements-node.lock
        PATH="$PWD/.venv/bin:$PATH"
        export PATH
    fi
    npm ci --loglevel=error
    "$python" -m web.vendor
}

# $1: a stamp's name; the rest: the files whose content it stands for.
fresh() { stamp=".venv/.$1"; shift; [ "$(cat "$stamp" 2>/dev/null)" = "$(cat "$@" | cksum)" ]; }
done_with() { stamp=".venv/.$1"; shift; cat "$@" | cksum >"$stamp"; }

fits "$python" || make_environment
if ! fresh packages "$lock"; then
    say "Installing the packages of $lock"
    install "$lock"
    done_with packages "$lock"
fi
if ! fresh project pyproject.toml; then
    install_project
    done_with project pyproject.toml
fi
if ! fresh assets package-lock.json web/vendor.py || [ ! -d web/static/vendor ]; then
    copy_assets
    done_with assets package-lock.json web/vendor.py
fi
if ! fresh kafka deploy/local/kafka_jars.txt; then
    if "$python" -m deploy.local.kafka_jars; then
        done_with kafka deploy/local/kafka_jars.txt
    else
        say "Without Kafka's jars: make demo KAFKA=1 and the tests marked kafka will not run"
    fi
fi
