#!/bin/sh
# Writes the locks anew: every package with its hashes, no download address. Needs uv and npm.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || { echo "deploy/lock.sh: uv is missing: .venv/bin/pip install uv" >&2; exit 1; }

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url \
        --no-annotate --custom-compile-command "make lock" "$@"
}
compile --extra local pyproject.toml -o requirements.lock
compile pyproject.toml -c requirements.lock -o requirements-server.lock
compile --extra local --group dev pyproject.toml -o requirements-dev.lock
compile deploy/requirements-node.in -o deploy/requirements-node.lock
compile deploy/requirements-build.in -o deploy/requirements-build.lock

npm install --package-lock-only >/dev/null
.venv/bin/python - <<'PYTHON'
import json
from pathlib import Path

path = Path("package-lock.json")
lock = json.loads(path.read_text())
for package in lock["packages"].values():
    package.pop("resolved", None)
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2) + "\n")
PYTHON
