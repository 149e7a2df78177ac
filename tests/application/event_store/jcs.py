"""RFC 8785 (JCS) written from the standard alone, to check the product's writer against."""

from __future__ import annotations

from typing import Any

_SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def jcs(value: Any) -> str:
    """The canonical form of JSON without floats: §3.2.2 serialisation, §3.2.3 order of members."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if abs(value) >= 2**53:
                raise ValueError("no IEEE 754 double holds it")
            return str(value)
        case str():
            return _string(value)
        case list() | tuple():
            return "[" + ",".join(map(jcs, value)) + "]"
        case dict():
            members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
            return "{" + ",".join(f"{_string(name)}:{jcs(member)}" for name, member in members) + "}"
    raise TypeError(type(value))


def _string(text: str) -> str:
    """§3.2.2.2: short escapes, \\u00xx in lower case for the other controls, all else as it is."""
    out = []
    for char in text:
        code = ord(char)
        out.append(_SHORT.get(code) or (f"\\u{code:04x}" if code < 32 else char))
    return '"' + "".join(out) + '"'
