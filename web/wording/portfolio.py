"""The words of a portfolio file: what each column takes, what is wrong with a cell, what to do about it."""

from __future__ import annotations

import re

from application.portfolio.importer import PastDue
from application.portfolio.problems import PortfolioFileError, Problem
from web.wording.portfolio_problems import PROBLEMS

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DECIMAL = re.compile(r"-?\d+\.\d+")

KIND_HELP = {
    "empresa": "Uma linha por empresa que emite as cobranças.",
    "conta": "Onde o dinheiro entra: conta bancária, caixa, carteira digital ou cartão.",
    "servico": "Os serviços e produtos de cada empresa, com o código fiscal da NFS-e.",
    "cliente": "As pessoas e organizações que pagam.",
    "contrato": "Um contrato por linha; itens a mais repetem `codigo` e `empresa` na linha logo abaixo.",
}

COLUMN_HELP: dict[str, tuple[str, str]] = {
    "tipo": ("Só no CSV: empresa, conta, servico, cliente ou contrato.", "contrato"),
    "codigo": ("Código seu para a linha; é por ele que as outras linhas a citam.", "NI-00042"),
    "razao_social": ("Nome empresarial, como no CNPJ.", "Nimbo Tecnologia Ltda."),
    "nome_fantasia": ("Nome pelo qual é conhecido.", "Nimbo"),
    "cnpj": ("CNPJ, numérico ou alfanumérico, com ou sem pontuação.", "12.ABC.345/01DE-35"),
    "inscricao_municipal": ("Inscrição no município, se houver.", "4567890"),
    "municipio_ibge": ("Código IBGE do município, 7 dígitos.", "3550308"),
    "regime_tributario": ("simples, mei, presumido ou real. Vazio: simples.", "simples"),
    "faturamento_automatico": (
        "sim ou não: o sistema fatura sozinho no vencimento. Vazio: como está; em empresa nova, não.",
        "sim",
    ),
    "multa_percentual": (
        "Multa por atraso, em %, junto com os juros. Vazios os dois: os da conta; senão, os da empresa. Limite legal de 2%.",
        "2,00",
    ),
    "juros_percentual_mes": ("Juros por atraso, em % ao mês, junto com a multa. Limite legal de 1%.", "1,00"),
    "empresa": ("Código da empresa, como na linha dela.", "NIMBO"),
    "nome": ("Nome do cliente ou da conta.", "Padaria Água Verde Ltda."),
    "tipo_conta": ("banco, caixa, carteira ou cartao.", "banco"),
    "banco": ("Código do banco, 3 dígitos. Conta bancária tem.", "341"),
    "agencia": ("Agência, sem dígito. Conta bancária tem.", "0810"),
    "conta_numero": ("Número da conta, sem dígito. Conta bancária tem.", "53678"),
    "conta_digito": ("Dígito da conta.", "9"),
    "carteira": ("Carteira de cobrança, para boletos.", "109"),
    "convenio": ("Convênio de cobrança, onde o banco pede.", "1238798"),
    "variacao": ("Variação da carteira, onde o banco pede.", "019"),
    "proximo_nosso_numero": (
        "Nosso número do próximo boleto, sem dígito e sem o convênio, para quem vem de outro sistema. Vazio: continua daqui.",
        "15001",
    ),
    "chave_pix": (
        "Chave Pix que recebe: CPF, CNPJ, e-mail, telefone +55… ou aleatória.",
        "financeiro@nimbo.example",
    ),
    "descricao": ("O que está sendo vendido; no contrato, o texto do item.", "Licença – 10 usuários"),
    "natureza": ("servico ou produto. Vazio: servico.", "serviço"),
    "preco": ("Preço de tabela.", "349,90"),
    "item_lc116": ("Item da lista da LC 116/2003. Sem ele a NFS-e não sai.", "01.07"),
    "ctribnac": ("Código de tributação nacional, 6 dígitos.", "010701"),
    "pessoa": ("fisica ou juridica.", "jurídica"),
    "documento": ("CPF ou CNPJ. Pode faltar; então o boleto não pode ser registrado.", "123.456.789-09"),
    "logradouro": ("Rua, avenida, praça.", "Rua das Acácias"),
    "numero": ("Número do endereço. Vazio: s/n.", "120"),
    "complemento": ("Complemento do endereço.", "sala 3"),
    "bairro": ("Bairro.", "Centro"),
    "cidade": ("Cidade.", "Curitiba"),
    "uf": ("Sigla do estado.", "PR"),
    "cep": ("CEP, 8 dígitos.", "80010-000"),
    "contato_nome": ("Contato de cobrança: nome.", "Ana"),
    "contato_email": ("Contato de cobrança: e-mail que recebe as cobranças.", "ana@cliente.example"),
    "contato_telefone": ("Contato de cobrança: telefone.", "(41) 99999-0000"),
    "cliente": ("Código do cliente, como na linha dele.", "C00042"),
    "conta": ("Código da conta que recebe.", "ITAU-NIMBO"),
    "data_inicio": ("Início do contrato.", "01/01/2026"),
    "data_termino": ("Nenhuma parcela vence depois dela. Vazio: sem prazo.", "31/12/2026"),
    "parcelas": ("Quantas parcelas. Com data_termino, vale o que acabar antes.", "12"),
    "primeiro_vencimento": (
        "Vencimento da primeira parcela. Vazio: o primeiro dia de vencimento a partir do início.",
        "10/01/2026",
    ),
    "dia_vencimento": (
        "Dia do mês, 1 a 31; mês curto usa o último dia. Vazio: o dia do primeiro vencimento, ou do início. Semanal e quinzenal não têm.",
        "10",
    ),
    "periodicidade": (
        "semanal, quinzenal, mensal, bimestral, trimestral, semestral ou anual. Vazio: mensal.",
        "mensal",
    ),
    "tipo_pagamento": (
        "recorrente, ou parcelado (um total dividido em parcelas). Vazio: recorrente.",
        "recorrente",
    ),
    "divisao": (
        "Parcelado desigual: percentuais ou valores separados por barra, que somem o total.",
        "30% / 30% / 40%",
    ),
    "forma_pagamento": (
        "boleto, pix, transferencia, cartao_credito, cartao_debito, debito_conta, cheque, dinheiro, desconto_folha ou outros.",
        "boleto",
    ),
    "retroativo": (
        "Obrigatória se o contrato começou antes de hoje: cobrar todas as parcelas desde o início (também as já vencidas), só as que vencem de hoje em diante, ou só as do proximo_mes em diante.",
        "hoje",
    ),
    "valor_bruto": ("Valor por período, só quando não há itens.", "1.500,00"),
    "valor_variavel": ("sim: cada parcela espera o valor definitivo. Vazio: não.", "não"),
    "pro_rata_desde": ("Cobrar o primeiro período proporcional a partir deste dia.", "18/01/2026"),
    "dia_nao_util": (
        "Vencimento em dia não útil: manter, proximo ou anterior dia útil. Vazio: manter.",
        "manter",
    ),
    "indice": (
        "Índice de reajuste: IGPM, IGPDI, INPC, IPCA ou outro que esteja cadastrado. Vazio: sem reajuste.",
        "IPCA",
    ),
    "reajuste_meses": (
        "De quantos em quantos meses reajusta; menos de 12 a lei não permite. Vazio: 12.",
        "12",
    ),
    "indice_nao_publicado": ("aguardar, ultimo ou pular. Vazio: aguardar.", "aguardar"),
    "indice_negativo": ("zerar (preço não cai) ou aplicar. Vazio: zerar.", "zerar"),
    "indice_arredondado": ("sim: arredonda o percentual a duas casas antes de aplicar. Vazio: não.", "não"),
    "reajuste_fora_lei": (
        "sim: contrato fora da Lei 10.192/2001, com reajuste em menos de 12 meses. Vazio: não.",
        "não",
    ),
    "emite_nota": (
        "por_parcela, unica ou nao; nao para quem só compra produtos, que saem com NF-e. Vazio: por_parcela.",
        "por_parcela",
    ),
    "envia_email": ("sim ou não. Vazio: sim.", "sim"),
    "consumidor": ("sim: vale o Código de Defesa do Consumidor (multa até 2%). Vazio: sim.", "sim"),
    "competencia_meses": ("Meses entre o vencimento e a competência (-1 = mês anterior). Vazio: 0.", "0"),
    "departamento": ("Departamento ou centro de custo.", "Comercial"),
    "observacao": (
        "Texto livre, interno; não sai no boleto nem na nota. Não ponha dados pessoais.",
        "Fatura até o dia 5",
    ),
    "servico": ("Código do serviço do item.", "ERP"),
    "quantidade": ("Quantidade por período. Vazio: 1.", "2"),
    "valor_unitario": ("Preço por unidade. Vazio: o de tabela.", "349,90"),
    "desconto_percentual": ("Desconto do item em %.", "10%"),
    "desconto_valor": ("Desconto do item em reais; nunca junto com o percentual.", "15,00"),
}

