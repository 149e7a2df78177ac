"""The Portuguese words of every coded value on the screens; a value without words fails a test, not a page."""

from __future__ import annotations

from domain.contract.events import Periodicity
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.user.roles import Permission
from domain.values.payment import Document, DocumentState, DueShift, PaymentMethod, ValueType

FORGOTTEN = "[removido]"
"""In the place of whatever a forgotten person's key had sealed (LGPD art. 18)."""

PAYMENT_METHOD: dict[str, str] = {
    PaymentMethod.BOLETO: "Boleto",
    PaymentMethod.PIX: "Pix",
    PaymentMethod.BANK_TRANSFER: "Transferência bancária",
    PaymentMethod.CREDIT_CARD: "Cartão de crédito",
    PaymentMethod.DEBIT_CARD: "Cartão de débito",
    PaymentMethod.DIRECT_DEBIT: "Débito em conta",
    PaymentMethod.CHEQUE: "Cheque",
    PaymentMethod.CASH: "Dinheiro",
    PaymentMethod.PAYROLL_DEDUCTION: "Desconto em folha",
    PaymentMethod.OTHER: "Outros",
}
PAYMENT_ICON: dict[str, str] = {
    PaymentMethod.BOLETO: "barcode",
    PaymentMethod.PIX: "qrcode",
    PaymentMethod.BANK_TRANSFER: "arrows-exchange",
    PaymentMethod.CREDIT_CARD: "credit-card",
    PaymentMethod.DEBIT_CARD: "credit-card",
    PaymentMethod.DIRECT_DEBIT: "building-bank",
    PaymentMethod.CHEQUE: "file-certificate",
    PaymentMethod.CASH: "cash-banknote",
    PaymentMethod.PAYROLL_DEDUCTION: "users",
    PaymentMethod.OTHER: "dots",
}
SITUACAO: dict[str, tuple[str, str]] = {
    Situacao.PENDING: ("Pendente", "grey"),
    Situacao.BILLED: ("Faturado", "green"),
    Situacao.CANCELLED: ("Cancelado", "red"),
    Situacao.ERROR: ("Erro", "red"),
    Situacao.VALUE_PENDING: ("Valor Pendente", "orange"),
}
"""Words and tone (F40)."""

INSTALMENT_STATUS: dict[str, tuple[str, str]] = {
    InstalmentStatus.OVERDUE: ("Atrasado", "red"),
    InstalmentStatus.DUE: ("A Vencer", "grey"),
    InstalmentStatus.PAID: ("Pago", "green"),
    InstalmentStatus.UNPAID: ("Sem Pagamento", "grey"),
    InstalmentStatus.PARTLY_PAID: ("Parcialmente Pago", "orange"),
}
KIND: dict[str, tuple[str, str]] = {
    "billing": ("Faturamento", "green"),
    "renegotiation": ("Renegociação", "blue"),
}
ORIGIN: dict[str, str] = {
    "contract": "Contrato",
    "sale": "Venda",
    "silent_sale": "Venda sem documentos",
    "manual": "Outros Recebimentos",
    "renegotiation": "Renegociação",
}
VALUE_TYPE: dict[str, str] = {ValueType.RECURRING: "Recorrente", ValueType.SPLIT: "Parcelado"}
DOCUMENT: dict[str, str] = {
    Document.BOLETO: "Boleto",
    Document.PIX: "Pix",
    Document.NFSE: "NFS-e",
    Document.PDF: "Fatura PDF",
    Document.EMAIL: "E-mail",
}
DOCUMENT_SHORT: dict[str, str] = {
    Document.BOLETO: "Bol",
    Document.PIX: "Pix",
    Document.NFSE: "NFS",
    Document.PDF: "PDF",
    Document.EMAIL: "Mail",
}
"""What stands in a row; the whole word is beside it where there is room, and in the tip."""
DOCUMENT_ICON: dict[str, str] = {
    Document.BOLETO: "barcode",
    Document.PIX: "qrcode",
    Document.NFSE: "file-certificate",
    Document.PDF: "file-text",
    Document.EMAIL: "mail",
}
DOCUMENT_STATE: dict[str, str] = {
    DocumentState.NOT_WANTED: "não gerar",
    DocumentState.WAITING: "aguardando envio",
    DocumentState.REQUESTED: "em processamento",
    DocumentState.DONE: "gerado",
    DocumentState.FAILED: "falhou",
    DocumentState.CANCELLED: "cancelado",
}
BOLETO_STATE: dict[str, str] = {
    DocumentState.NOT_WANTED: "não gerar",
    DocumentState.WAITING: "a gerar",
    DocumentState.REQUESTED: "numerado, aguardando envio ao banco",
    DocumentState.DONE: "registrado no banco",
    DocumentState.FAILED: "falhou",
    DocumentState.CANCELLED: "cancelado",
}
PERIODICITY: dict[str, str] = {
    Periodicity.WEEKLY: "Semanal",
    Periodicity.FORTNIGHTLY: "Quinzenal",
    Periodicity.MONTHLY: "Mensal",
    Periodicity.BIMONTHLY: "Bimestral",
    Periodicity.QUARTERLY: "Trimestral",
    Periodicity.HALF_YEARLY: "Semestral",
    Periodicity.YEARLY: "Anual",
}
DUE_SHIFT: dict[str, str] = {
    DueShift.NONE: "Mantém o dia",
    DueShift.NEXT: "Próximo dia útil",
    DueShift.PREVIOUS: "Dia útil anterior",
}
NFSE: dict[str, str] = {"per_instalment": "Uma por parcela", "single": "Uma só", "none": "Não emitir"}
RETROACTIVE: dict[str, str] = {
    "every_period": "Todos os períodos desde o início",
    "from_today": "Somente a partir da assinatura",
    "from_next_month": "Somente a partir do mês seguinte",
}
ACCOUNT_KIND: dict[str, str] = {
    "bank": "Conta bancária",
    "cash": "Caixa",
    "wallet": "Carteira digital",
    "card": "Cartão",
}
WEBHOOK_DISABLED: dict[str, str] = {
    "gone": "O destino respondeu 410 (não existe mais)",
    "failing": "O destino não aceitou a mensagem por tempo demais",
    "log_differs": "O registro de eventos não é mais o que foi enviado (banco restaurado)",
}
PERMISSION: dict[str, str] = {
    Permission.SEE_BILLING: "ver o faturamento",
    Permission.EDIT_BILLING: "editar o faturamento",
    Permission.BILL_NOW: "faturar agora",
    Permission.SEND_EMAIL: "enviar e-mail",
    Permission.KEEP_REGISTRIES: "manter os cadastros",
    Permission.KEEP_INDICES: "manter os índices",
    Permission.KEEP_USERS: "manter os usuários",
    Permission.READ_EVENTS: "ler os eventos",
    Permission.FORGET_PERSONS: "eliminar dados pessoais",
    Permission.AUDIT: "consultar a auditoria",
    Permission.READ_PERSONAL: "ver dados pessoais na auditoria",
    Permission.OPERATE: "operar o sistema",
    Permission.KEEP_WEBHOOKS: "manter os webhooks",
}


def documents(names: list[str]) -> str:
    """`Boleto, NFS-e e E-mail`."""
    words = [DOCUMENT[name] for name in names]
    return (
        words[0]
        if len(words) == 1
        else ", ".join(words[:-1]) + " e " + words[-1]
        if words
        else "nenhum documento"
    )
