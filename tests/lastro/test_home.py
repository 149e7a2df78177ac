"""What an installation makes once is whole, its owner's alone, and the same for all who ask at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastro.home import kept


def test_what_is_made_once_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert kept(home, "key", lambda: "first") == "first"
    assert kept(home, "key", lambda: "second") == "first"
    assert (home / "key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in home.iterdir()] == ["key"]


def test_two_that_make_it_at_once_agree(tmp_path: Path) -> None:
    others: list[str] = []

    def slowly() -> str:
        others.append(kept(tmp_path, "key", lambda: "theirs"))
        return "ours"

    assert kept(tmp_path, "key", slowly) == "theirs"
    assert others == ["theirs"]


def test_one_that_was_cut_off_leaves_nothing(tmp_path: Path) -> None:
    def killed() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, "key", killed)
    assert kept(tmp_path, "key", lambda: "whole") == "whole"
