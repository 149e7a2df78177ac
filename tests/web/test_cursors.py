"""A page cursor is believed only as this installation made it, for the listing it was made for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.cursors import CursorInvalidError, CursorSigner

SIGNER = CursorSigner(b"k" * 32)


def test_a_cursor_opens_to_what_was_sealed() -> None:
    token = SIGNER.seal("invoices", ["2026-11-22", "abc", 3])
    assert SIGNER.open("invoices", token) == ["2026-11-22", "abc", 3]


def test_a_cursor_of_another_listing_or_key_is_refused() -> None:
    token = SIGNER.seal("invoices", [1])
    with pytest.raises(CursorInvalidError):
        SIGNER.open("contracts", token)
    with pytest.raises(CursorInvalidError):
        CursorSigner(b"x" * 32).open("invoices", token)


def test_one_changed_character_is_refused() -> None:
    token = SIGNER.seal("invoices", ["2026-11-22"])
    for at, letter in enumerate(token[:-1]):
        changed = token[:at] + ("A" if letter != "A" else "B") + token[at + 1 :]
        with pytest.raises(CursorInvalidError):
            SIGNER.open("invoices", changed)


@given(st.text(max_size=700))
def test_no_text_is_taken_for_a_cursor(text: str) -> None:
    with pytest.raises(CursorInvalidError):
        SIGNER.open("invoices", text)
