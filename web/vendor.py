"""Copies what npm installed into web/static/vendor: the only build step of the pages.

Run as `python -m web.vendor` after `npm ci`; running it again changes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "web" / "static" / "vendor"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
}


def main() -> int:
    """Copy each file, without the pointer to a source map that is not served."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        origin = ROOT / "node_modules" / source
        if not origin.is_file():
            sys.stderr.write(f"{origin} is missing: run `npm ci` in {ROOT}\n")
            return 1
        kept = [
            line
            for line in origin.read_text(encoding="utf-8").splitlines(keepends=True)
            if "sourceMappingURL=" not in line or len(line) > 500
        ]
        (VENDOR / name).write_text("".join(kept), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
