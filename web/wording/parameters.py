"""Portuguese for a parameter that is not of its form: what to write instead, by the code of the broken rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS: dict[str, str] = {
    "missing": "informe este campo",
    "extra_forbidden": "campo desconhecido; retire-o",
    "json_invalid": "o corpo não é um JSON válido",
    "model_attributes_type": "envie um objeto JSON",
    "dict_type": "envie um objeto JSON",
    "list_type": "envie uma lista",
    "too_short": "envie ao menos {min_length}",
    "too_long": "envie no máximo {max_length}",
    "string_type": "envie um texto",
    "string_too_short": "use ao menos {min_length} caracteres",
    "string_too_long": "use no máximo {max_length} caracteres",
    "date_type": "escreva a data como 2026-12-31",
    "date_parsing": "escreva a data como 2026-12-31",
    "date_from_datetime_parsing": "escreva a data como 2026-12-31",
    "date_from_datetime_inexact": "escreva a data como 2026-12-31, sem a hora",
    "datetime_type": "escreva a data e a hora como 2026-12-31T12:00:00Z",
    "datetime_parsing": "escreva a data e a hora como 2026-12-31T12:00:00Z",
    "datetime_from_date_parsing": "escreva a data e a hora como 2026-12-31T12:00:00Z",
    "timezone_aware": "diga o fuso: termine a hora com Z ou -03:00",
    "uuid_type": "envie um identificador (UUID)",
    "uuid_parsing": "envie um identificador (UUID)",
    "int_type": "envie um número inteiro",
    "int_parsing": "envie um número inteiro",
    "int_from_float": "envie um número inteiro",
    "bool_type": "envie true ou false",
    "bool_parsing": "envie true ou false",
    "greater_than_equal": "o mínimo é {ge}",
    "less_than_equal": "o máximo é {le}",
    "enum": "use um destes: {expected}",
    "literal_error": "use um destes: {expected}",
    "unknown": "parâmetro desconhecido; retire-o",
    "unknown_near": "parâmetro desconhecido; talvez “{near}”",
    "period_reversed": "o fim ({end}) é anterior ao início ({start}); corrija uma das duas datas",
    "cursor_invalid": "não é um cursor desta lista; use o `next` de uma resposta, ou deixe-o fora para começar",
    "feed_cursor_invalid": "use 0, uma posição, ou o `next` de uma resposta",
}


def words(kind: str, details: Mapping[str, Any]) -> str:
    """What to write; a rule of a later release is told in general."""
    text = _WORDS.get(kind, "valor não aceito; veja o tipo em /api/v1/openapi.json")
    return text.format_map({**details, "expected": _listed(details.get("expected", ""))})


def is_worded(kind: str) -> bool:
    """Whether a rule has words of its own."""
    return kind in _WORDS


def _listed(expected: object) -> str:
    return str(expected).replace("'", "").replace(" or ", ", ")
