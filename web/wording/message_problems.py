"""Portuguese for what is wrong with a message that does not follow its topic's contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from web import formats

_QUOTED = re.compile(r"'([^']*)'")


class ProblemRow(NamedTuple):
    """Where, as a path in the JSON, empty for all of it; and what is wrong there."""

    at: str
    words: str


_DATE = "precisa ser uma data, como 2026-12-31"
_TRUTH = "precisa ser true ou false"
_WHOLE = "precisa ser um número inteiro"
_UUID = "precisa ser um identificador UUID"
_OBJECT = "precisa ser um objeto JSON"
_UNKNOWN_TYPE = "o campo type não diz um tipo de mensagem deste tópico"

_WORDS: dict[str, str] = {
    "no_value": "a mensagem veio sem conteúdo",
    "too_large": "a mensagem passa de {} bytes",
    "more": "e mais {}",
    "missing": "falta",
    "extra_forbidden": "não existe no contrato",
    "union_tag_invalid": _UNKNOWN_TYPE,
    "union_tag_not_found": _UNKNOWN_TYPE,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "tuple_type": "precisa ser uma lista",
    "too_short": "precisa de pelo menos {}",
    "too_long": "passa de {}",
    "string_type": "precisa ser um texto",
    "string_unicode": "não é um texto válido em UTF-8",
    "string_too_short": "está vazio",
    "string_too_long": "passa de {} caracteres",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "uuid_type": _UUID,
    "uuid_parsing": _UUID,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "finite_number": _WHOLE,
    "greater_than": "precisa ser maior que {}",
    "greater_than_equal": "precisa ser no mínimo {}",
    "money_text": 'precisa ser um valor em reais entre aspas, como "150.00"',
    "quantity_text": 'precisa ser uma quantidade entre aspas, como "1.5"',
    "boleto_half_named": "bank_code e nosso_numero só valem juntos",
    "agreement_alone": "agreement só vale com nosso_numero",
    "instalment_alone": "instalment só vale com invoice_id",
}


_FORMS: dict[str, str] = {
    r"^1\.0$": 'precisa ser "1.0"',
    r"^[0-9]{3}$": "precisa ter 3 dígitos",
    r"^[0-9]{44}$": "precisa ter 44 dígitos",
    r"^[0-9]{47}$": "precisa ter 47 dígitos, sem pontos nem espaços",
    r"^[0-9]{1,20}$": "precisa ter de 1 a 20 dígitos",
    r"^\S(.*\S)?$": "não pode começar nem terminar com espaço, nem quebrar a linha",
    r"^[\x21-\x7e]+( [\x21-\x7e]+)*$": "só pode ter letras sem acento, dígitos e sinais, e um espaço entre eles",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$": "precisa ter até 40 letras sem acento, dígitos, pontos, hífens ou "
    "sublinhados, a começar por letra ou dígito",
}
"""By the pattern in the contract."""


def problems(details: Mapping[str, Any]) -> list[ProblemRow]:
    """What a message's reader found, in its order; empty for what was read before it was kept."""
    return [ProblemRow(at, _said(kind, limit)) for at, kind, limit in details.get("problems", ())]


def together(details: Mapping[str, Any]) -> str:
    """The same in one line."""
    return "; ".join(f"{each.at}: {each.words}" if each.at else each.words for each in problems(details))


def _said(kind: str, limit: str) -> str:
    if kind == "json_invalid":
        line, _, column = limit.partition(":")
        return f"não é um JSON válido (linha {line}, coluna {column})" if column else "não é um JSON válido"
    if kind == "string_pattern_mismatch":
        return _FORMS.get(limit, f"precisa ter a forma {limit}")
    if kind in ("literal_error", "enum"):
        return f"precisa ser um destes: {', '.join(_QUOTED.findall(limit))}"
    if kind in ("too_short", "too_long"):
        return _WORDS[kind].format(formats.counted(int(limit), "item", "itens"))
    if kind in ("too_large", "string_too_long", "more"):
        limit = formats.count(int(limit))
    return _WORDS.get(kind, "não segue o contrato").format(limit)
