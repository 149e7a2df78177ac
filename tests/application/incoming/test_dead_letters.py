"""What was set aside is noted whatever its sender calls it, and the name tells nobody's CPF."""

from __future__ import annotations

import pytest

from application.database import Database
from application.incoming.raw import MessageSeal
from tests.consumers.letters import set_aside
from tests.consumers.running import SECRET, rows


@pytest.mark.parametrize(
    ("named", "kept"), [("loja/1\x00a", "loja/1 a"), ("loja/52998224725", "loja/[CPF]"), (None, None)]
)
def test_the_sender_s_own_name_of_a_message_is_kept_as_it_can_be(
    database: Database, named: str | None, kept: str | None
) -> None:
    set_aside(database, MessageSeal(SECRET), b"{}", "it is of no use", source_id=named)
    assert rows(database, "SELECT source_id FROM dead_letter") == [(kept,)]
