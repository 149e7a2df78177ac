"""Reasons that are kept in clear: shortened, storable, and without a CPF that somebody repeated in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.kernel import DomainError
from domain.values.cpf import parse_cpf

_LONGEST = 500
_PERHAPS_CPF = re.compile(r"(?<![0-9A-Za-z])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![0-9A-Za-z])")
_EMAIL = re.compile(r"[^\s@,;<>\"'()]+@[^\s@,;<>\"'()]+")


def told(text: str) -> str:
    """The text as it may be kept for anybody who operates the program."""
    plain = text.encode("utf-8", "replace").decode().replace("\0", " ")
    plain = _PERHAPS_CPF.sub(_hidden, _EMAIL.sub("[e-mail]", plain))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def told_details(details: Mapping[str, object]) -> dict[str, Any]:
    """The details of a refusal, likewise, as JSON holds them."""
    return {name: _plain(value) for name, value in details.items()}


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return told(str(getattr(value, "value", value)))


def _hidden(found: re.Match[str]) -> str:
    try:
        parse_cpf(found[0])
    except DomainError:
        return found[0]
    return "[CPF]"
