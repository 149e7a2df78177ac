"""Signing in and out: one answer for a wrong password and an unknown e-mail, in the same time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from application.sessions import ABSOLUTE
from web.identity import ServicesOf, cookie_name, safe_return, session_token
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import Views

router = APIRouter()
_WRONG = "E-mail ou senha não conferem."


@router.get("/entrar")
def sign_in_page(request: Request, views: ViewsOf, voltar: str = "/faturamento") -> Response:
    """The form."""
    return views.render(request, "sign_in.html", problem="", login="", back=safe_return(voltar[:2000]))


@router.post("/entrar")
def sign_in(
    request: Request,
    services: ServicesOf,
    views: ViewsOf,
    login: Annotated[str, Form(max_length=254)] = "",
    senha: Annotated[str, Form(max_length=1000)] = "",
    voltar: Annotated[str, Form(max_length=2000)] = "/faturamento",
) -> Response:
    """Open a session with a fresh token (ASVS 5.0 7.2.4) and go on to the page that was asked for."""
    name = cookie_name(request)
    now = services.now()
    address = request.client.host if request.client else ""
    login = login.strip().lower()
    back = safe_return(voltar)
    throttled = services.throttle.admit(login, address, now)
    if throttled is not None:
        seconds = int(throttled.wait.total_seconds()) + 1
        return _throttled(request, views, seconds, login, back)
    user_id = services.people.sign_in(login, senha, now)
    if user_id is None:
        return views.render(request, "sign_in.html", status=401, problem=_WRONG, login=login, back=back)
    services.throttle.forgive(login)
    _end_session(request, services)
    token = services.sessions.open(user_id, now, address, request.headers.get("user-agent", ""))
    response = RedirectResponse(back, 303)
    _give_cookie(request, response, name, token)
    return response


@router.post("/sair")
def sign_out(request: Request, services: ServicesOf) -> Response:
    """End this session; harmless without one."""
    _end_session(request, services)
    response = RedirectResponse("/entrar", 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.delete_cookie(cookie_name(request), path="/", secure=request.url.scheme == "https")
    return response


def _throttled(request: Request, views: Views, seconds: int, login: str, back: str) -> Response:
    return views.render(
        request,
        "sign_in.html",
        status=429,
        headers={"Retry-After": str(seconds)},
        problem=f"Muitas tentativas. Tente de novo em {_waiting(seconds)}.",
        login=login,
        back=back,
    )


def _give_cookie(request: Request, response: Response, name: str, token: str) -> None:
    response.set_cookie(
        name,
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _end_session(request: Request, services: Services) -> None:
    token = session_token(request)
    if token is not None:
        services.sessions.close(token)


def _waiting(seconds: int) -> str:
    return f"{seconds} segundos" if seconds < 90 else f"{seconds // 60 + 1} minutos"
