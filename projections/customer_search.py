"""What a text typed into a search field means among customers: predicates on the `customers` view."""

from __future__ import annotations

from psycopg import sql

from projections.search_key import contains, prefix_end, search_key

_FEWEST_DIGITS = 3
"""Fewer do not make a number: "3 Corações" is a name."""


def named(text: str) -> sql.Composable:
    """Customers with the text in a name, whatever its accents and case."""
    pattern = contains(search_key(text))
    return sql.SQL("(name_key LIKE {0} OR trade_name_key LIKE {0})").format(pattern)


def numbered(text: str) -> sql.Composable:
    """Customers whose CPF or CNPJ begins with the text, its punctuation aside (a CNPJ may have letters)."""
    digits = alphanumeric(text)
    if not digits:
        return sql.SQL("false")
    return sql.SQL("(document >= {} AND document < {})").format(digits, prefix_end(digits))


def matching(text: str) -> sql.Composable:
    """Customers by name, or by number where the text has digits enough to mean one."""
    if not means_number(text):
        return named(text)
    return sql.SQL("({} OR {})").format(named(text), numbered(text))


def means_number(text: str) -> bool:
    """Whether the text has digits enough to be the number of something."""
    return sum(letter.isdigit() for letter in text) >= _FEWEST_DIGITS


def alphanumeric(text: str) -> str:
    """A document number without punctuation, in capitals."""
    return "".join(letter for letter in text if letter.isalnum()).upper()