PROBLEM_HEADINGS = ("aba", "linha", "coluna", "valor", "problema", "código")
RESULT_HEADINGS = {
    "kind": "tipo",
    "new": "novos",
    "corrected": "corrigidos",
    "same": "sem mudança",
    "refused": "recusados",
}

ROWS_UNREAD = "(sem tipo ou com células a mais)"
"""Rows that never became an entry of any kind."""

_FILE_PROBLEMS = {
    "file_not_found": "O arquivo {path} não existe.",
    "file_type_unknown": "O arquivo deve ser .csv ou .xlsx, e não «{suffix}».",
    "file_empty": "O arquivo está vazio: nada foi importado.",
    "file_without_rows": "O arquivo só tem cabeçalho, nenhuma linha abaixo dele: nada foi importado.",
    "file_not_text": "O arquivo não é um CSV: tem bytes nulos. Salve-o como «CSV UTF-8».",
    "line_too_long": "Uma linha passa de {limit} caracteres. Confira se o arquivo é mesmo um CSV.",
    "csv_broken": "O CSV está quebrado perto da linha {line}: {reason}. Confira as aspas.",
    "header_without_kind": "A primeira linha deve trazer os nomes das colunas, com uma coluna «tipo».",
    "too_many_columns": "O cabeçalho tem colunas demais: no máximo {limit}.",
    "column_repeated": "A coluna {column} aparece mais de uma vez no cabeçalho.",
    "workbook_broken": "A planilha não pôde ser lida ({reason}). Abra e salve-a de novo como .xlsx.",
    "workbook_too_large": "A planilha passa de {limit} quando aberta. Divida-a ou use CSV.",
    "workbook_without_sheets": "A planilha não tem nenhuma das abas {sheets}.",
}


