"""`lastro webhook`: where messages are sent for those without Kafka, how each destination stands, replays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer

from application.access import Principal
from application.settings import Settings
from application.webhooks.deliveries import DeliveryFilter, Outcome
from application.webhooks.deliveries import deliveries as find_deliveries
from application.webhooks.endpoints import Endpoint, WebhookForm, Webhooks
from application.webhooks.offer import Offer
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.use_cases import UseCases
from lastro.webhooks import webhooks_of
from lastro.wiring import Runtime, opened

app = typer.Typer(help="Endpoints that messages are sent to by HTTP.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its id, or its name.")]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", help="A public topic; repeatable. Without: all that say nothing of persons."),
]
Types = Annotated[
    list[str] | None, typer.Option("--type", help="Of its topic send only such messages; repeatable.")
]
Companies = Annotated[
    list[str] | None,
    typer.Option("--company", help="Only of this company (code or CNPJ); repeatable. Without: of all."),
]
Personal = Annotated[bool, typer.Option("--personal", help="It may be sent personal data.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    url: Annotated[str, typer.Argument(help="An https address.")],
    topic: Topics = None,
    type: Types = None,  # noqa: A002 - the flag's name
    company: Companies = None,
    personal: Personal = False,
    from_position: Annotated[
        int | None, typer.Option("--from", min=0, help="Begin at this position. Without: at the end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register an endpoint. The secret that signs for it is printed this once."""
    with opened(Settings()) as runtime:
        webhooks = webhooks_of(runtime)
        companies = _companies(UseCases(runtime), company)
        form = WebhookForm(
            name=name,
            url=url,
            topics=tuple(topic or _plain(webhooks.offer)),
            types=tuple(type or ()),
            companies=companies,
            personal=personal,
        )
        made = webhooks.register(runtime.operator, form, from_position=from_position)
    _told(made.endpoint_id, made.secret, as_json=as_json)


@app.command(name="list")
def list_webhooks(as_json: AsJson = False) -> None:
    """Every endpoint and how it stands."""
    with opened(Settings()) as runtime:
        rows = [_row(each) for each in webhooks_of(runtime).endpoints(runtime.operator)]
    columns = ("name", "state", "position", "failing_since", "next_attempt_at", "last_delivered_at", "url")
    show(rows, columns=columns, as_json=as_json)


@app.command(name="show")
def show_webhook(name: Name, as_json: AsJson = False) -> None:
    """What one endpoint is sent, where it has got to, and which secrets sign."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        endpoint = webhooks.endpoint(runtime.operator, endpoint_id)
        secrets = webhooks.secrets_of(runtime.operator, endpoint_id)
    said = {**_row(endpoint), **endpoint.webhook.subscription.model_dump(mode="json"), "secrets": secrets}
    if as_json:
        show_json(said)
        return
    said["secrets"] = ", ".join(
        f"{each.secret_id} until {each.valid_until or 'replaced'}" for each in secrets
    )
    rows = [{"what": key, "value": _joined(value)} for key, value in said.items()]
    show(rows, columns=("what", "value"), as_json=False)


@app.command()
def rotate(
    name: Name,
    overlap: Annotated[
        int, typer.Option("--overlap-hours", min=0, max=720, help="How long the old secrets sign as well.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Sign with a new secret, printed this once; the old ones sign beside it for a while."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        made = webhooks.rotate_secret(runtime.operator, endpoint_id, overlap)
    _told(made.endpoint_id, made.secret, as_json=as_json)


@app.command()
def disable(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
    as_json: AsJson = False,
) -> None:
    """Send nothing until it is enabled again. Nothing is lost: it goes on where it stopped."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        webhooks.disable(runtime.operator, endpoint_id, reason)
        _stands(webhooks, runtime.operator, endpoint_id, as_json=as_json)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """Go on with the message that it stopped at, at once."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        webhooks.enable(runtime.operator, endpoint_id)
        _stands(webhooks, runtime.operator, endpoint_id, as_json=as_json)


@app.command()
def replay(
    name: Name,
    from_position: Annotated[
        int, typer.Option("--from", min=0, help="The first position to send again; 0 or 1 is everything.")
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send the messages of the facts from a position on again, in order, under the same ids."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        place = webhooks.endpoint(runtime.operator, endpoint_id).place
        confirmed(f"Send {name} everything from {from_position} to {place.position} again?", yes=yes)
        webhooks.replay(runtime.operator, endpoint_id, from_position)
        _stands(webhooks, runtime.operator, endpoint_id, as_json=as_json)


@app.command()
def skip(
    name: Name,
    position: Annotated[int, typer.Option(min=1, help="Of the fact whose message fails, as `show` says.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
    as_json: AsJson = False,
) -> None:
    """Give up on the message that everything waits for. It is never sent."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        webhooks.skip(runtime.operator, endpoint_id, position, reason)
        _stands(webhooks, runtime.operator, endpoint_id, as_json=as_json)


