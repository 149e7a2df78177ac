"""Money and rates have one form each, in Python and in JSON, and no amount is ever a float."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.invoice.events import LateCharges
from domain.kernel import Money, Rate, trusted

MONEY = TypeAdapter[Decimal](Money)
RATE = TypeAdapter[Decimal](Rate)


@pytest.mark.parametrize("text", ["0", "0.00", "-0", "-0.00", "0E+3", "-0.000"])
def test_nothing_has_one_form(text: str) -> None:
    assert MONEY.dump_json(MONEY.validate_python(text)) == b'"0.00"'
    assert RATE.dump_json(RATE.validate_python(Decimal(text))) == b'"0.0000"'


@pytest.mark.parametrize(("given", "form"), [("150", "150.00"), (7, "7.00"), (Decimal("-1.500"), "-1.50")])
def test_an_amount_gets_its_two_places(given: object, form: str) -> None:
    assert str(MONEY.validate_python(given)) == form


@pytest.mark.parametrize("given", [1.5, True, None, "x", "NaN", "Infinity", "0.001", "1e13"])
def test_what_is_no_exact_amount_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_python(given)


def test_a_value_of_valid_parts_is_the_one_that_was_checked() -> None:
    parts = {"fine_percent": Decimal("2.0000"), "interest_percent_month": Decimal("1.0000")}
    made, checked = trusted(LateCharges, **parts), LateCharges(**parts)
    assert (made, hash(made), repr(made)) == (checked, hash(checked), repr(checked))
    assert made.model_copy(update={"fine_percent": Decimal(0)}).fine_percent == 0
    with pytest.raises(ValidationError, match="frozen"):
        made.fine_percent = Decimal(0)  # type: ignore[misc]


def test_a_value_of_some_of_its_parts_is_none() -> None:
    with pytest.raises(AssertionError, match="every field"):
        trusted(LateCharges, fine_percent=Decimal("2.0000"))  # type: ignore[call-arg]
