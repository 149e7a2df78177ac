"""What is said of receipts: their states, why nobody could place one, how one was placed."""

from __future__ import annotations

STATE: dict[str, tuple[str, str]] = {
    "unidentified": ("Não identificado", "orange"),
    "applied": ("Identificado", "green"),
    "reversed": ("Devolvido", "red"),
    "void": ("Sem efeito", "grey"),
    "awaited": ("Estorno sem recebimento", "grey"),
}
"""Words and tone."""

STATE_HELP: dict[str, str] = {
    "unidentified": "O dinheiro entrou e ninguém sabe ainda qual parcela ele paga.",
    "applied": "O dinheiro entrou e está em uma parcela.",
    "reversed": "O dinheiro foi devolvido; o que ele pagava voltou a ser devido.",
    "void": "A devolução foi avisada antes do próprio recebimento, que por isso não pagou nada.",
    "awaited": "A devolução já foi avisada; o recebimento ainda não. Quando vier, não pagará nada.",
}

WHY: dict[str, str] = {
    "nothing_named": "O aviso não diz o que foi pago",
    "invoice_unknown": "A fatura citada não existe",
    "instalment_unknown": "A fatura citada não tem essa parcela",
    "boleto_invalid": "A linha digitável ou o código de barras tem dígito errado",
    "boleto_unknown": "Nenhum boleto nosso tem esse número",
    "boleto_ambiguous": "Mais de um boleto tem esse número, em contas diferentes",
    "contradictory": "O aviso cita duas dívidas diferentes",
    "company_unknown": "A empresa citada não está cadastrada",
    "account_unknown": "A conta citada não está cadastrada nesta empresa",
    "other_company": "O dinheiro entrou em outra empresa que não a da fatura",
    "value_pending": "A fatura espera o valor definitivo",
}
"""A reason for each `Unknown` of domain/settlement/events.py."""

RELEASED = "Identificação desfeita"
FOUND_BY: dict[str, str] = {
    "invoice": "pela fatura citada no aviso",
    "boleto": "pelo número do boleto",
    "person": "por uma pessoa",
}

NAMED: tuple[tuple[str, str], ...] = (
    ("invoice_id", "Fatura"),
    ("instalment", "Parcela"),
    ("bank_code", "Banco"),
    ("nosso_numero", "Nosso número"),
    ("agreement", "Convênio"),
    ("linha_digitavel", "Linha digitável"),
    ("barcode", "Código de barras"),
    ("company", "Empresa"),
    ("account", "Conta"),
)
"""What an aviso may name, in the order in which it is shown."""

LABELS: dict[str, str] = {
    "account": "Conta",
    "by": "Identificado por",
    "company": "Empresa",
    "credited_on": "Creditado em",
    "found_by": "Identificado por",
    "is_reversed": "Devolvido",
    "method": "Forma de pagamento",
    "named": "O que o aviso cita",
    "paid": "Pagamento",
    "reference": "Liquidação",
    "releases": "Identificações desfeitas",
    "reversed_amount": "Valor da devolução",
    "reversed_on": "Devolvido em",
    "text": "Texto do extrato",
    "told": "O que se avisou",
    "why": "Por que não se identificou",
}
"""The names of the fields of receipts' facts."""
