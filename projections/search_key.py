"""Text as it is searched: the same key for "Água", "AGUA" and "agua", in Python and in SQL alike."""

from __future__ import annotations

_LATIN = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZáàâãäåéèêëíìîïóòôõöúùûüçñýÿÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ",
    "abcdefghijklmnopqrstuvwxyzaaaaaaeeeeiiiiooooouuuucnyyaaaaaaeeeeiiiiooooouuuucny",
)


def search_key(text: str) -> str:
    """Lower case, without the accents of Latin letters; the SQL function `search_key` does the same."""
    return text.translate(_LATIN)


def prefix_end(prefix: str) -> str:
    """The first text after all that begin with `prefix`, by code point: a range that an index serves."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def contains(key: str) -> str:
    """A LIKE pattern that finds the key anywhere; wildcards in it are meant as they stand."""
    escaped = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
