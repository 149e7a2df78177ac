"""Pix key (chave): one of the five kinds of the DICT, in the very form that the DICT keeps."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from domain.kernel import DomainError
from domain.values.cnpj import CnpjInvalidError, parse_cnpj
from domain.values.cpf import CpfInvalidError, parse_cpf

_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# API DICT: an e-mail is in lower case and has at most 77 characters.
_EMAIL = re.compile(rf"[a-z0-9.!#$&'*+/=?^_`{{|}}~-]+@{_LABEL}(\.{_LABEL})+")
_EMAIL_MAX = 77
_BRAZILIAN_PHONE = re.compile(r"\+55[1-9][1-9](9[0-9]{8}|[2-5][0-9]{7})")
_FOREIGN_PHONE = re.compile(r"\+(?!55)[1-9][0-9]{4,14}")
_PHONE_PUNCTUATION = re.compile(r"[ ().-]")


class PixKeyKind(StrEnum):
    """What the key is, in the words of the DICT."""

    CPF = "cpf"
    CNPJ = "cnpj"
    PHONE = "phone"
    EMAIL = "email"
    RANDOM = "evp"


class PixKey(NamedTuple):
    """`value` is the key as the DICT keeps it: no punctuation, a phone as +5511912345678."""

    kind: PixKeyKind
    value: str


class PixKeyInvalidError(DomainError):
    """This is no Pix key. Copy it from the bank's own list of keys; a phone starts with +55.

    Detail `reason`: `form`, or what the key looks like and is not (`phone`, `email`).
    """


def parse_pix_key(text: str) -> PixKey:
    """Tell the kind of a key by its form and bring it to the form of the DICT."""
    text = text.strip()
    if "@" in text:
        return PixKey(PixKeyKind.EMAIL, _email(text.lower()))
    if text.startswith("+"):
        return PixKey(PixKeyKind.PHONE, _phone(text))
    if _RANDOM.fullmatch(text.lower()):
        return PixKey(PixKeyKind.RANDOM, text.lower())
    for kind, parse in ((PixKeyKind.CPF, parse_cpf), (PixKeyKind.CNPJ, parse_cnpj)):
        try:
            return PixKey(kind, parse(text))
        except (CpfInvalidError, CnpjInvalidError):
            continue
    raise PixKeyInvalidError(
        "a Pix key is a CPF, a CNPJ, an e-mail, a phone with +55 or a random key", reason="form"
    )


def _email(text: str) -> str:
    if len(text) > _EMAIL_MAX or not _EMAIL.fullmatch(text):
        raise PixKeyInvalidError("the e-mail of the Pix key is malformed", reason="email")
    return text


def _phone(text: str) -> str:
    phone = _PHONE_PUNCTUATION.sub("", text)
    if not (_BRAZILIAN_PHONE.fullmatch(phone) or _FOREIGN_PHONE.fullmatch(phone)):
        raise PixKeyInvalidError("the phone of the Pix key is malformed", reason="phone")
    return phone
