"""Cases of other implementations, found beside the repository; none where they are absent."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.account.events import BoletoAgreement

type Case = dict[str, Any]


def golden() -> dict[str, Any]:
    """The file of cases from the first `shared/golden` above this one."""
    for folder in Path(__file__).resolve().parents:
        file = folder / "shared" / "golden" / "boletos.json"
        if file.is_file():
            cases: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return cases
    return {"cases": [], "fator_vencimento": []}


def agreement_of(case: Case) -> BoletoAgreement:
    """brcobranca's names (pycobranca's where they differ) to ours.

    `codigo_servico` is service 21 of Banco do Brasil, which only a convênio of 6 digits has.
    """
    given = case["inputs"]
    convenio = str(given["convenio"]) if given.get("convenio") is not None else None
    free_number = bool(given.get("codigo_servico")) and len(convenio or "") == 6
    return BoletoAgreement(
        bank_code=case["bank"],
        branch=str(given["agencia"]),
        account_number=str(given.get("conta_corrente", given.get("conta"))),
        account_digit=None,
        portfolio=str(given["carteira"]),
        agreement=convenio,
        variation="21" if free_number else None,
    )


def amount_of(case: Case) -> Decimal:
    return Decimal(str(case["inputs"].get("valor", 0))).quantize(Decimal("0.01"))
