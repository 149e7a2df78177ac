"""Who is asking: a session cookie on the pages, a bearer token on the API. Roles are read each request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from application.access import Principal
from application.api_tokens import Scope
from domain.user.events import Grant
from web.services import Services

SECURE_COOKIE = "__Host-sid"
LOOPBACK_COOKIE = "sid"
HOME = "/faturamento"
_LONGEST_RETURN = 1_500


class SignInNeededError(Exception):
    """No live session; sign in."""


class TokenNeededError(Exception):
    """No live bearer token; ask an administrator for one."""


class ScopeMissingError(Exception):
    """The token was not issued for this; ask for one with the scope that is named."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope.value)
        self.scope = scope


class PlainHttpError(Exception):
    """A password over plain HTTP can be read on the way; use https."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person on the pages."""

    principal: Principal
    name: str


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


ServicesOf = Annotated[Services, Depends(services_of)]


def session_token(request: Request) -> str | None:
    """The token of the cookie that fits the connection; never the weaker one over https."""
    name = SECURE_COOKIE if request.url.scheme == "https" else LOOPBACK_COOKIE
    return request.cookies.get(name)


def cookie_name(request: Request) -> str:
    """`__Host-sid` over https; `sid` over plain HTTP, which is only for this machine itself."""
    if request.url.scheme == "https":
        return SECURE_COOKIE
    if not _is_loopback(request):
        raise PlainHttpError
    return LOOPBACK_COOKIE


def _is_loopback(request: Request) -> bool:
    host = request.client.host if request.client else ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def visitor_of(request: Request, services: ServicesOf) -> Visitor:
    """The person whose session the cookie names. Raises SignInNeededError."""
    visitor = visitor_of_token(services, session_token(request) or "", touch=True)
    if visitor is None:
        raise SignInNeededError
    return visitor


def visitor_of_token(services: Services, token: str, *, touch: bool = False) -> Visitor | None:
    """The person of a session now, if there is one; `touch` slides its idle end."""
    session = services.sessions.find(token, services.now(), touch=touch) if token else None
    person = None if session is None else services.people.find(session.user_id)
    return None if person is None else Visitor(person.principal, person.name)


VisitorOf = Annotated[Visitor, Depends(visitor_of)]

_bearer = HTTPBearer(auto_error=False, description="`fat_<prefix>_<secret>`, issued by `lastro token issue`")


@dataclass(frozen=True, slots=True)
class Bearer:
    """What an API token may do: its user's rights within its own companies and scopes."""

    principal: Principal
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> Principal:
        """The principal, if the token was issued for this."""
        if scope not in self.scopes:
            raise ScopeMissingError(scope)
        return self.principal


def bearer_of(
    services: ServicesOf,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Bearer:
    """The bearer of a live token of a user who may still sign in. Raises TokenNeededError."""
    bearer = None if credentials is None else bearer_of_text(services, credentials.credentials)
    if bearer is None:
        raise TokenNeededError
    return bearer


def bearer_of_text(services: Services, text: str) -> Bearer | None:
    """What a token may do now; None once it is revoked or over, or its user may not sign in."""
    token = services.api_tokens.find(text, services.now())
    person = None if token is None else services.people.find(token.user_id)
    if token is None or person is None:
        return None
    return Bearer(narrowed(person.principal, token.companies), token.scopes)


def bearer_text(request: Request) -> str:
    """The token as it was sent; `bearer_of` has seen that there is one."""
    return request.headers["authorization"].partition(" ")[2].strip()


BearerOf = Annotated[Bearer, Depends(bearer_of)]


def narrowed(principal: Principal, companies: frozenset[UUID] | None) -> Principal:
    """The same principal, in these companies only (None: no further limit)."""
    if companies is None:
        return principal
    grants = tuple(
        Grant(role=grant.role, companies=tuple(sorted(_shared(companies, grant.companies))))
        for grant in principal.grants
    )
    return replace(principal, grants=grants)


def _shared(asked: frozenset[UUID], granted: tuple[UUID, ...] | None) -> frozenset[UUID]:
    return asked if granted is None else asked.intersection(granted)


def return_address(request: Request) -> str:
    """Where to go after signing in, quoted for a query string: the page that was asked for.

    Where htmx asked for a part of a page, that is the page being viewed, as long as it is one of ours.
    """
    viewed = request.headers.get("HX-Current-URL")
    if request.headers.get("HX-Request") and viewed is not None:
        return quote(_viewed(request, viewed), safe="")
    if request.method != "GET":
        return quote(HOME, safe="")
    return quote(_address(request.url.path, request.url.query), safe="")


def _viewed(request: Request, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return HOME
    ours = parts.netloc == request.headers.get("host")
    return safe_return(_address(parts.path, parts.query)) if ours else HOME


def _address(path: str, query: str) -> str:
    """A query that is too long is left out whole: half of one says something else."""
    return f"{path}?{query}" if query and len(path) + len(query) < _LONGEST_RETURN else path


def safe_return(address: str) -> str:
    """An address on this site, or the listing: never another host (`//evil`, `/\\evil`)."""
    if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    return HOME
