"""Portuguese for the check of completeness: each reason in words, and what to do about it."""

from __future__ import annotations

from application.completeness.findings import Reason

WORDS: dict[Reason, tuple[str, str]] = {
    Reason.STREAM_CUT: (
        "Faltam fatos no registro",
        "Um fato foi retirado desta cópia do banco. Compare com o backup.",
    ),
    Reason.CONTRACT_MISSING: (
        "O contrato não está no registro",
        "Há faturas de um contrato que não existe aqui. Compare com o backup.",
    ),
    Reason.NOT_GENERATED: (
        "Período nunca gerado",
        "O contrato prevê o período e ele não foi gerado. Avise quem opera o sistema.",
    ),
    Reason.INVOICE_MISSING: (
        "A fatura não está no registro",
        "O período foi gerado e a fatura sumiu. Compare com o backup.",
    ),
    Reason.INVOICE_UNCLAIMED: (
        "Fatura que o contrato não gerou",
        "A fatura cita um período que o contrato não conhece. Compare com o backup.",
    ),
    Reason.DUPLICATED: ("Duas faturas para o mesmo período", "Cancele a que não vale."),
    Reason.NOT_REGENERATED: (
        "Período liberado e não gerado de novo",
        "A fatura foi cancelada, o período liberado e nenhuma outra fatura foi gerada.",
    ),
    Reason.BILLING_CUT: (
        "Faturamento sem desfecho",
        "O faturamento começou e não consta nem faturado nem com erro. Compare com o backup.",
    ),
    Reason.NOT_BILLED: ("Vencido e não faturado", "Fature agora ou cancele a fatura."),
    Reason.AWAITING_RUN: ("Aguarda o faturamento automático", "Será faturado no vencimento."),
    Reason.AWAITING_PERSON: ("Aguarda o lote de faturamento", "A empresa não fatura automaticamente."),
    Reason.VALUE_PENDING: ("Valor pendente", "Informe o valor definitivo."),
    Reason.PRICE_FORECAST: ("Preço previsto, à espera do reajuste", "O índice ainda não foi aplicado."),
    Reason.ERROR: ("Em erro, à espera de correção", "Corrija o que a fatura aponta."),
    Reason.CANCELLED: ("Cancelado sem liberar o período", "Uma pessoa decidiu não cobrar o período."),
    Reason.RESCHEDULED: ("Vencimento alterado para depois da data", "Vence depois da data verificada."),
    Reason.LEFT_OUT: ("Anterior ao início da cobrança", "O contrato não cobra os períodos retroativos."),
    Reason.CONTRACT_ENDED: ("Contrato encerrado", "O período vence depois do encerramento."),
    Reason.BEYOND_HORIZON: (
        "Além do horizonte de geração",
        "Contratos sem prazo são gerados até 12 meses à frente.",
    ),
    Reason.ROW_MISSING: ("A listagem não mostra a fatura", "Reconstrua a leitura Faturamento em Operação."),
    Reason.LISTING_BEHIND: (
        "A listagem está atrasada",
        "Não pôde ser comparada. Veja em Operação se o processamento está de pé e verifique de novo.",
    ),
    Reason.ROW_DIFFERS: ("A listagem mostra outra situação", "Reconstrua a leitura Faturamento em Operação."),
}
