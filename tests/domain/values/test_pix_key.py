"""Pix keys: the kind is told by the form, and the form is that of the DICT."""

import pytest

from domain.values.pix_key import PixKey, PixKeyInvalidError, PixKeyKind, parse_pix_key

RANDOM = "123e4567-e12b-12d1-a456-426655440000"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("529.982.247-25", PixKeyKind.CPF, "52998224725"),
        ("00.000.000/0001-91", PixKeyKind.CNPJ, "00000000000191"),
        ("12abc34501de35", PixKeyKind.CNPJ, "12ABC34501DE35"),
        ("+5511912345678", PixKeyKind.PHONE, "+5511912345678"),
        ("+55 (11) 91234-5678", PixKeyKind.PHONE, "+5511912345678"),
        ("+55 11 3123-4567", PixKeyKind.PHONE, "+551131234567"),
        ("+351 912 345 678", PixKeyKind.PHONE, "+351912345678"),
        (" Financeiro@Empresa.COM.BR ", PixKeyKind.EMAIL, "financeiro@empresa.com.br"),
        (RANDOM, PixKeyKind.RANDOM, RANDOM),
        (RANDOM.upper(), PixKeyKind.RANDOM, RANDOM),
    ],
)
def test_a_key_is_recognised_and_brought_to_its_form(text: str, kind: PixKeyKind, value: str) -> None:
    assert parse_pix_key(text) == PixKey(kind, value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form"),
        ("11912345678", "form"),
        ("529.982.247-26", "form"),
        (RANDOM[:-1], "form"),
        ("+5511", "phone"),
        ("+550191234567", "phone"),
        ("+5511812345678", "phone"),
        ("+55 11 9123A-5678", "phone"),
        ("a@b", "email"),
        ("a b@c.com", "email"),
        ("é@c.com", "email"),
        ("a" * 70 + "@abcd.com", "email"),
        ("a@c..com", "email"),
    ],
)
def test_what_is_no_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PixKeyInvalidError) as refusal:
        parse_pix_key(text)
    assert refusal.value.details == {"reason": reason}
