"""What a person types to register or change a webhook, and what is wrong with it, by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form

from application.access import Principal
from application.webhooks.addresses import WebhookUrlInvalidError
from application.webhooks.endpoints import WebhookForm, Webhooks
from application.webhooks.offer import Offer
from domain.user.roles import Permission
from domain.values.text import TextInvalidError, required_text
from domain.webhook.webhook import NAME_LENGTH, Webhook
from web.wording import refusals
from web.wording.webhooks import message_words, topic_words

ALL, SOME = "todas", "algumas"
NOW, BEGINNING = "agora", "inicio"
_LONGEST = 2_500


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as they were typed, to be shown again; `problems` by field."""

    name: str = ""
    url: str = ""
    reach: str = ALL
    companies: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    personal: bool = False
    start: str = NOW
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, webhook: Webhook) -> Typed:
        """An endpoint as it stands."""
        asked = webhook.subscription
        return cls(
            name=webhook.name,
            url=webhook.url,
            reach=ALL if asked.companies is None else SOME,
            companies=tuple(str(each) for each in asked.companies or ()),
            topics=asked.topics,
            types=asked.types,
            personal=asked.personal,
        )

    def form(self, offer: Offer) -> WebhookForm:
        """What the command takes; there must be no problems. Messages of an unticked topic are left out."""
        companies = None if self.reach == ALL else tuple(UUID(each) for each in self.companies)
        types = tuple(sorted(offer.types_of(self.topics).intersection(self.types)))
        return WebhookForm(
            name=self.name,
            url=self.url,
            topics=self.topics,
            types=types,
            companies=companies,
            personal=self.personal,
        )

    @property
    def from_position(self) -> int | None:
        """Where to start: None is the end of the log."""
        return 0 if self.start == BEGINNING else None


def _typed(
    nome: Annotated[str, Form(max_length=_LONGEST)] = "",
    endereco: Annotated[str, Form(max_length=_LONGEST)] = "",
    alcance: Annotated[str, Form(max_length=20)] = ALL,
    empresa: Annotated[list[str] | None, Form(max_length=1_000)] = None,
    topico: Annotated[list[str] | None, Form(max_length=100)] = None,
    mensagem: Annotated[list[str] | None, Form(max_length=1_000)] = None,
    pessoais: Annotated[str, Form(max_length=20)] = "",
    comeco: Annotated[str, Form(max_length=20)] = NOW,
) -> Typed:
    return Typed(
        name=nome,
        url=endereco,
        reach=SOME if alcance == SOME else ALL,
        companies=tuple(empresa or ()),
        topics=tuple(topico or ()),
        types=tuple(mensagem or ()),
        personal=bool(pessoais),
        start=comeco,
    )


TypedOf = Annotated[Typed, Depends(_typed)]


def checked(typed: Typed, webhooks: Webhooks, companies: Collection[str], principal: Principal) -> Typed:
    """The same, with what has to be corrected; `companies` are those that may be chosen."""
    found = {
        "nome": _name(typed.name),
        "endereco": _url(typed.url, webhooks),
        "topicos": _topics(typed, webhooks.offer),
        "alcance": _companies(typed, companies, principal),
        "pessoais": _personal(typed, webhooks.offer),
    }
    return replace(typed, problems={name: words for name, words in found.items() if words})


def topic_choices(offer: Offer, principal: Principal) -> list[dict[str, Any]]:
    """The topics in words; those with personal data only for who may read such data."""
    may_read = principal.companies(Permission.READ_PERSONAL) is None
    return [
        {
            "name": topic.name,
            "title": topic_words(topic)[0],
            "note": topic_words(topic)[1],
            "personal": topic.personal,
            "types": [(each, message_words(each)) for each in topic.types],
        }
        for topic in offer.topics.values()
        if may_read or not topic.personal
    ]


def _name(text: str) -> str:
    try:
        required_text(text, "name", NAME_LENGTH)
    except TextInvalidError as refusal:
        missing = refusal.details.get("reason") == "missing"
        return "Dê um nome ao webhook." if missing else f"No máximo {NAME_LENGTH} caracteres."
    return ""


def _url(text: str, webhooks: Webhooks) -> str:
    if not text.strip():
        return "Digite o endereço que recebe as mensagens."
    try:
        webhooks.target(text)
    except WebhookUrlInvalidError as refusal:
        return refusals.text(refusal.code, refusal)
    return ""


def _topics(typed: Typed, offer: Offer) -> str:
    if not typed.topics:
        return "Escolha ao menos um tópico."
    return "" if set(typed.topics) <= set(offer.topics) else "Um dos tópicos não existe mais."


def _companies(typed: Typed, allowed: Collection[str], principal: Principal) -> str:
    if typed.reach == ALL:
        everywhere = principal.companies(Permission.KEEP_WEBHOOKS) is None
        return "" if everywhere else "Seu perfil não alcança todas as empresas: escolha entre as suas."
    if not typed.companies:
        return "Escolha ao menos uma empresa."
    return "" if set(typed.companies) <= set(allowed) else "Uma das empresas não está entre as suas."


def _personal(typed: Typed, offer: Offer) -> str:
    if not offer.personal_among(typed.topics):
        return ""
    if not typed.personal:
        return "Confirme que este destino pode receber dados pessoais, ou desmarque o tópico."
    return "Dados pessoais não são de uma empresa: escolha todas." if typed.reach != ALL else ""
