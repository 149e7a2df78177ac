"""Portuguese for what was refused: by the stable code of the error, with its details."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from web.wording import terms

TITLES: dict[int, str] = {
    400: "Pedido inválido",
    401: "Acesso não autorizado",
    403: "Sem permissão",
    404: "Não encontrado",
    405: "Método não permitido",
    409: "Operação recusada",
    413: "Conteúdo grande demais",
    415: "Formato não aceito",
    422: "Dados inválidos",
    429: "Muitas tentativas",
    500: "Algo deu errado",
    503: "Serviço indisponível",
}
CODES: dict[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid",
    429: "too_many",
    500: "failed",
    503: "unavailable",
}
_GENERAL: dict[str, str] = {
    "bad_request": "O pedido não pôde ser lido.",
    "unauthorized": "Apresente um token de acesso válido.",
    "forbidden": "Este acesso não inclui a operação pedida.",
    "method_not_allowed": "Este endereço não aceita a operação.",
    "plain_http": "Senhas só são aceitas por https, ou neste próprio computador.",
    "scope_missing": "O token não foi emitido para esta operação.",
    "too_large": "O que foi enviado passa do tamanho aceito.",
    "invalid": "Um ou mais campos têm valores que não são aceitos.",
    "too_many": "Aguarde um pouco e tente de novo.",
    "failed": "O erro foi registrado. Tente de novo; se persistir, informe o código ao suporte.",
    "unavailable": "O sistema está ocupado ou em manutenção. Tente de novo em instantes.",
    "being_built": "Esta posição ainda está sendo montada, a partir de tudo o que foi registrado. "
    "Tente de novo em alguns minutos.",
    "cursor_invalid": "O endereço desta página não vale mais. Volte ao início da lista.",
    "cross_origin": "A requisição veio de outro site. Chame a API sem os cabeçalhos de um navegador.",
    "not_found": "O endereço não existe, ou pertence a uma empresa que você não vê.",
    "concurrency": "Outra pessoa mudou este registro ao mesmo tempo. Veja como ficou e tente de novo.",
    "subject_forgotten": "Esta pessoa pediu para ser esquecida: nada mais se registra sobre ela.",
    "customer_forgotten": "Os dados pessoais deste cliente foram eliminados a pedido: nada mais se decide sobre ele. "
    "Se a pessoa voltou, cadastre um cliente novo.",
    "customer_in_business": "O cliente ainda tem faturas em aberto ou contratos em vigor. Quite, cancele ou encerre antes.",
    "fiscal_term_running": "O prazo legal de guarda dos documentos fiscais ainda não terminou.",
    "register_line_invalid": "Uma linha do arquivo não é um registro de eliminação.",
    "instant_in_future": "Esta data e hora ainda não chegou. A posição é sempre do passado.",
    "text_unstorable": "O texto tem um caractere que não pode ser guardado. Digite-o de novo.",
    "password_check_busy": "Muitas pessoas estão entrando ao mesmo tempo. Tente de novo em alguns segundos.",
    "api_token_term_invalid": "Um token vale no máximo 400 dias, a partir de agora.",
    "api_token_company_beyond_user": "Um token só alcança empresas que o seu usuário tem. Dê a empresa ao usuário antes, ou retire-a do token.",
    "feed_cursor_invalid": "O cursor é uma posição, ou o valor `next` de uma resposta anterior.",
    "feed_cursor_unknown": "O registro de eventos tem outro evento nesta posição: leia-o de novo desde o início.",
    "lookup_raced": "Outra pessoa cadastrou o mesmo registro agora. Veja como ficou e tente de novo.",
    "entry_taken": "Já existe um cadastro com este documento ou código.",
    "entry_conflict": "O cadastro já existe e diz outra coisa em um campo que não se corrige. Compare os dois.",
    "entry_repeated": "O mesmo código aparece duas vezes com conteúdo diferente. Mantenha um dos dois.",
    "invoice_cancelled": "A fatura está cancelada e nada mais deve. Para faturar o período de novo, libere-o: lastro contract free-period.",
    "invoice_billed": "A fatura já está faturada e nada falta nela.",
    "invoice_paid": "A fatura já recebeu pagamento. Estorne-o antes.",
    "price_forecast": "O reajuste anterior a este vencimento ainda não foi aplicado, e o valor é uma previsão. Publique o índice (lastro index add), ou use Faturar agora assim mesmo.",
    "payment_elsewhere": "Este recebimento já está em outra fatura. Se foi engano, estorne-o lá primeiro.",
    "retroactive_choice_missing": "O contrato começou antes de hoje: diga o que cobrar do passado.",
    "services_need_nfse": "O contrato também vende serviços, que saem com nota. Dispense a nota só na fatura.",
    "period_kept": "O período tem uma fatura que não está cancelada; só o de uma cancelada se libera.",
    "value_pending": "A fatura espera o valor definitivo. Depois que ele for informado (lastro invoice set-value), fature de novo.",
    "amount_mismatch": "As parcelas não somam o total dos itens.",
    "amount_not_positive": "O valor precisa ser maior que zero.",
    "numbering_broken": "As parcelas precisam ser numeradas em ordem, cada uma com seu valor.",
    "due_dates_invalid": "O prazo sem encargos não pode acabar antes do vencimento.",
    "document_unfit": "O documento não combina com a forma de pagamento.",
    "sale_lines_locked": "O que veio de uma venda se altera na venda, ou se cancela e se refaz.",
    "order_unknown": "Nenhuma venda tem este pedido. Se o pedido ainda vai chegar, aplique este aviso depois dele.",
    "sale_changed": "Este pedido já foi registrado e agora diz outra coisa. Uma venda não se altera: cancele-a e envie o pedido com outro número.",
    "sale_account_missing": "A venda não emite documentos e é devida desde já, e ninguém disse em que conta se recebe. Informe a conta no pedido.",
    "order_reference_unknown": "O pedido cita uma empresa, um cliente, um serviço ou uma conta sem cadastro. Cadastre o que falta (lastro import portfolio) e envie o pedido de novo.",
    "account_closed": "A conta está encerrada. Escolha outra.",
    "numbers_exhausted": "A numeração desta carteira acabou. Peça ao banco outro convênio, ou use outra conta.",
    "boleto_agreement_invalid": "O convênio de cobrança da conta está incompleto ou errado. Corrija o cadastro da conta.",
    "boleto_number_invalid": "Nenhum boleto pode ter este número ou este valor: até 99.999.999,99, em centavos inteiros.",
    "due_factor_invalid": "Nenhum boleto pode vencer nesta data. Corrija o vencimento.",
    "split_invalid": "As parcelas não somam o total. Corrija os valores.",
    "sale_date_implausible": "Uma data da venda está fora do intervalo de 1990 a 2100. Corrija o ano na origem e envie o pedido de novo.",
    "sale_item_invalid": "Um item da venda tem quantidade, valor ou desconto que não pode ser. Corrija-o na origem e envie o pedido de novo.",
    "sale_item_unknown": "A venda não tem este item. Atualize a página e escolha de novo.",
    "sale_item_billed": "Um dos itens já está em uma fatura. Atualize a página: ele aparece com o número dela.",
    "sale_items_missing": "Escolha ao menos um item.",
    "sale_cancelled": "A venda foi cancelada: nada dela se fatura.",
    "sale_billed": "Itens desta venda estão em faturas. Cancele as faturas antes.",
    "sales_of_several_customers": "Uma cobrança é de um cliente e de uma empresa. Fature os outros à parte.",
    "instalment_dates_invalid": "Cada parcela vence depois da anterior, e são 120 no máximo.",
    "line_already_billed": "Este item já está na fatura.",
    "boleto_still_valid": "O boleto atual ainda vale com os dados antigos. Cancele-o antes.",
    "boleto_not_issued": "A parcela não tem boleto válido.",
    "boleto_number_missing": "Faltou o número de um boleto. Tente de novo.",
    "instalment_unknown": "A fatura não tem esta parcela.",
    "instalment_settled": "A parcela já está quitada. Estorne o pagamento antes.",
    "instalment_below_paid": "A parcela não pode valer menos do que já foi pago.",
    "payment_not_positive": "O valor recebido precisa ser maior que zero.",
    "payment_in_future": "A data do recebimento não pode ser futura.",
    "discount_invalid": "O desconto fica entre zero e o saldo da parcela.",
    "payment_contradicted": "Este recebimento já consta com outro valor, data ou parcela.",
    "payment_unknown": "Este recebimento não consta nesta fatura.",
    "settlement_invalid": "O aviso de recebimento tem um campo que não pode ser. Corrija-o na origem e envie de novo.",
    "settlement_in_future": "A data do recebimento não pode ser futura.",
    "settlement_contradicted": "Este recebimento já foi avisado com outro conteúdo, e vale o primeiro. Descubra qual está certo; se for o novo, avise a devolução do primeiro e envie o novo com outro número.",
    "settlement_reversed": "O dinheiro deste recebimento já foi devolvido: não há mais o que identificar.",
    "settlement_placed": "Este recebimento já pagou uma parcela. Se foi a errada, desfaça a identificação antes.",
    "settlement_not_placed": "Este recebimento ainda não pagou nada: não há o que desfazer.",
    "settlement_elsewhere": "O dinheiro entrou em outra empresa que não a da fatura. Escolha uma fatura da mesma empresa.",
    "settlement_payment": "Este pagamento veio de um aviso de recebimento. Desfaça a identificação ou registre a devolução em Recebimentos.",
    "fiscal_code_unfit": "Produto não tem código da lista de serviços: a nota dele é a NF-e.",
    "service_price_invalid": "O preço é zero ou mais, em centavos inteiros.",
    "service_retired": "O serviço não é mais vendido. Use outro, ou importe um novo (lastro import portfolio).",
    "customer_unidentified": "O cliente precisa de um código, CPF ou CNPJ para ser encontrado de novo.",
    "lines_not_from_contract": "Nenhum contrato diz como repartir o valor entre os itens. Informe item por item.",
    "reference_unknown": "A empresa não tem esta conta, este serviço ou este cliente. Importe-o antes (lastro import portfolio).",
    "user_disabled": "Este acesso está desligado.",
    "plan_altered": "O plano guardado não é mais o que foi mostrado: alguém mexeu no banco de dados. Faça um novo plano e avise o suporte.",
    "next_number_invalid": "O próximo número deve estar acima dos já usados e caber no convênio.",
    "unexpected": "Um erro inesperado nesta fatura foi registrado; as outras seguiram. Tente de novo; se persistir, avise o suporte.",
    "index_unknown": "Nenhum índice tem este código. Registre-o antes (lastro index register).",
    "index_file_unreadable": "O arquivo não é um CSV de pontos de índice: a primeira linha traz indice, competencia e percentual.",
    "personal_data_missing": "Estes fatos não têm dados pessoais: não há o que mostrar.",
    "message_unreadable": "O conteúdo corrigido ainda não segue o contrato do tópico.",
    "message_identity_changed": "A correção fala de outro pedido ou recebimento. Corrija sem mudar o sistema de origem e o número; outro se pede a quem envia.",
    "dead_letter_settled": "Esta mensagem já foi aplicada ou descartada. Veja como ficou.",
    "dead_letter_erased": "O que esta mensagem diz não está mais guardado. Peça a quem a enviou que a mande de novo.",
    "run_busy": "Outro processo já está executando este lote.",
    "plan_unknown": "Não há plano com este código.",
    "webhook_topic_unknown": "Escolha ao menos um tópico, e só mensagens dos tópicos escolhidos.",
    "webhook_replay_ahead": "O reenvio volta a uma posição já entregue; à frente dela nada se pula. Para deixar uma mensagem de fora, pule-a.",
    "webhook_head_moved": "Esta mensagem já não é a que espera: foi entregue ou pulada. Veja como ficou.",
    "webhook_overlap_invalid": "Os segredos anteriores valem de 0 a 720 horas depois da troca.",
}


def title(status: int) -> str:
    """A heading for a status."""
    return TITLES.get(status, TITLES[400] if status < 500 else TITLES[500])


def text(code: str, error: Exception) -> str:
    """What happened and what to do, in one or two sentences."""
    details: Mapping[str, Any] = getattr(error, "details", {})
    special = _SPECIAL.get(code)
    if special is not None:
        return special(details)
    return _GENERAL.get(code, f"A operação foi recusada ({code}).")


def is_worded(code: str) -> bool:
    """Whether a code has words of its own."""
    return code in _GENERAL or code in _SPECIAL


def _permission(details: Mapping[str, Any]) -> str:
    wanted = terms.PERMISSION.get(str(details.get("permission")), "fazer isto")
    return f"Seu perfil não permite {wanted} nesta empresa. Peça a permissão a um administrador."


def _password(details: Mapping[str, Any]) -> str:
    match details.get("problem"):
        case "length":
            return f"A senha precisa ter de {details['shortest']} a {details['longest']} caracteres."
        case "login":
            return "A senha não pode conter o e-mail, nem o e-mail a senha."
        case _:
            return "Esta senha é das primeiras que se tentam. Escolha uma frase mais longa."


def _text(details: Mapping[str, Any]) -> str:
    what = _TEXTS.get(str(details.get("field")), "o texto")
    match details.get("reason"):
        case "missing":
            return f"Preencha {what}."
        case "too_long":
            return f"{what.capitalize()} passa de {details.get('limit', '')} caracteres. Encurte."
        case "email":
            return "Isto não é um endereço de e-mail. Confira e digite de novo."
        case _:
            return f"{what.capitalize()} tem um caractere que não se imprime. Digite de novo."


_TEXTS: dict[str, str] = {
    "reason": "o motivo",
    "name": "o nome",
    "code": "o código",
    "description": "a descrição",
    "label": "o nome",
}


_UNFIT: dict[str, str] = {
    "account_closed": "A conta está encerrada.",
    "account_not_a_bank": "A conta não é bancária e não emite boletos.",
    "account_without_agreement": "A conta não tem carteira de cobrança e não emite boletos.",
    "account_without_pix_key": "A conta não tem chave Pix.",
}


def _account_unfit(details: Mapping[str, Any]) -> str:
    why = _by_reason(_UNFIT, details, "A conta não aceita esta forma de pagamento.")
    return f"{why} Escolha outra conta ou outra forma de pagamento."


def _fiscal_code(details: Mapping[str, Any]) -> str:
    match details.get("reason"):
        case "item":
            return f"A LC 116 não tem o item {details.get('found', '')}. Confira na lista de serviços."
        case "mismatch":
            return "O código nacional não pertence a este item da LC 116: os quatro primeiros dígitos são os do item."
        case "lc116_missing":
            return "Informe também o item da LC 116."
        case _:
            wanted = "seis dígitos, como 010701" if details.get("field") == "ctribnac" else "a forma 01.07"
            return f"O código tem {wanted}."


_URL: dict[str, str] = {
    "too_long": "O endereço passa de 2.000 caracteres.",
    "scheme": "O endereço precisa começar por https://.",
    "user_info": "O endereço não pode levar usuário nem senha.",
    "fragment": "O endereço não pode levar # e o que vem depois.",
    "host": "O nome do servidor não é válido.",
    "port": "Só as portas 443 e 8443 são aceitas.",
    "address": "O endereço precisa ser público: servidores internos e nomes sem ponto não são aceitos.",
}


def _webhook_url(details: Mapping[str, Any]) -> str:
    return _by_reason(_URL, details, "O endereço não tem a forma https://servidor/caminho.")


def _by_reason(words: Mapping[str, str], details: Mapping[str, Any], otherwise: str) -> str:
    return words.get(str(details.get("reason")), otherwise)


def _webhook_personal(details: Mapping[str, Any]) -> str:
    if details.get("reason") == "limited":
        return "Dados pessoais não pertencem a uma empresa: o destino precisa receber de todas."
    return "O tópico leva dados pessoais: confirme que este destino pode recebê-los."


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "permission_missing": _permission,
    "password_too_weak": _password,
    "text_invalid": _text,
    "account_unfit": _account_unfit,
    "fiscal_code_invalid": _fiscal_code,
    "webhook_url_invalid": _webhook_url,
    "webhook_personal_data": _webhook_personal,
}
