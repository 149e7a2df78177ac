"""The one map from an error to its HTTP status, and its two forms: an RFC 9457 problem and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from traceback import format_exception
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from psycopg import OperationalError
from psycopg.errors import QueryCanceled, UndefinedTable
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from application.access import CompanyUnknownError, PermissionMissingError
from application.app import ConcurrencyError, NotFoundError
from application.feed import FeedCursorInvalidError
from application.ids import new_id
from application.passwords import PasswordCheckBusyError
from application.ports import ReadModelBehindError
from domain.kernel import DomainError
from web.cursors import CursorInvalidError
from web.identity import (
    PlainHttpError,
    ScopeMissingError,
    SignInNeededError,
    TokenNeededError,
    return_address,
)
from web.parameters import ParametersInvalidError
from web.past import InstantInFutureError
from web.templating import Views
from web.wording import parameters, refusals

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
"""What is told to whoever cannot be served now (RFC 9110 10.2.3)."""

_MOST_TOLD = 5
_log = structlog.get_logger(__name__)

STATUS: dict[type[Exception], int] = {
    CursorInvalidError: 422,
    FeedCursorInvalidError: 422,
    ParametersInvalidError: 422,
    TokenNeededError: 401,
    SignInNeededError: 401,
    PermissionMissingError: 403,
    ScopeMissingError: 403,
    PlainHttpError: 403,
    CompanyUnknownError: 404,
    NotFoundError: 404,
    ConcurrencyError: 409,
    DomainError: 409,
    InstantInFutureError: 422,
    RequestValidationError: 422,
    PasswordCheckBusyError: 503,
    ReadModelBehindError: 503,
    PoolTimeout: 503,
    QueryCanceled: 503,
    UndefinedTable: 503,
    OperationalError: 503,
}
"""The nearest class in an error's ancestry decides; what is not here is a mistake of ours, 500."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the outside may know it."""

    status: int
    code: str
    title: str
    detail: str
    fields: tuple[dict[str, str], ...] = ()
    reference: str | None = None

    @property
    def told(self) -> str:
        """The detail, with the fields by name: what a person reads in a log or a terminal."""
        named = [f"{each['field']}: {each['problem']}." for each in self.fields[:_MOST_TOLD]]
        return " ".join([self.detail, *named])


def status_of(error: Exception) -> int:
    """The status of an error by the map above."""
    if isinstance(error, HTTPException):
        return error.status_code
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem_of(error: Exception) -> Problem:
    """Word an error; a mistake of ours says nothing but a reference that the log has too."""
    status = status_of(error)
    if status >= 500:
        return _logged(error, status)
    code = _code(error, status)
    fields = _fields(error)
    return Problem(status, code, refusals.title(status), refusals.text(code, error), fields)


def _code(error: Exception, status: int) -> str:
    match error:
        case DomainError():
            return error.code
        case CursorInvalidError():
            return "cursor_invalid"
        case ParametersInvalidError():
            return "invalid"
        case InstantInFutureError():
            return "instant_in_future"
        case PlainHttpError():
            return "plain_http"
        case ScopeMissingError():
            return "scope_missing"
        case _:
            return refusals.CODES.get(status, "refused")


def _logged(error: Exception, status: int) -> Problem:
    reference = new_id().hex[-12:]
    if status == 500:
        # As text: a renderer that shows local variables would write passwords into the log.
        _log.error("request failed", reference=reference, trace="".join(format_exception(error)))
    else:
        _log.warning("request not served", reference=reference, error=type(error).__name__)
    code = "being_built" if isinstance(error, UndefinedTable) else refusals.CODES.get(status, "failed")
    return Problem(status, code, refusals.title(status), refusals.text(code, error), (), reference)


def _fields(error: Exception) -> tuple[dict[str, str], ...]:
    match error:
        case RequestValidationError():
            return tuple(_field(_name(each["loc"]), each["type"], each) for each in error.errors()[:20])
        case ParametersInvalidError():
            return tuple(_field(each.field, each.kind, {"ctx": each.details}) for each in error.refused)
        case CursorInvalidError():
            return (_field("cursor", "cursor_invalid", {}),)
        case FeedCursorInvalidError():
            return (_field("after", "feed_cursor_invalid", {}),)
        case _:
            return ()


def _field(name: str, kind: str, found: Mapping[str, Any]) -> dict[str, str]:
    return {"field": name, "problem": parameters.words(kind, found.get("ctx") or {})[:200]}


def _name(place: Sequence[object]) -> str:
    """Without where it was found: nobody names a parameter `query.start`."""
    return ".".join(str(part) for part in place[1:]) or str(place[0])


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """RFC 9457. `code` is stable; `title` and `detail` are for people."""
    body: dict[str, Any] = {
        "type": f"urn:lastro:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.told,
        "code": problem.code,
    }
    if problem.fields:
        body["errors"] = list(problem.fields)
    if problem.reference:
        body["reference"] = problem.reference
    return JSONResponse(body, problem.status, headers, PROBLEM_TYPE)


def is_api(path: str) -> bool:
    """Whether a program asks, so that a refusal is a problem and not a page."""
    return path.startswith(("/api/", "/saude/"))


def install(app: FastAPI, views: Views) -> None:
    """Answer every error by the map."""

    def answer(request: Request, error: Exception) -> Response:
        return _answer(views, request, error)

    for kind in (*STATUS, HTTPException, Exception):
        app.add_exception_handler(kind, answer)


def _answer(views: Views, request: Request, error: Exception) -> Response:
    headers = dict(getattr(error, "headers", None) or {})
    if status_of(error) == 503:
        headers.setdefault("Retry-After", RETRY_SECONDS)
    if is_api(request.url.path):
        if status_of(error) == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="lastro"'
        return problem_response(problem_of(error), headers)
    if isinstance(error, SignInNeededError):
        return _to_sign_in(request)
    return _page(views, request, problem_of(error), headers)


def _to_sign_in(request: Request) -> Response:
    address = f"/entrar?voltar={return_address(request)}"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": address})
    if "text/event-stream" in request.headers.get("Accept", ""):
        return Response(status_code=401)
    return RedirectResponse(address, 303)


def _page(views: Views, request: Request, problem: Problem, headers: dict[str, str]) -> Response:
    if request.headers.get("HX-Request"):
        fragment = "error_notice.html"
        headers |= {"HX-Retarget": "#avisos", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
    else:
        fragment = "error.html"
    return views.render(
        request,
        fragment,
        status=problem.status,
        headers=headers,
        title=problem.title,
        text=problem.detail,
        reference=problem.reference,
    )
