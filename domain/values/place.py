"""Where something is in Brazil: federative unit, municipality (IBGE) and postal code (CEP)."""

from __future__ import annotations

import re

from domain.kernel import DomainError

IBGE_STATES = {
    "RO": "11", "AC": "12", "AM": "13", "RR": "14", "PA": "15", "AP": "16", "TO": "17",
    "MA": "21", "PI": "22", "CE": "23", "RN": "24", "PB": "25", "PE": "26", "AL": "27", "SE": "28",
    "BA": "29", "MG": "31", "ES": "32", "RJ": "33", "SP": "35", "PR": "41", "SC": "42", "RS": "43",
    "MS": "50", "MT": "51", "GO": "52", "DF": "53",
}  # fmt: skip
"""UF to the first two digits of its municipalities' codes."""

_IBGE = re.compile(r"[0-9]{7}")
_CEP = re.compile(r"([0-9]{5})[-.]?([0-9]{3})")


class PlaceInvalidError(DomainError):
    """A place is not one of Brazil's. Correct the field that is named.

    Details: `field` (`state`, `zip_code`, `city_ibge`) and `reason` (`form`, `unknown`, or `state`
    where the municipality lies in another one).
    """


def parse_state(text: str) -> str:
    """The two capitals of a UF."""
    state = text.strip().upper()
    if state not in IBGE_STATES:
        raise PlaceInvalidError("there is no such state", field="state", reason="unknown")
    return state


def parse_zip_code(text: str) -> str:
    """The 8 digits of a CEP, written with or without its hyphen."""
    match = _CEP.fullmatch(text.strip())
    if match is None:
        raise PlaceInvalidError("a CEP has 8 digits", field="zip_code", reason="form")
    return match[1] + match[2]


def parse_city_ibge(text: str, state: str | None = None) -> str:
    """The 7 digits of a municipality; in the given state, where it is given."""
    code = text.strip()
    if not _IBGE.fullmatch(code):
        raise PlaceInvalidError("a municipality has 7 digits", field="city_ibge", reason="form")
    if code[:2] not in IBGE_STATES.values():
        raise PlaceInvalidError("no state has this municipality", field="city_ibge", reason="unknown")
    if state is not None and code[:2] != IBGE_STATES[state]:
        raise PlaceInvalidError(
            f"the municipality does not lie in {state}", field="city_ibge", reason="state"
        )
    return code
