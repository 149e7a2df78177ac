"""`lastro forget`: destroys what opens a person's data; amounts, fiscal documents and positions stay."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from application.clock import utc_now
from application.forgetting import Forgetter, Forgetting
from application.forgetting_register import Erasure, RegisterLineInvalidError, erasures, read_register
from application.incoming.erasing import KeptMessages
from application.lookups import Lookups
from application.settings import Settings
from domain.customer.forgetting import CustomerInBusinessError
from lastro.erased import EraserOfNames
from lastro.incoming import seal_of
from lastro.output import AsJson, notices, show_json
from lastro.wiring import Runtime, opened
from projections.customer_portfolio import CustomerPortfolioQuery

REGISTER = "erasures.jsonl"

Role = Literal["titular", "representante", "encarregado", "controlador", "autoridade"]


Who = Annotated[str | None, typer.Argument(help="The customer's id, code, CPF or CNPJ.", show_default=False)]
Reason = Annotated[
    str | None,
    typer.Option(help="Why, such as a protocol number. Kept for ever in clear: no personal data in it."),
]
RequestedBy = Annotated[Role, typer.Option(help="Who asked, as a role of the LGPD.")]
DespiteOpen = Annotated[
    bool, typer.Option("--despite-open", help="Also with open invoices or running contracts.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Expired = Annotated[
    bool, typer.Option("--expired", help="Instead: destroy the fiscal keys whose legal term is over.")
]
List = Annotated[bool, typer.Option("--list", help="Instead: print who was forgotten, one JSON line each.")]
Replay = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="Instead: forget again everybody in this file, after a backup was restored.",
    ),
]


def forget(
    customer: Who = None,
    reason: Reason = None,
    requested_by: RequestedBy = "titular",
    despite_open: DespiteOpen = False,
    yes: Yes = False,
    expired: Expired = False,
    list_: List = False,
    replay: Replay = None,
    as_json: AsJson = False,
) -> None:
    """Forget a person (LGPD art. 18): names, documents, contacts and notes can be read no more, by anybody.

    Exit code 0: done, or done before. 1: refused, or a read model does not show it yet.
    """
    chosen = [customer is not None, expired, list_, replay is not None]
    if chosen.count(True) != 1:
        raise typer.BadParameter("give one of CUSTOMER, --expired, --list or --replay FILE")
    if customer is not None and (reason is None or not reason.strip()):
        raise typer.BadParameter("give a reason", param_hint="--reason")
    with opened(Settings()) as runtime:
        desk = _Desk(runtime, as_json=as_json)
        if expired:
            desk.expire()
        elif list_:
            desk.show_register()
        elif replay is not None:
            desk.replay(replay)
        else:
            desk.forget(customer or "", reason or "", requested_by, despite_open=despite_open, yes=yes)


def forgetter_of(runtime: Runtime, clock: Callable[[], datetime] = utc_now) -> Forgetter:
    """The use case, for this command and the worker."""
    lookups = Lookups(runtime.database, runtime.master_key.derived("lookup"))
    return Forgetter(
        runtime.lastro,
        lookups,
        clock,
        CustomerPortfolioQuery(runtime.database),
        KeptMessages(seal_of(runtime)),
    )


class _Desk:
    """The four things that the command does."""

    def __init__(self, runtime: Runtime, *, as_json: bool) -> None:
        self._runtime = runtime
        self._forgetter = forgetter_of(runtime)
        self._who = runtime.operator
        self._as_json = as_json

    def forget(self, text: str, reason: str, requested_by: Role, *, despite_open: bool, yes: bool) -> None:
        customer_id = self._forgetter.find(text)
        found = self._forgetter.preview(self._who, customer_id)
        if found.forgotten_at is None:
            _refuse_open(found, despite_open=despite_open)
            if not yes:
                _confirm(found)
        done = self._forgetter.forget(self._who, customer_id, reason, requested_by, despite_open=despite_open)
        pending = self._settled([customer_id])
        if self._as_json:
            show_json({**_data(done), "read_models_pending": pending})
        else:
            _tell(done)
        _end(pending)

    def expire(self) -> None:
        gone = self._forgetter.expire(self._who)
        if self._as_json:
            show_json({"fiscal_data_erased": [str(each) for each in gone]})
        else:
            notices.print(f"legal term over, fiscal data destroyed: {len(gone)}")

    def show_register(self) -> None:
        found = erasures(self._runtime.lastro)
        if self._as_json:
            show_json([each.model_dump(mode="json") for each in found])
        else:
            for each in found:
                typer.echo(each.line())

    def replay(self, path: Path) -> None:
        # A file of another kind is refused by its first line, whatever its bytes.
        with path.open(encoding="utf-8", errors="replace") as lines:
            register = list(read_register(lines))
        outcomes = {"forgotten": 0, "same": 0, "unknown": 0}
        known = []
        for erasure, outcome in self._forgetter.replay(self._who, register):
            outcomes[outcome] += 1
            if outcome != "unknown":
                known.append(erasure.customer_id)
        pending = self._settled(known)
        if self._as_json:
            show_json({**outcomes, "read_models_pending": pending})
        else:
            notices.print(
                f"forgotten again: {outcomes['forgotten']}; forgotten before: {outcomes['same']};"
                f" not in this log: {outcomes['unknown']}"
            )
        _end(pending)

    def _settled(self, customer_ids: Sequence[UUID]) -> list[str]:
        """Note it outside the database, and see that no read model names anybody; which still may."""
        _keep_register(self._runtime.settings.home / REGISTER, erasures(self._runtime.lastro))
        return EraserOfNames(self._runtime.database, self._runtime.lastro.keyring).settle(customer_ids)


def _keep_register(path: Path, found: Sequence[Erasure]) -> None:
    """Add what the file lacks; what it has beside, of a log before a restore, stays.

    A last line that nobody can read is what a crash left of one of ours: it is written again, whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        kept, last = _torn_off(file.read())
        known = {each.customer_id for each in read_register([*kept.decode().splitlines(), last])}
        fresh = [each for each in found if each.customer_id not in known]
        if fresh:
            file.truncate(len(kept))
            lines = [last, *(each.line() for each in fresh)]
            file.write("".join(f"{line}\n" for line in lines if line).encode())
            file.flush()
            os.fsync(file.fileno())


