"""What a failed document means to a person: what happened, and what to do about it (F34, F93)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.invoice.billing import FailureReason
from domain.values.payment import Document
from web.wording import terms

HEADLINE: dict[str, str] = {
    Document.BOLETO: "Erro ao gerar boleto",
    Document.PIX: "Erro ao gerar o Pix",
    Document.NFSE: "Falha na emissão da NFS-e",
    Document.PDF: "Erro ao gerar a fatura",
    Document.EMAIL: "Falha no envio do e-mail",
}


@dataclass(frozen=True, slots=True)
class FailureWords:
    """A failure for people: the document, its headline, the cause, and the way out.

    `remedy_here` is the way out as it reads in the window of the error itself.
    """

    short: str
    headline: str
    cause: str
    remedy: str
    remedy_here: str


def failure(document: str, reason: str, detail: str) -> FailureWords:
    """Words for a stored failure; a code of a later release is shown as it is, never an error."""
    cause, remedy = _cause(reason, detail)
    headline = HEADLINE.get(document, "Erro no faturamento")
    short = terms.DOCUMENT.get(document, "Erro")
    elsewhere, here = (remedy.format(where=where) for where in (" na janela do erro", ""))
    return FailureWords(short, headline, cause, elsewhere, here)


def without_person(document: str) -> FailureWords:
    """The failure of a document whose payer was forgotten meanwhile, whatever it failed for at first."""
    return FailureWords(
        terms.DOCUMENT.get(document, "Erro"),
        HEADLINE.get(document, "Erro no faturamento"),
        "Os dados da pessoa foram eliminados a pedido; não há mais boleto nem nota para esta fatura.",
        _WAYS_WITHOUT_PERSON,
        _WAYS_WITHOUT_PERSON,
    )


_WAYS_WITHOUT_PERSON = "Cancele-a ou receba de outra forma."


def _cause(reason: str, detail: str) -> tuple[str, str]:
    if reason not in _CAUSES:
        return (
            f"{reason}{_named(detail)}",
            "Peça ao suporte que veja o motivo. Depois da correção, use Faturar agora.",
        )
    cause, remedy = _CAUSES[reason]
    return cause.format(detail=detail, named=_named(detail)), remedy


_IMPORT_AGAIN = "Peça a quem opera o sistema que importe de novo a linha {} (lastro import portfolio)."
_BOLETO_UNFIT = (
    "O boleto não cabe no código de barras: valor ou vencimento fora do que o banco aceita.",
    "Um boleto vale até R$ 99.999.999,99 e não vence antes de 03/07/2000. Cobre esta fatura de outra forma.",
)
_CAUSES: dict[str, tuple[str, str]] = {
    FailureReason.SERVICE_WITHOUT_FISCAL_CODE: (
        "O serviço “{detail}” não tem o código da LC 116, sem o qual a prefeitura não aceita a nota.",
        "Informe o código do serviço{where}: só a nota será refeita, o boleto continua válido.",
    ),
    FailureReason.LINE_WITHOUT_SERVICE: (
        "O item “{detail}” não está ligado a um serviço do cadastro.",
        "Use Não gerar nota{where}. A nota dele, se couber, se emite fora daqui.",
    ),
    FailureReason.GOODS_TAKE_NFE: (
        "“{detail}” é produto, e produto não entra em NFS-e: a nota dele é a NF-e (modelo 55), emitida na venda.",
        "Use Não gerar nota{where}.",
    ),
    FailureReason.PAYER_WITHOUT_DOCUMENT: (
        "O cliente não tem CPF ou CNPJ no cadastro, e o boleto exige o documento de quem paga.",
        f"{_IMPORT_AGAIN.format('do cliente, com o documento')} Depois use Faturar agora.",
    ),
    FailureReason.ACCOUNT_WITHOUT_AGREEMENT: (
        "A conta não pode emitir boletos: falta o convênio ou a carteira do banco{named}.",
        f"{_IMPORT_AGAIN.format('da conta, com carteira e convênio')} Depois use Faturar agora.",
    ),
    FailureReason.ACCOUNT_WITHOUT_PIX_KEY: (
        "A conta não tem chave Pix.",
        f"{_IMPORT_AGAIN.format('da conta, com a chave Pix')} Depois use Faturar agora.",
    ),
    "account_closed": (
        "A conta{named} está encerrada.",
        "Uma conta encerrada não emite mais, e a troca da conta ainda não tem tela. Peça-a ao suporte.",
    ),
    "boleto_numbers_exhausted": (
        "A faixa de nosso número da carteira{named} acabou.",
        "Peça ao banco outra carteira ou convênio. "
        f"{_IMPORT_AGAIN.format('da conta, com os novos dados')} Depois use Faturar agora.",
    ),
    "boleto_agreement_invalid": (
        "O convênio da conta está incompleto ou errado{named}.",
        f"{_IMPORT_AGAIN.format('da conta, corrigida')} Depois use Faturar agora.",
    ),
    "boleto_number_invalid": _BOLETO_UNFIT,
    "due_factor_invalid": _BOLETO_UNFIT,
}


def _named(detail: str) -> str:
    return f" ({detail})" if detail else ""
