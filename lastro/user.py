"""`lastro user`: who may sign in, and what each may do where."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from application.clock import utc_now
from application.passwords import check_password_strength
from application.settings import Settings
from application.users import UserForm
from domain.company.company import project as project_company
from domain.user.events import Grant, UserRegistered
from domain.user.roles import Role
from domain.user.user import User, project
from lastro.output import AsJson, notices, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import Runtime, opened

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)

_PAGE = 1_000
_PASSWORD_BYTES = 15

Login = Annotated[str, typer.Argument(help="The person's e-mail address.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="A file whose first line is the password; - is standard input."),
]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="How screens name the person.")],
    role: Annotated[list[Role], typer.Option(help="What the person may do; repeatable.")],
    company: Annotated[
        list[str] | None,
        typer.Option(help="Only in this company (code or CNPJ); repeatable. Without: in all."),
    ] = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Register a person. Without --password-file a random password is made and printed, this once."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        companies = [use_cases.company(text) for text in company or ()]
        password = _first_line(password_file) if password_file else new_password()
        added = add_user(use_cases, login, name, grants(role, companies), password)
    if as_json:
        show_json({"user_id": added, "login": login, "password": None if password_file else password})
        return
    notices.print(f"user {added}")
    if password_file is None:
        typer.echo(f"password {password}")


@app.command(name="list")
def list_users(as_json: AsJson = False) -> None:
    """Everybody who was ever registered and not forgotten."""
    with opened(Settings()) as runtime:
        users = runtime.lastro.load_many(project, _registered(runtime)).values()
        granted = {each for user in users for grant in user.grants for each in grant.companies or ()}
        companies = runtime.lastro.load_many(project_company, granted)
    codes = {id: company.code for id, company in companies.items()}
    rows = [_row(user, codes) for user in users]
    show(rows, columns=("login", "name", "roles", "companies", "disabled"), as_json=as_json)


@app.command()
def password(login: Login, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Put a new password in force; the person's open sessions end. Without --password-file it asks twice."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user_id = use_cases.user(login)
        chosen = _first_line(password_file) if password_file else _asked()
        use_cases.people.set_password(use_cases.operator, user_id, chosen, utc_now())
    if as_json:
        show_json({"user_id": user_id, "login": login})
    else:
        notices.print(f"{login} has a new password; open sessions are ended", markup=False)


@app.command()
def disable(
    login: Login,
    reason: Annotated[str, typer.Option(help="Kept in the person's history.")] = "disabled by an operator",
    as_json: AsJson = False,
) -> None:
    """The person may no longer sign in; open sessions end."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user_id = use_cases.user(login)
        done = use_cases.users.disable(use_cases.operator, user_id, reason)
        use_cases.sessions.close_all(user_id)
    if as_json:
        show_json({"user_id": user_id, "change": done.change})
    else:
        notices.print(f"{login} may no longer sign in", markup=False)


@app.command()
def enable(login: Login, as_json: AsJson = False) -> None:
    """The person may sign in again, with the password and the roles of before."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user_id = use_cases.user(login)
        done = use_cases.users.enable(use_cases.operator, user_id)
    if as_json:
        show_json({"user_id": user_id, "change": done.change})
    else:
        notices.print(f"{login} may sign in", markup=False)


def new_password() -> str:
    """120 random bits, to be read aloud or copied."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def grants(roles: Sequence[Role], companies: Sequence[UUID]) -> tuple[Grant, ...]:
    """Each role in the same companies; none means every company."""
    return tuple(Grant(role=role, companies=tuple(companies) or None) for role in roles)


def add_user(use_cases: UseCases, login: str, name: str, granted: tuple[Grant, ...], password: str) -> UUID:
    """Register a person who can sign in at once. Raises EntryTakenError, PasswordTooWeakError."""
    check_password_strength(password, login)  # before anything is recorded: a login is taken for good
    done = use_cases.users.register(use_cases.operator, UserForm(login=login, name=name, grants=granted))
    use_cases.people.set_password(use_cases.operator, done.id, password, utc_now())
    return done.id


def _asked() -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask on", param_hint="--password-file")
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt="Again"))


def _first_line(file: Path) -> str:
    try:
        text = sys.stdin.readline() if file == Path("-") else file.read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--password-file") from error
    if not text.strip():
        raise typer.BadParameter(f"{file} is empty", param_hint="--password-file")
    return text.splitlines()[0]


def _registered(runtime: Runtime) -> list[UUID]:
    found: list[UUID] = []
    after = 0
    while page := runtime.lastro.read(after, _PAGE, [UserRegistered.TOPIC]):
        found += [event.stream_id for event in page]
        after = page[-1].position
    return found


def _row(user: User, codes: Mapping[UUID, str]) -> dict[str, object]:
    reaches = {grant.role: _reach(grant, codes) for grant in user.grants}
    together = len(set(reaches.values())) <= 1
    shown = reaches.values() if together else (f"{role}: {reach}" for role, reach in reaches.items())
    return {
        "user_id": user.id,
        "login": user.login,
        "name": user.name,
        "roles": ", ".join(grant.role for grant in user.grants),
        "companies": "; ".join(dict.fromkeys(shown)),
        "grants": [
            {
                **grant.model_dump(mode="json"),
                "company_codes": None if grant.companies is None else [codes[id] for id in grant.companies],
            }
            for grant in user.grants
        ],
        "disabled": user.disabled,
    }


def _reach(grant: Grant, codes: Mapping[UUID, str]) -> str:
    if grant.companies is None:
        return "all"
    return ", ".join(sorted(codes[id] for id in grant.companies))
