"""The sample portfolio: three invented companies and their contracts, the same for a seed and a day."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from application.portfolio.columns import COLUMNS, Kind
from deploy.local.sample_words import (
    DISTRICTS,
    FAMILY_NAMES,
    FIRST_NAMES,
    ODD_NAMES,
    PLACES,
    STREETS,
    TRADES,
)
from domain.calendar import add_months
from domain.contract.schedule import suggest_first_due

Cells = dict[str, Any]

INDICES = Path(__file__).with_name("indices.csv")
"""Points of IGP-M, IPCA and INPC as published, for the contracts that are adjusted by them."""

COMPANIES: tuple[Cells, ...] = (
    {
        "codigo": "NIMBO",
        "razao_social": "Nimbo Tecnologia da Informação Ltda.",
        "nome_fantasia": "Nimbo",
        "municipio_ibge": "3550308",
        "inscricao_municipal": "4.567.890-1",
        "regime_tributario": "presumido",
        "faturamento_automatico": "sim",
        "multa_percentual": "2,00",
        "juros_percentual_mes": "1,00",
    },
    {
        "codigo": "ATLAS",
        "razao_social": "Atlas Contabilidade e Assessoria S/S",
        "nome_fantasia": "Atlas Contábil",
        "municipio_ibge": "3106200",
        "inscricao_municipal": "1234567",
        "regime_tributario": "simples",
        "faturamento_automatico": "não",
        "multa_percentual": "2,00",
        "juros_percentual_mes": "1,00",
    },
    {
        "codigo": "VERTENTE",
        "razao_social": "Vertente Cursos e Eventos EIRELI",
        "nome_fantasia": "Vertente",
        "municipio_ibge": "4106902",
        "regime_tributario": "simples",
        "faturamento_automatico": "não",
    },
)

_ITAU = {"tipo_conta": "banco", "banco": "341", "carteira": "109"}
_BB = {"tipo_conta": "banco", "banco": "001", "carteira": "17"}
_RATES = {"multa_percentual": "2,00", "juros_percentual_mes": "1,00"}

ACCOUNTS: tuple[Cells, ...] = (
    {"codigo": "ITAU-NIMBO", "empresa": "NIMBO", "nome": "Itaú 0810", "agencia": "0810"}
    | {"conta_numero": "53678", "conta_digito": "9", "chave_pix": "financeiro@nimbo.example"}
    | _ITAU
    | _RATES,
    {"codigo": "CAIXA-NIMBO", "empresa": "NIMBO", "nome": "Caixa da loja", "tipo_conta": "caixa"},
    {"codigo": "BB-ATLAS", "empresa": "ATLAS", "nome": "Banco do Brasil 4042", "agencia": "4042"}
    | {"conta_numero": "61900", "conta_digito": "0", "convenio": "1238798"}
    | {"chave_pix": "contas@atlas.example"}
    | _BB
    | _RATES,
    {"codigo": "ITAU-VERTENTE", "empresa": "VERTENTE", "nome": "Itaú 0057", "agencia": "0057"}
    | {"conta_numero": "12345", "conta_digito": "7", "chave_pix": "+5541999990000"}
    | _ITAU,
    {"codigo": "CARTAO-VERTENTE", "empresa": "VERTENTE", "nome": "Maquininha", "tipo_conta": "cartao"},
)

_SERVICES: tuple[tuple[str, str, str, str, str | None, str | None], ...] = (
    ("NIMBO", "ERP", "Licença de uso do ERP", "349,90", "01.05", "010501"),
    ("NIMBO", "SUPORTE", "Suporte técnico mensal", "180,00", "01.07", "010701"),
    ("NIMBO", "HOSP", "Hospedagem de aplicações", "99,00", "01.03", "010301"),
    ("NIMBO", "BACKUP", "Cópia de segurança em nuvem", "59,90", None, None),
    ("ATLAS", "CONTAB", "Escrituração contábil", "890,00", "17.19", "171901"),
    ("ATLAS", "FOLHA", "Folha de pagamento", "35,00", "17.19", "171901"),
    ("ATLAS", "ABERTURA", "Abertura de empresa", "1.500,00", "17.02", "170201"),
    ("ATLAS", "PERICIA", "Laudo e perícia contábil", "2.400,00", None, None),
    ("VERTENTE", "CURSO", "Curso de formação", "420,00", "08.02", "080201"),
    ("VERTENTE", "EVENTO", "Organização de eventos", "3.800,00", "17.10", "171001"),
    ("VERTENTE", "APOSTILA", "Apostila impressa", "75,00", None, None),
)

_DAYS = (1, 5, 10, 10, 15, 20, 25, 30, 31)
DEPARTMENTS = ("Comercial", "Projetos", "Matriz", "Filial Sul", "")


def write_sample(path: Path, *, contracts: int = 2000, today: date, seed: int = 20_250_222) -> None:
    """Write a CSV as `docs/manual/importacao.md` describes it. No real person, company or document in it."""
    names = ["tipo"]
    names += [n for n in dict.fromkeys(c.name for kind in Kind for c in COLUMNS[kind]) if n != "tipo"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";", restval="")
        writer.writeheader()
        for kind, cells in sample_rows(contracts, today, random.Random(seed)):  # noqa: S311  repeatable, not secret
            writer.writerow({"tipo": kind.value, **cells})


def sample_rows(contracts: int, today: date, chance: random.Random) -> Iterator[tuple[Kind, Cells]]:
    """Rows kind by kind; about three contracts to two customers."""
    for company in COMPANIES:
        yield Kind.COMPANY, {**company, "cnpj": _cnpj(chance, alphanumeric=company["codigo"] == "VERTENTE")}
    for account in ACCOUNTS:
        yield Kind.ACCOUNT, account
    for service in _SERVICES:
        yield Kind.SERVICE, _service(service)
    customers = max(1, contracts * 2 // 3)
    for number in range(1, customers + 1):
        yield Kind.CUSTOMER, _customer(number, chance)
    for number in range(1, contracts + 1):
        for cells in _contract(number, customers, today, chance):
            yield Kind.CONTRACT, cells


def _service(row: tuple[str, str, str, str, str | None, str | None]) -> Cells:
    company, code, description, price, lc116, ctribnac = row
    return {
        "empresa": company,
        "codigo": code,
        "descricao": description,
        "natureza": "produto" if _is_product(row) else "serviço",
        "preco": price,
        "item_lc116": lc116 or "",
        "ctribnac": ctribnac or "",
    }


def _is_product(service: tuple[Any, ...]) -> bool:
    return bool(service[1] == "APOSTILA")


def _customer(number: int, chance: random.Random) -> Cells:
    person = chance.random() < 0.4
    name, trade_name = _names(number, person, chance)
    city, state, city_code, zip_code = chance.choice(PLACES)
    cells: Cells = {
        "codigo": f"C{number:05d}",
        "nome": name,
        "nome_fantasia": trade_name,
        "pessoa": "física" if person else "jurídica",
        "documento": _document(number, person, chance),
        "logradouro": chance.choice(STREETS),
        "numero": str(chance.randint(1, 2999)),
        "bairro": chance.choice(DISTRICTS),
        "cidade": city,
        "municipio_ibge": city_code,
        "uf": state,
        "cep": f"{zip_code}{chance.randint(0, 999):03d}",
    }
    if number % 17:
        first_name = chance.choice(FIRST_NAMES)
        cells |= {
            "contato_nome": first_name,
            "contato_email": f"cobranca.{number}@cliente{number % 400}.example",
            "contato_telefone": f"({chance.randint(11, 99)}) 9{chance.randint(1000, 9999)}-0000",
        }
    return cells


def _names(number: int, person: bool, chance: random.Random) -> tuple[str, str]:
    if number <= len(ODD_NAMES):
        return ODD_NAMES[number - 1], ""
    family = chance.choice(FAMILY_NAMES)
    if person:
        return f"{chance.choice(FIRST_NAMES)} {chance.choice(FAMILY_NAMES)} {family}", ""
    trade = chance.choice(TRADES)
    ending = chance.choice(("Ltda.", "S.A.", "ME", "EPP"))
    return f"{trade} {family} {number} {ending}", f"{trade} {family}" if number % 3 == 0 else ""


def _document(number: int, person: bool, chance: random.Random) -> str:
    if number % 53 == 0:
        return ""
    if person:
        return _cpf(chance)
    return _cnpj(chance, alphanumeric=number % 9 == 0)


def _contract(number: int, customers: int, today: date, chance: random.Random) -> Iterator[Cells]:
    company = chance.choices(("NIMBO", "ATLAS", "VERTENTE"), (6, 3, 1))[0]
    starts = today - timedelta(
        days=chance.choices((0, 45, 200, 420), (3, 4, 2, 1))[0] + chance.randint(0, 40)
    )
    services = _sold(company, number, chance)
    term = _instalments(number, starts, chance) if number % 12 == 0 else _term(number, starts, chance)
    cells: Cells = {
        "codigo": f"{company[:2]}-{number:05d}",
        "empresa": company,
        "cliente": f"C{1 + (number * 7) % customers:05d}",
        "data_inicio": _br(starts),
        "departamento": chance.choice(DEPARTMENTS),
        "observacao": "Cliente pede nota até o dia 5" if number % 40 == 0 else "",
        **_payment(company, chance),
        **term,
        **_extras(number, chance),
    }
    ends = {"parcelas", "data_termino"} & term.keys()  # what ends may have nothing left from today on
    cells["retroativo"] = "todas" if ends else chance.choices(("todas", "hoje", "próximo mês"), (6, 2, 2))[0]
    if number % 41 == 0:
        total = f"{chance.randint(2, 90) * 100},00"
        yield {**cells, "valor_bruto": total} | ({} if number % 5 == 0 else {"emite_nota": "não"})
        return
    if all(_is_product(service) for service in services):
        cells["emite_nota"] = "não"  # goods go with NF-e, from sales
    for position, service in enumerate(services):
        item = _item(service, number, chance)
        yield {**cells, **item} if position == 0 else {**_key(cells), **item}


def _key(cells: Cells) -> Cells:
    return {name: cells[name] for name in ("codigo", "empresa")}


def _item(service: tuple[str, ...] | Any, number: int, chance: random.Random) -> Cells:
    item = {
        "servico": service[1],
        "descricao": f"{service[2]} – {chance.randint(2, 40)} usuários" if number % 5 == 0 else service[2],
        "quantidade": str(chance.choices((1, 2, 5, 12), (7, 2, 1, 1))[0]),
        "valor_unitario": service[3],
    }
    if number % 11 == 0:
        item["desconto_percentual"] = "10%"
    elif number % 13 == 0:
        item["desconto_valor"] = "15,00"
    return item


def _payment(company: str, chance: random.Random) -> Cells:
    bank = {"NIMBO": "ITAU-NIMBO", "ATLAS": "BB-ATLAS", "VERTENTE": "ITAU-VERTENTE"}[company]
    method = chance.choices(
        ("boleto", "pix", "transferência", "dinheiro", "cartão crédito"), (75, 14, 5, 3, 3)
    )[0]
    other = {"NIMBO": "CAIXA-NIMBO", "ATLAS": bank, "VERTENTE": "CARTAO-VERTENTE"}[company]
    return {
        "forma_pagamento": method,
        "conta": other if method in ("dinheiro", "cartão crédito") else bank,
        "emite_nota": "não" if method == "dinheiro" else "por parcela",
        "envia_email": "não" if method == "dinheiro" else "sim",
    }


def _sold(company: str, number: int, chance: random.Random) -> list[tuple[Any, ...]]:
    """One or two services; few contracts have one whose fiscal code nobody has looked up yet."""
    ours = [service for service in _SERVICES if service[0] == company]
    if number % 25 == 0:
        return [service for service in ours if service[4] is None]
    return chance.sample([service for service in ours if service[4] is not None], k=1 + (number % 4 == 0))


def _instalments(number: int, starts: date, chance: random.Random) -> Cells:
    """*Parcelado*: a total in equal or unequal parts, each with its nota or all with one."""
    cells: Cells = {"tipo_pagamento": "parcelado", "dia_vencimento": str(chance.choice(_DAYS))}
    if number % 24 == 0:
        cells |= {"parcelas": "3", "divisao": "30% / 30% / 40%"}
    else:
        cells["parcelas"] = str(chance.choice((3, 6, 10)))
    if number % 36 == 0:
        cells["emite_nota"] = "única"
    return cells


def _term(number: int, starts: date, chance: random.Random) -> Cells:
    """*Recorrente*: by date, by count or without end; adjusted by an index or not."""
    periodicity = chance.choices(
        ("mensal", "semanal", "quinzenal", "bimestral", "trimestral", "semestral", "anual"),
        (84, 2, 2, 3, 4, 2, 3),
    )[0]
    cells: Cells = {"periodicidade": periodicity, **_adjustment(number)}
    if number % 33 == 0:
        cells["valor_variavel"] = "sim"
    if periodicity in ("semanal", "quinzenal"):
        return cells | {"primeiro_vencimento": _br(starts + timedelta(days=7))}
    day = chance.choice(_DAYS)
    cells["dia_vencimento"] = str(day)
    if number % 7 == 0:
        cells["data_termino"] = _br(add_months(starts, chance.choice((12, 18, 24))) - timedelta(days=1))
    elif number % 10 == 0:
        cells["parcelas"] = str(chance.choice((12, 18, 24) if "indice" in cells else (6, 12, 24)))
    if number % 37 == 0:
        cells["primeiro_vencimento"] = _br(add_months(suggest_first_due(starts, day), 2, day))
    elif number % 29 == 0 and suggest_first_due(starts, day) > starts:
        cells["pro_rata_desde"] = _br(starts)
    if number % 19 == 0:
        cells["dia_nao_util"] = chance.choice(("próximo", "anterior"))
    return cells


def _adjustment(number: int) -> Cells:
    if number % 3:
        return {}
    index = ("IGPM", "IPCA", "INPC")[number % 2 + (number % 5 == 0)]
    # What waits for a month that is not published yet is Valor Pendente: a few show how that looks.
    waits = "aguardar" if number % 30 == 0 else "último"
    return {"indice": index, "reajuste_meses": "12", "indice_nao_publicado": waits}


def _extras(number: int, chance: random.Random) -> Cells:
    """Terms of their own: between companies with a higher fine, accrued in the month before."""
    cells: Cells = {}
    if number % 43 == 0:
        cells |= {"consumidor": "não", "multa_percentual": "5,00", "juros_percentual_mes": "1,50"}
    if number % 23 == 0:
        cells["competencia_meses"] = str(chance.choice((-1, 1)))
    return cells


def _br(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _cpf(chance: random.Random) -> str:
    base = [chance.randint(0, 9) for _ in range(9)]
    for _ in range(2):
        weighted = sum(d * w for d, w in zip(base, range(len(base) + 1, 1, -1), strict=True))
        base.append((weighted * 10 % 11) % 10)
    text = "".join(map(str, base))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _cnpj(chance: random.Random, *, alphanumeric: bool) -> str:
    """A CNPJ with right check digits; alphanumeric ones by IN RFB 2229/2024 (value = code point − 48)."""
    alphabet = "0123456789ABCDEFGHIJKLMNPQRSTVWXYZ" if alphanumeric else "0123456789"
    text = "".join(chance.choice(alphabet) for _ in range(8)) + "0001"
    for _ in range(2):
        weights = [2 + place % 8 for place in range(len(text))]
        total = sum((ord(c) - 48) * w for c, w in zip(reversed(text), weights, strict=True))
        text += str(11 - total % 11 if total % 11 > 1 else 0)
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
