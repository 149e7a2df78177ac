"""Portuguese for what a parked stream leaves behind: what a row may not show yet, and in which read model."""

from __future__ import annotations

from collections.abc import Sequence

READ_MODELS: dict[str, str] = {
    "accounts": "Contas",
    "audit": "Auditoria",
    "billing_runs": "Lotes de faturamento",
    "companies": "Empresas",
    "contracts": "Contratos",
    "customers": "Clientes",
    "invoice_as_of": "Faturas no passado",
    "invoice_grid": "Faturamento",
    "invoice_history": "Histórico da fatura",
    "receivables": "Parcelas e boletos",
    "sales_to_bill": "Vendas",
    "services": "Serviços",
}
"""What people call each read model."""

_PARTS: dict[str, str] = {
    "accounts": "da conta",
    "companies": "da empresa",
    "contracts": "do contrato",
    "customers": "do cliente",
    "invoice_as_of": "desta fatura no passado",
    "invoice_grid": "desta fatura",
    "invoice_history": "do histórico",
    "receivables": "das parcelas",
    "sales_to_bill": "da venda",
    "services": "do serviço",
}


def read_model(name: str) -> str:
    """Its name on the screen."""
    return READ_MODELS.get(name, name)


def explanation(models: Sequence[str]) -> str:
    """What a row that these models are behind with may lack."""
    parts = [_PARTS.get(name, read_model(name)) for name in models]
    which = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} e {parts[-1]}"
    return f"Desatualizada: há alterações {which} que ainda não aparecem aqui. A operação foi avisada."
