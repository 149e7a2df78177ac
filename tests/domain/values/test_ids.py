"""Ids that follow from other ids never change: a new value here would orphan every stored fact."""

from __future__ import annotations

from uuid import UUID

from domain.values.ids import contract_id, invoice_id, numbering_id

OWNER = UUID("00000000-0000-7000-8000-000000000001")


def test_a_contract_is_found_again_by_its_company_and_code() -> None:
    assert contract_id(OWNER, "CT-1") == UUID("964e2757-018d-5233-b165-2ca4264a0de9")


def test_another_spelling_does_not_make_another_contract() -> None:
    assert contract_id(OWNER, " Locação 7 ") == contract_id(OWNER, "LOCAC\u0327A\u0303O  7")


def test_a_period_has_one_invoice_for_each_attempt() -> None:
    assert invoice_id(OWNER, 1, 1) == UUID("6d478d79-d783-50bd-afcd-5ea7d0ae1fe7")
    assert invoice_id(OWNER, 12, 2) == UUID("fbeccc33-7840-5489-b94a-6925fb6150a0")


def test_a_numbering_is_found_by_its_kind_and_series_whoever_numbers_in_it() -> None:
    assert numbering_id("nosso_numero", "001/1234567") == UUID("51dd171c-dc13-5db7-8b95-42e6f0698614")


def test_digits_do_not_slide_between_ordinal_and_attempt() -> None:
    assert invoice_id(OWNER, 1, 11) != invoice_id(OWNER, 11, 1)
