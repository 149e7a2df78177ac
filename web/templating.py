"""Renders templates: escaped always, an undefined name is an error, formats as filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.user.roles import Permission
from web import formats
from web.alarm import message_alarm, operates, parked_alarm, webhook_alarm
from web.assets import Assets

_TEMPLATES = Path(__file__).parent / "templates"
MENU: tuple[tuple[str, str, Permission | None], ...] = (
    ("/faturamento", "Faturamento", None),
    ("/contratos", "Contratos", None),
    ("/vendas", "Vendas", None),
    ("/recebimentos", "Recebimentos", None),
    ("/auditoria", "Auditoria", Permission.AUDIT),
    ("/integracoes/webhooks", "Webhooks", Permission.KEEP_WEBHOOKS),
    ("/operacao", "Operação", Permission.OPERATE),
)
"""Address, words, and what it takes to be shown."""

SHORTCUTS = (
    (("/",), "Pesquisar"),
    (("f",), "Ir para os filtros"),
    (("j", "k"), "Linha de baixo, linha de cima"),
    (("x",), "Marcar ou desmarcar a linha"),
    (("Enter",), "Abrir a linha"),
    (("h",), "Histórico da linha"),
    (("b",), "Ir para as ações das linhas marcadas"),
    (("?",), "Esta ajuda"),
    (("Esc",), "Fechar a janela"),
)


class Views:
    """The template environment of one application."""

    def __init__(self, assets: Assets, company_tone: Callable[[UUID], str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            asset=assets.url, menu=MENU, shortcuts=SHORTCUTS, parked_alarm=parked_alarm, operates=operates
        )
        self._environment.globals.update(
            company_tone=company_tone, webhook_alarm=webhook_alarm, message_alarm=message_alarm
        )
        self._environment.filters.update(
            money=formats.money,
            number=formats.number,
            quantity=formats.quantity,
            count=formats.count,
            day=formats.day,
            competencia=formats.competencia,
            moment=formats.moment,
            moment_with_seconds=formats.moment_with_seconds,
            tax_document=formats.tax_document,
            linha_digitavel=formats.linha_digitavel,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """One page or fragment as an answer; `request` and what is given are in its scope."""
        text = self._environment.get_template(template).render(request=request, **values)
        return HTMLResponse(text, status, headers)


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a fragment of the page that is already open."""
    return request.headers.get("HX-Request-Type") == "partial"
