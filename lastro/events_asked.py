"""What the flags of `lastro events` mean; each that means nothing is bad usage, told with what would do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from uuid import UUID

import typer

from application.app import NotFoundError
from application.clock import SAO_PAULO
from lastro.use_cases import UseCases
from projections.audit.model import TOPICS

_AMOUNT = re.compile(r"\d{1,13}([.,]\d{1,2})?", re.ASCII)
_WHEN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)


def topics_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The topics that are named: whole, without their version, or by what they belong to (`invoice`)."""
    found: dict[str, None] = {}
    for text in texts:
        name = text.strip().lower()
        named = [topic for topic in TOPICS if topic == name or topic.startswith(f"{name}.")]
        if not named:
            raise typer.BadParameter(_unknown_topic(text), param_hint="--topic")
        found.update(dict.fromkeys(named))
    return tuple(found)


def _unknown_topic(text: str) -> str:
    words = {*TOPICS, *(topic.rpartition(".")[0] for topic in TOPICS), *(t.partition(".")[0] for t in TOPICS)}
    near = get_close_matches(text.lower(), sorted(words), n=3, cutoff=0.5)
    said = f"no fact is called {text[:60]!r}"
    return f"{said}; did you mean {', '.join(near)}?" if near else f"{said}; there are {_families()}"


def _families() -> str:
    return ", ".join(sorted({topic.partition(".")[0] for topic in TOPICS}))


def amount_of(text: str | None) -> Decimal | None:
    """Reais: 1234.56 or 1234,56."""
    if text is None:
        return None
    if not _AMOUNT.fullmatch(text.strip()):
        raise typer.BadParameter(f"{text[:40]!r} is no amount: write 1234.56", param_hint="--amount")
    return Decimal(text.strip().replace(",", ".")).quantize(Decimal("0.01"))


def instant_of(text: str | None, flag: str) -> datetime | None:
    """An instant: a day, or a day and a time, of São Paulo unless it says its offset.

    A `--…-to` takes in all of the day, the minute or the second that it names.
    """
    if text is None:
        return None
    form = _WHEN.fullmatch(text.strip())
    try:
        return _instant(form, last=flag.endswith("-to")) if form else _refuse(text, flag)
    except (ValueError, OverflowError):
        return _refuse(text, flag)


def _instant(form: re.Match[str], *, last: bool) -> datetime:
    day, hour, minute, second, offset = form.groups()
    of_day = time(int(hour), int(minute), int(second or 0)) if hour else time()
    zone = datetime.fromisoformat(f"{day}T00:00:00{offset}").tzinfo if offset else SAO_PAULO
    instant = datetime.combine(datetime.fromisoformat(day).date(), of_day, zone)
    if last:
        instant += timedelta(seconds=1) if second else timedelta(minutes=1) if hour else timedelta(days=1)
    return instant.astimezone(UTC)


def _refuse(text: str, flag: str) -> datetime:
    said = f"{text[:40]!r} is no date or time: write 2026-03-31 or 2026-03-31T18:00"
    raise typer.BadParameter(said, param_hint=flag)


def companies_of(use_cases: UseCases, texts: Sequence[str]) -> tuple[UUID, ...]:
    """Companies by code, CNPJ or id. Raises NotFoundError."""
    found = []
    for text in texts:
        company = _id(text) or use_cases.companies.find(text)
        if company is None:
            raise NotFoundError(f"no company has the code or CNPJ {text}")
        found.append(company)
    return tuple(found)


def actors_of(use_cases: UseCases, texts: Sequence[str]) -> tuple[str, ...]:
    """People by e-mail or id, parts of the system by name. Raises NotFoundError for an unknown e-mail."""
    found = []
    for text in texts:
        user = _id(text.removeprefix("user:"))
        if "@" in text and not text.startswith("cli:"):
            user = use_cases.users.find(text)
            if user is None:
                raise NotFoundError(f"nobody signs in as {text}")
        found.append(text if user is None else f"user:{user}")
    return tuple(found)


class Logins:
    """The other way round: an actor as `--actor` takes it. Each is looked up once."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases
        self._known: dict[str, str] = {}

    def of(self, actor: str) -> str:
        """The login of a person, if it is known; whoever was forgotten keeps the id alone."""
        if actor not in self._known:
            user = _id(actor.removeprefix("user:")) if actor.startswith("user:") else None
            self._known[actor] = (user and self._use_cases.users.login(user)) or actor
        return self._known[actor]


def customer_of(use_cases: UseCases, text: str | None) -> UUID | None:
    """A customer by id or code. Raises NotFoundError, which does not repeat the text: it may be personal."""
    if text is None:
        return None
    found = _id(text) or use_cases.customers.find_by_code(text)
    if found is None:
        raise NotFoundError("no customer has this id or code; --document takes a CPF or CNPJ")
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
