"""`lastro token`: bearer tokens of the API, shown once, with an end, and revoked by their prefix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from application.api_tokens import ApiToken, ApiTokenCompanyBeyondUserError, ApiTokens, Scope
from application.app import NotFoundError
from application.clock import utc_now
from application.settings import Settings
from domain.company.company import Company
from domain.company.company import project as project_company
from lastro.output import AsJson, notices, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import opened

app = typer.Typer(help="Bearer tokens of the API.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The user in whose name the token acts.")]


@app.command()
def issue(
    login: Login,
    name: Annotated[str, typer.Option(help="What it is for, such as the program that holds it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may be used for; repeatable.")],
    company: Annotated[
        list[str] | None,
        typer.Option(help="Only in this company (code or CNPJ); repeatable. Without: as its user."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it lives.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token within the rights of its user. It is printed this once and kept only as a hash."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user_id = use_cases.user(login)
        companies = _companies(use_cases, user_id, company) if company else None
        now = utc_now()
        tokens = ApiTokens(runtime.database)
        token = tokens.issue(user_id, name, frozenset(scope), companies, now + timedelta(days=days), now)
    if as_json:
        show_json({"token": token, "login": login, "days": days})
    else:
        typer.echo(f"token {token}")


@app.command(name="list")
def list_tokens(login: Login, as_json: AsJson = False) -> None:
    """The tokens of a user, newest first, without their secrets. Companies: `as its user`, or these alone."""
    with opened(Settings()) as runtime:
        user_id = UseCases(runtime).users.find(login)
        tokens = [] if user_id is None else ApiTokens(runtime.database).of_user(user_id)
        narrowed = {id for token in tokens for id in token.companies or ()}
        companies = runtime.lastro.load_many(project_company, narrowed)
    rows = [
        {
            "prefix": token.prefix,
            "name": token.name,
            "scopes": ", ".join(sorted(token.scopes)),
            "companies": _codes(token, companies),
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
            "revoked_at": token.revoked_at,
        }
        for token in tokens
    ]
    columns = ("prefix", "name", "scopes", "companies", "expires_at", "last_used_at", "revoked_at")
    show(rows, columns=columns, as_json=as_json)


def _companies(use_cases: UseCases, user_id: UUID, texts: Sequence[str]) -> frozenset[UUID]:
    """The companies of these codes. Raises NotFoundError, ApiTokenCompanyBeyondUserError."""
    found = {text: use_cases.company(text) for text in texts}
    principal = use_cases.users.principal(user_id)
    beyond = [text for text, id in found.items() if principal is not None and not principal.sees(id)]
    if beyond:
        raise ApiTokenCompanyBeyondUserError(company=beyond)
    return frozenset(found.values())


def _codes(token: ApiToken, companies: Mapping[UUID, Company]) -> str:
    if token.companies is None:
        return "as its user"
    return ", ".join(sorted(companies[id].code for id in token.companies if id in companies))


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="The ten characters between fat_ and the secret.")],
    as_json: AsJson = False,
) -> None:
    """End a token now; streams that it opened end within seconds."""
    with opened(Settings()) as runtime:
        if not ApiTokens(runtime.database).revoke(prefix, utc_now()):
            raise NotFoundError(f"no live token begins with fat_{prefix}")
    if as_json:
        show_json({"prefix": prefix, "revoked": True})
    else:
        notices.print(f"token fat_{prefix} is revoked")
