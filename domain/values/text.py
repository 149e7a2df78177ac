"""Words that people type: trimmed, on one line, not empty where needed, not endless; codes compared."""

from __future__ import annotations

import re
import unicodedata

from domain.kernel import DomainError

NAME_LENGTH = 300
CODE_LENGTH = 60

_UNKEPT = frozenset({"Cc", "Cs"})
"""Control characters and halves of surrogate pairs: no text is stored with one of them."""

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
_EMAIL_LENGTH = 254


class TextInvalidError(DomainError):
    """A text is missing, too long or not of its form. Correct the field that is named.

    Details: `field`, `reason` (`missing`, `too_long`, `control_character`, `email`), `limit`.
    The text may be personal data and is not repeated here.
    """


def code_key(code: str) -> str:
    """A code as it is compared, never as it is kept or shown.

    What people take for one code is one: case, runs of blanks and blanks around it, full-width and
    combining letters (NFKC), any kind of hyphen, and signs that nobody sees (zero-width ones, Cf) do
    not make another. Empty when nothing is left. Ids and lookups rest on it, so it never changes.
    """
    if not code.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())
        code = "".join(map(_seen, folded))
    return " ".join(code.casefold().split())


def _seen(char: str) -> str:
    category = unicodedata.category(char)
    return "" if category == "Cf" else "-" if category == "Pd" else char


def required_text(text: str | None, field: str, limit: int = NAME_LENGTH) -> str:
    """The text with runs of white space folded; refused when nothing is left of it."""
    folded = " ".join((text or "").split())
    if not code_key(folded):
        raise TextInvalidError(f"{field} is missing", field=field, reason="missing")
    if len(folded) > limit:
        raise TextInvalidError(
            f"{field} is longer than {limit} characters", field=field, reason="too_long", limit=limit
        )
    if not folded.isprintable() and any(unicodedata.category(char) in _UNKEPT for char in folded):
        raise TextInvalidError(f"{field} has a control character", field=field, reason="control_character")
    return folded


def optional_text(text: str | None, field: str, limit: int = NAME_LENGTH) -> str | None:
    """As `required_text`; None when nothing is left of it."""
    return required_text(text, field, limit) if text and code_key(text) else None


def parse_email(text: str, field: str = "email") -> str:
    """An e-mail address in lower case, by its form only: whether it exists, a send will tell."""
    email = text.strip().lower()
    if len(email) > _EMAIL_LENGTH or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise TextInvalidError(f"{field} is no e-mail address", field=field, reason="email")
    return email