@app.command()
def retry(name: Name, as_json: AsJson = False) -> None:
    """Have the worker send the message that fails at once, instead of when its next attempt is due."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        if not webhooks.try_now(runtime.operator, endpoint_id):
            notices.print("no message waits for another attempt")
        _stands(webhooks, runtime.operator, endpoint_id, as_json=as_json)


@app.command()
def ping(name: Name, as_json: AsJson = False) -> None:
    """Have the worker send a message of no meaning; `deliveries` shows what came of it."""
    with opened(Settings()) as runtime:
        webhooks, endpoint_id = _found(runtime, name)
        ping_id = webhooks.ping(runtime.operator, endpoint_id)
    if as_json:
        show_json({"endpoint_id": endpoint_id, "message_id": ping_id})
    else:
        notices.print(f"the worker sends {ping_id}")


@app.command()
def deliveries(
    name: Name,
    outcome: Annotated[
        str | None, typer.Option(help="Only `delivered`, `failed` or `skipped`.", metavar="OUTCOME")
    ] = None,
    position: Annotated[int | None, typer.Option(min=1, help="Only of the fact at this position.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many attempts.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Attempts, the newest first; they are kept for thirty days."""
    outcomes: dict[str, Outcome] = {"delivered": "delivered", "failed": "failed", "skipped": "skipped"}
    if outcome is not None and outcome not in outcomes:
        raise typer.BadParameter("delivered, failed or skipped", param_hint="--outcome")
    wanted = DeliveryFilter(outcome=outcomes.get(outcome or ""), position=position)
    with opened(Settings()) as runtime:
        _, endpoint_id = _found(runtime, name)
        found = find_deliveries(runtime.database, endpoint_id, wanted, limit)
    columns = ("at", "message_type", "position", "attempt", "outcome", "status", "reason", "latency_ms")
    names = (*columns, "message_id", "kind", "next_attempt_at", "excerpt")
    rows = [{field: getattr(each, field) for field in names} for each in found]
    show(rows, columns=columns, as_json=as_json)


def _found(runtime: Runtime, text: str) -> tuple[Webhooks, UUID]:
    webhooks = webhooks_of(runtime)
    return webhooks, webhooks.find(runtime.operator, text)


def _plain(offer: Offer) -> Sequence[str]:
    return [name for name, topic in offer.topics.items() if not topic.personal]


def _companies(use_cases: UseCases, texts: Sequence[str] | None) -> tuple[UUID, ...] | None:
    return tuple(use_cases.company(text) for text in texts) if texts else None


def _told(endpoint_id: UUID, secret: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"endpoint_id": endpoint_id, "secret": secret})
        return
    notices.print(f"webhook {endpoint_id}")
    typer.echo(f"secret {secret}")


def _stands(webhooks: Webhooks, principal: Principal, endpoint_id: UUID, *, as_json: bool) -> None:
    row = _row(webhooks.endpoint(principal, endpoint_id))
    if as_json:
        show_json(row)
    else:
        notices.print(f"{row['name']} is {row['state']} at position {row['position']}")


def _row(endpoint: Endpoint) -> dict[str, Any]:
    webhook, place = endpoint.webhook, endpoint.place
    state = "failing" if place.tries else "enabled"
    if webhook.disabled:
        state = f"disabled ({webhook.disabled_because})" if webhook.disabled_because else "disabled"
    return {
        "endpoint_id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "state": state,
        "position": place.position,
        "waiting_position": place.head_position,
        "waiting_type": place.head_type,
        "tries": place.tries,
        "failing_since": place.failing_since,
        "next_attempt_at": place.next_attempt_at,
        "last_status": place.last_status,
        "last_reason": place.last_reason,
        "last_delivered_at": place.last_delivered_at,
    }


def _joined(value: object) -> object:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else value