def _torn_off(content: bytes) -> tuple[bytes, str]:
    """The ended lines, and the last one, if it was not ended and can be read nevertheless."""
    end = content.rfind(b"\n") + 1
    last = content[end:].decode(errors="replace")
    try:
        list(read_register([last]))
    except RegisterLineInvalidError:
        last = ""
    return content[:end], last


def _refuse_open(found: Forgetting, *, despite_open: bool) -> None:
    if found.business and not despite_open:
        raise CustomerInBusinessError(
            open_invoices=found.business.invoices,
            open_amount=str(found.business.amount),
            running_contracts=found.business.contracts,
        )


def _confirm(found: Forgetting) -> None:
    business = found.business
    lines = [
        f"{found.name or 'no name'} ({found.customer_id})",
        f"{found.contracts} contracts and {found.invoices} invoices keep their amounts, documents and dates.",
        "Name, documents, address, contacts and notes are destroyed, in every past fact too. No undo.",
    ]
    if business:
        lines.append(
            f"STILL OPEN: {business.invoices} invoices, R$ {business.amount}, {business.contracts} running"
            " contracts. What is not billed yet can get no boleto any more: it has no payer."
        )
    if found.fiscal_until:
        lines.append(
            f"Who paid, as boletos and notas say it, is kept until {found.fiscal_until} (CTN art. 173)."
        )
    for line in lines:
        notices.print(line, markup=False)
    if not typer.confirm("Forget this person?", err=True):
        raise typer.Abort


def _tell(done: Forgetting) -> None:
    if done.position is None:
        notices.print(f"customer {done.customer_id} was forgotten before, on {done.forgotten_at:%Y-%m-%d}")
    else:
        notices.print(f"customer {done.customer_id} is forgotten")
    if done.fiscal_until:
        notices.print(f"the payer in fiscal documents is kept until {done.fiscal_until}")


def _data(done: Forgetting) -> dict[str, object]:
    """What was done, without the name that was there."""
    return {
        "customer_id": str(done.customer_id),
        "changed": done.position is not None,
        "forgotten_at": done.forgotten_at and done.forgotten_at.isoformat(),
        "fiscal_until": done.fiscal_until and done.fiscal_until.isoformat(),
        "open_invoices": done.business.invoices,
        "open_amount": f"{done.business.amount:.2f}",
        "running_contracts": done.business.contracts,
        "position": done.position,
    }


def _end(pending: Sequence[str]) -> None:
    if pending:
        notices.print(
            f"still to be removed from {', '.join(pending)}: is a `lastro worker` running?",
            markup=False,
        )
        sys.exit(1)
