"""Ids by name are the standard library's: what was recorded under one is found under it for ever."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import example, given
from hypothesis import strategies as st

from application.ids import named_id


@given(st.uuids(), st.text())
@example(UUID(int=0), "")
@example(UUID(int=2**128 - 1), "payments.settlements.v1\0urn:banco\0É-1 😀")
def test_a_named_id_is_that_of_the_standard_library(namespace: UUID, name: str) -> None:
    found = named_id(namespace, name)
    assert found == uuid5(namespace, name)
    assert type(found) is UUID