def importing_text(file: str) -> str:
    """While a file is being read in."""
    return f"importando {file}"


def problems_text(shown: int, count: int, file: str) -> str:
    """Where all problems are, once the first have been shown."""
    more = f"… e mais {count - shown} problemas. " if count > shown else ""
    return f"{more}Todos os problemas: {file}"


def problem_text(problem: Problem) -> str:
    """One problem as a sentence: where, what, and what to do."""
    where = f"linha {problem.line}"
    if problem.sheet:
        where = f"aba {problem.sheet}, {where}"
    if problem.column:
        where += f", coluna {problem.column}"
    shown = f"«{problem.value}» " if problem.value else ""
    return f"{where}: {shown}{problem_words(problem)}"


def problem_words(problem: Problem) -> str:
    """What is wrong and what to do, without where it stands."""
    words = PROBLEMS.get(problem.code) or PROBLEMS.get(problem.code.partition(".")[0])
    if words is None:
        return f"não foi aceita ({problem.code}). Confira a linha com a de um contrato que entrou."
    details = {name: _brazilian(text) for name, text in problem.details.items()}
    return words.format_map(_Details(details, help=COLUMN_HELP.get(problem.column or "", ("", ""))[0]))


class _Details(dict[str, str]):
    """A detail that an error of another release leaves out is a dash, never a failure."""

    def __missing__(self, key: str) -> str:
        return "–"


def _brazilian(text: str) -> str:
    """Dates and decimals of a detail as they are written in Brazil."""
    if found := _ISO_DATE.fullmatch(text):
        return f"{found[3]}/{found[2]}/{found[1]}"
    return text.replace(".", ",") if _DECIMAL.fullmatch(text) else text


def past_due_text(past_due: PastDue) -> str:
    """What automatic billing is about to do with what fell due before the import."""
    if past_due.invoices == 1:
        found = "1 parcela que entrou agora já venceu: será faturada"
    else:
        found = f"{past_due.invoices} parcelas que entraram agora já venceram: serão faturadas"
    return (
        f"Atenção: {past_due.company} tem faturamento automático, e {found} sem que ninguém peça, "
        "com o vencimento que já passou."
    )


def file_problem_text(error: PortfolioFileError) -> str:
    """Why a whole file could not be read, and what to do."""
    return _FILE_PROBLEMS[error.code].format(**error.details)
