"""A message for people's eyes: all of it, or with everything hidden that could name somebody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from application.incoming.raw import RawMessage

HIDDEN = "[oculto]"
"""As pages show it; in a message it can be nobody's name."""

_LONGEST_SHOWN = 200_000
_DEEPEST = 30
_HARMLESS = re.compile(
    r"-?\d{1,10}(\.\d{1,6})?"  # an amount, a quantity, a short number
    r"|\d{4}-\d{2}-\d{2}([T ][0-9:.,+Zz-]{1,30})?"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(sales|payments)\.[a-z_.]+\.v\d+"
)
_TECHNICAL = frozenset({"specversion", "type", "source", "id", "order", "settlement_id", "mode"})
_TECHNICAL |= {"payment_method", "company_code", "account_code", "service_code", "datacontenttype"}
_DOCUMENT_LIKE = re.compile(r"\d{11}|@")
"""Whatever a field is called: a CPF or an address of e-mail is shown nowhere."""


@dataclass(frozen=True, slots=True)
class Content:
    """`is_text`: the value is UTF-8; otherwise `value` has its first bytes in hexadecimal."""

    key: str
    headers: tuple[tuple[str, str], ...]
    value: str
    is_text: bool
    is_json: bool


def content_of(raw: RawMessage) -> Content:
    """All that the message says, JSON laid out in lines."""
    text, is_text = _as_text(raw.value or b"")
    parsed = _parsed(raw.value)
    if parsed is not None:
        text = _laid_out(parsed) or text
    headers = tuple((name, _as_text(value)[0]) for name, value in raw.headers)
    return Content(_as_text(raw.key or b"")[0], headers, text[:_LONGEST_SHOWN], is_text, parsed is not None)


def hidden_of(raw: RawMessage) -> Content:
    """The form of the message, and of its values those alone that cannot name anybody."""
    parsed = _parsed(raw.value)
    value = HIDDEN if parsed is None else _laid_out(_hidden("", parsed, 0))
    headers = tuple((_name(name), HIDDEN) for name, _ in raw.headers)
    key = HIDDEN if raw.key else ""
    return Content(key, headers, value[:_LONGEST_SHOWN], is_text=True, is_json=parsed is not None)


def _hidden(name: str, value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, dict):
        return {_name(key): _hidden(key, each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_hidden(name, each, depth + 1) for each in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if _HARMLESS.fullmatch(text):
        return value
    known = name in _TECHNICAL and len(text) <= 60 and _DOCUMENT_LIKE.search(text) is None
    return value if known else HIDDEN


def _name(key: str) -> str:
    """A field's name, unless it is none of those that contracts have."""
    return key if re.fullmatch(r"[a-z][a-z_]{0,30}", key) else HIDDEN


def _parsed(value: bytes | None) -> Any:
    try:
        return orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None


def _laid_out(parsed: Any) -> str:
    """JSON in lines; empty where it is nested deeper than can be written."""
    try:
        return orjson.dumps(parsed, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        return ""


def _as_text(value: bytes) -> tuple[str, bool]:
    try:
        return value.decode(), True
    except UnicodeDecodeError:
        return value[:4_000].hex(" "), False
