"""Portuguese for webhooks: topics, states, what went wrong on the way, and what each act means."""

from __future__ import annotations

from application.webhooks.deliveries import Delivery
from application.webhooks.offer import OfferedTopic
from web.wording.facts import TITLES

TOPICS: dict[str, tuple[str, str]] = {
    "billing.contracts.v1": ("Contratos", "assinatura, períodos, alterações, reajustes, encerramento"),
    "billing.invoices.v1": ("Faturas", "valores, documentos, faturamento, recebimentos, cancelamento"),
    "billing.sales.v1": ("Vendas", "o que foi vendido e em que fatura está cada item"),
    "billing.settlements.v1": ("Avisos de recebimento", "recebimentos informados por bancos e sistemas"),
    "billing.customers.v1": ("Clientes, sem dados pessoais", "só o identificador, e o aviso de eliminação"),
    "billing.customers_personal.v1": (
        "Clientes, com dados pessoais",
        "nome, CPF ou CNPJ, endereço, contatos",
    ),
    "billing.companies.v1": ("Empresas", "cadastro e regras de cada empresa"),
    "billing.accounts.v1": ("Contas", "onde se recebe"),
    "billing.services.v1": ("Serviços e produtos", "cadastro, preço, código fiscal"),
    "billing.indices.v1": ("Índices de reajuste", "índices e seus pontos"),
    "billing.runs.v1": ("Lotes de faturamento", "plano, confirmação, andamento, resultado"),
}
MESSAGES: dict[str, str] = {"billing.customer.personal_data_stated.v1": "Dados do cliente"}
"""Those that tell more than one fact."""

REASONS: dict[str, str] = {
    "unresolved": "O nome do servidor não existe, ou não pôde ser consultado.",
    "address_refused": "O endereço leva a uma rede interna: nada foi enviado.",
    "unreachable": "O servidor não aceitou a conexão.",
    "timeout": "O servidor não respondeu a tempo.",
    "certificate": "O certificado do servidor não vale para este nome.",
    "tls": "O servidor não falou TLS como devia.",
    "protocol": "A resposta não é HTTP.",
    "closed": "O servidor encerrou a conexão sem responder.",
    "redirect": "O servidor respondeu com um redirecionamento, que não é seguido.",
}
DISABLED: dict[str, str] = {
    "gone": "O destino respondeu 410: não existe mais.",
    "failing": "O destino não aceitou a mensagem por tempo demais.",
    "log_differs": "O registro de eventos não é mais o que foi enviado: o banco foi restaurado. Peça o reenvio "
    "a partir de onde o destino confia no que tem, e retome.",
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "delivered": ("Entregue", "green"),
    "failed": ("Falhou", "red"),
    "skipped": ("Pulada", "grey"),
}
KINDS: dict[str, str] = {"message": "Mensagem", "ping": "Teste"}

PAUSE, RESUME, ROTATE, REPLAY, SKIP = "pausar", "retomar", "trocar-segredo", "reenviar", "pular"
ACTS: dict[str, tuple[str, str, str]] = {
    PAUSE: (
        "Pausar",
        "Nada mais é enviado até que o webhook seja retomado. Nenhuma mensagem se perde: o envio continua de "
        "onde parou.",
        "Pausar",
    ),
    RESUME: (
        "Retomar",
        "O envio continua com a mensagem em que parou, já com a primeira tentativa agora.",
        "Retomar",
    ),
    ROTATE: (
        "Trocar segredo",
        "Um segredo novo passa a assinar. Os anteriores continuam assinando junto pelo tempo escolhido, para que "
        "o destino possa trocar sem perder nada.",
        "Trocar segredo",
    ),
    REPLAY: (
        "Reenviar",
        "As mensagens dos eventos a partir desta posição são enviadas outra vez, na ordem, com os mesmos "
        "identificadores. Só se volta a posições já entregues.",
        "Reenviar",
    ),
    SKIP: (
        "Pular mensagem",
        "A mensagem que falha não será enviada, e as que esperam por ela seguem. Fica registrado quem pulou e "
        "por quê.",
        "Pular esta mensagem",
    ),
}
"""Title, meaning and button."""

DONE: dict[str, str] = {
    PAUSE: "O webhook está pausado.",
    RESUME: "O webhook foi retomado.",
    REPLAY: "O reenvio começa agora; acompanhe nas entregas.",
    SKIP: "A mensagem foi pulada; as seguintes seguem agora.",
}
OVERLAPS: tuple[tuple[str, str], ...] = (
    ("0", "param agora"),
    ("24", "valem por mais 1 dia"),
    ("72", "valem por mais 3 dias"),
    ("168", "valem por mais 7 dias"),
    ("720", "valem por mais 30 dias"),
)


def topic_words(topic: OfferedTopic) -> tuple[str, str]:
    """The name of a topic and what it tells; one of a later release says so itself, in English."""
    return TOPICS.get(topic.name, (topic.title, ""))


def message_words(message_type: str) -> str:
    """The name of a message: that of the fact it tells; one of a later release is its own."""
    return MESSAGES.get(message_type) or TITLES.get(message_type.removeprefix("billing."), message_type)


def answered(delivery: Delivery) -> str:
    """What came back from an attempt: `HTTP 204 em 35 ms`, or why nothing did."""
    if delivery.status is None:
        return REASONS.get(delivery.reason or "", delivery.reason or "")
    told = f"HTTP {delivery.status} em {milliseconds(delivery.latency_ms)}"
    return f"{told}. {REASONS[delivery.reason]}" if delivery.reason in REASONS else told


def milliseconds(value: int) -> str:
    """`35 ms`, `1,2 s`."""
    return f"{value} ms" if value < 1_000 else f"{value / 1_000:.1f} s".replace(".", ",")
