"""The JSON API: the listing's own filter, one object at a time, billing now, and what each token may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.api_tokens import Scope
from domain.boleto.barcode import format_linha_digitavel, parse_linha_digitavel
from domain.user.roles import Role
from tests.web.portfolio import Portfolio
from tests.web.world import World, everywhere
from web.wording import parameters

MARCH = {"start": "2026-03-01", "end": "2026-03-31"}


@pytest.fixture
def portfolio(still_portfolio: Portfolio) -> Portfolio:
    return still_portfolio


@pytest.fixture(scope="module")
def token_of(still_world: World) -> Callable[..., TestClient]:
    user = still_world.person("robo@exemplo.com.br", everywhere(Role.FINANCE))

    def integrator(*scopes: Scope, companies: frozenset[UUID] | None = None) -> TestClient:
        return still_world.integrator(still_world.token(user, *scopes, companies=companies))

    return integrator


@pytest.fixture(scope="module")
def api(token_of: Callable[..., TestClient]) -> TestClient:
    return token_of(Scope.READ, Scope.BILL)


def get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_invoice_has_money_as_text_and_every_documents_state(
    api: TestClient, portfolio: Portfolio
) -> None:
    invoice = get(api, f"/invoices/{portfolio.failed}")
    assert invoice["amount"] == "1234567.89"
    assert invoice["situacao"] == "error"
    assert invoice["failure"]["reason"] == "service_without_fiscal_code"
    assert invoice["documents"] == {
        "boleto": "requested",
        "pix": "not_wanted",
        "nfse": "failed",
        "pdf": "waiting",
        "email": "waiting",
    }
    assert invoice["due_on"] == "2026-03-10"
    assert len(invoice["linha_digitavel"]) == 47


def test_the_listing_takes_the_filters_of_the_page(api: TestClient, portfolio: Portfolio) -> None:
    def ids(**params: Any) -> set[str]:
        return {each["invoice_id"] for each in get(api, "/invoices", **MARCH, **params)["invoices"]}

    assert len(ids()) == 8
    assert ids(situacao=["error", "cancelled"]) == {str(portfolio.failed), str(portfolio.cancelled)}
    assert ids(date_type="billed_on") == {str(portfolio.billed), str(portfolio.paid)}
    assert ids(instalment_status="paid") == {str(portfolio.paid)}
    assert ids(company_id=str(portfolio.other_company)) == {str(portfolio.foreign)}
    assert ids(contract_id=str(portfolio.contract)) == {str(portfolio.billed)}
    assert ids(search="TELEFONE", search_type="notes") == {str(portfolio.pending[0])}
    comercial = ids(department="Comercial")
    assert str(portfolio.pending[0]) in comercial
    assert ids(department="-") == ids() - comercial
    assert ids(department=["Comercial", "-"]) == ids()
    assert ids(department="Nenhum") == set()


def test_a_boleto_is_found_by_every_form_of_its_number(api: TestClient, portfolio: Portfolio) -> None:
    invoice = get(api, f"/invoices/{portfolio.billed}")
    printed, linha = invoice["nosso_numero"], invoice["linha_digitavel"]
    assert re.fullmatch(r"109/[0-9]{8}-[0-9]", printed)
    number = printed[4:12]
    forms = [printed, number, number.lstrip("0").zfill(3), f"109/{number}", printed.replace("/", " / ")]
    forms += [linha, format_linha_digitavel(linha), parse_linha_digitavel(linha).digits]
    for search_type in ("standard", "boleto"):
        for form in forms:
            found = get(api, "/invoices", **MARCH, search=form, search_type=search_type)["invoices"]
            assert [each["invoice_id"] for each in found] == [str(portfolio.billed)], form


@pytest.mark.parametrize(
    ("path", "name", "key", "count"),
    [
        ("/invoices", "invoices", "invoice_id", 24),
        ("/contracts", "contracts", "contract_id", 8),
        ("/customers", "customers", "customer_id", 7),
        ("/billing-runs", "billing_runs", "run_id", 0),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 200])
def test_pages_of_any_size_give_everything_once(
    api: TestClient, path: str, name: str, key: str, count: int, limit: int
) -> None:
    params = {"start": "2026-01-01", "end": "2026-12-31"} if path == "/invoices" else {}
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(api, path, limit=limit, cursor=cursor, **params)
        found += [each[key] for each in page[name]]
        cursor = page["next"]
    assert len(found) == len(set(found)) == count


def test_a_contract_has_its_terms_and_schedule(api: TestClient, portfolio: Portfolio) -> None:
    contract = get(api, f"/contracts/{portfolio.contract}")
    assert (contract["code"], contract["periodicity"]) == ("A-001", "monthly")
    assert [period["situacao"] for period in contract["schedule"]] == ["billed", "pending", "pending"]
    assert contract["schedule"][0]["generated_amount"] == "150.00"


def test_a_customer_is_found_by_name_and_by_id(api: TestClient) -> None:
    [customer] = get(api, "/customers", search="parque das aguas")["customers"]
    assert get(api, f"/customers/{customer['customer_id']}")["document"] == "19131243000197"


def test_a_token_of_one_company_sees_nothing_of_another(
    token_of: Callable[..., TestClient], still_world: World, portfolio: Portfolio
) -> None:
    beta = token_of(companies=frozenset({portfolio.other_company}))
    assert [each["invoice_id"] for each in get(beta, "/invoices", **MARCH)["invoices"]] == [
        str(portfolio.foreign)
    ]
    asked = get(beta, "/invoices", company_id=str(still_world.organisation.company), **MARCH)
    assert asked["invoices"] == []
    assert [each["code"] for each in get(beta, "/contracts")["contracts"]] == ["B-001"]
    assert [each["code"] for each in get(beta, "/customers")["customers"]] == ["ALHEIO"]
    for path in (
        f"/invoices/{portfolio.billed}",
        f"/contracts/{portfolio.contract}",
        f"/customers/{still_world.organisation.customers[0]}",
        f"/billing-runs/{UUID(int=1)}",
    ):
        answer = beta.get(f"/api/v1{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_scopes_are_asked_for(token_of: Callable[..., TestClient], portfolio: Portfolio) -> None:
    reader, biller = token_of(Scope.READ), token_of(Scope.BILL)
    body = {"invoice_ids": [str(portfolio.billed)]}
    assert reader.post("/api/v1/invoices/bill-now", json=body).json()["code"] == "scope_missing"
    assert biller.get("/api/v1/invoices", params=MARCH).json()["code"] == "scope_missing"


def test_billing_what_is_billed_or_unknown_is_refused_item_by_item(
    api: TestClient, portfolio: Portfolio
) -> None:
    body = {"invoice_ids": [str(portfolio.billed), str(UUID(int=9))]}
    answer = api.post("/api/v1/invoices/bill-now", json=body).json()
    assert [each["outcome"] for each in answer["outcomes"]] == ["refused", "refused"]
    assert [each["reason"] for each in answer["outcomes"]] == ["invoice_billed", "not_found"]
    assert answer["position"] is None


@pytest.mark.parametrize(
    "body", [{}, {"invoice_ids": []}, {"invoice_ids": ["x"]}, {"invoice_ids": [], "more": 1}, [], None, "x"]
)
def test_a_body_of_another_form_is_refused(api: TestClient, body: Any) -> None:
    answer = api.post("/api/v1/invoices/bill-now", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/invoices", {}),
        ("/invoices", {"start": "2026-03-01"}),
        ("/invoices", {"start": "01/03/2026", "end": "2026-03-31"}),
        ("/invoices", MARCH | {"limit": 0}),
        ("/invoices", MARCH | {"limit": 201}),
        ("/invoices", MARCH | {"situacao": "lost"}),
        ("/invoices", MARCH | {"company_id": "x"}),
        ("/invoices", MARCH | {"search": "x" * 101}),
        ("/contracts", {"limit": "many"}),
        ("/customers/x", {}),
    ],
)
def test_a_parameter_of_another_form_is_named(api: TestClient, path: str, params: dict[str, Any]) -> None:
    answer = api.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 422
    (told,) = answer.json()["errors"][:1]
    assert not told["field"].startswith(("query", "path", "body"))
    assert told["field"] in answer.json()["detail"]
    assert "valor não aceito" not in told["problem"]


@pytest.mark.parametrize("path", ["/invoices", "/contracts", "/customers", "/billing-runs"])
def test_a_cursor_of_another_listing_is_refused(api: TestClient, path: str) -> None:
    cursor = get(api, "/contracts", limit=1)["next"] if path != "/contracts" else "x"
    period = MARCH if path == "/invoices" else {}
    answer = api.get(f"/api/v1{path}", params=period | {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
    assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("params", "field", "problem"),
    [
        ({"start": "2026-03-01"}, "end", "informe este campo"),
        (MARCH | {"start": "01/03/2026"}, "start", "escreva a data como 2026-12-31"),
        (MARCH | {"limit": 201}, "limit", "o máximo é 200"),
        (MARCH | {"limit": "x"}, "limit", "envie um número inteiro"),
        (MARCH | {"company_id": "x"}, "company_id.0", "envie um identificador (UUID)"),
        (
            MARCH | {"situacao": "lost"},
            "situacao.0",
            "use um destes: pending, billed, cancelled, error, value_pending",
        ),
        (MARCH | {"search": "x" * 101}, "search", "use no máximo 100 caracteres"),
        (MARCH | {"situação": "error"}, "situação", "parâmetro desconhecido; talvez “situacao”"),
        (MARCH | {"customer": str(UUID(int=1))}, "customer", "parâmetro desconhecido; talvez “customer_id”"),
        (MARCH | {"zzz": "1"}, "zzz", "parâmetro desconhecido; retire-o"),
        (
            {"start": "2026-03-31", "end": "2026-03-01"},
            "end",
            "o fim (2026-03-01) é anterior ao início (2026-03-31); corrija uma das duas datas",
        ),
    ],
)
def test_what_is_wrong_with_a_parameter_is_told_in_portuguese(
    api: TestClient, params: dict[str, Any], field: str, problem: str
) -> None:
    answer = api.get("/api/v1/invoices", params=params)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"] == [{"field": field, "problem": problem}]
    assert f"{field}: {problem}." in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/contracts", "/customers", "/billing-runs", "/events", f"/contracts/{UUID(int=1)}"]
)
def test_no_list_takes_a_parameter_that_it_does_not_have(api: TestClient, path: str) -> None:
    answer = api.get(f"/api/v1{path}", params={"limite": 3})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "limite"


def test_who_has_no_token_learns_nothing_of_parameters(still_world: World) -> None:
    assert still_world.browser().get("/api/v1/invoices", params={"zzz": 1}).status_code == 401


def test_a_call_that_another_site_made_a_browser_send_is_refused_as_a_problem(api: TestClient) -> None:
    body = {"invoice_ids": [str(UUID(int=9))]}
    answer = api.post("/api/v1/invoices/bill-now", json=body, headers={"Origin": "https://evil.example"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")


def test_every_rule_that_a_parameter_can_break_has_words() -> None:
    kinds = {
        "missing",
        "json_invalid",
        "extra_forbidden",
        "enum",
        "uuid_parsing",
        "int_parsing",
        "greater_than_equal",
        "less_than_equal",
        "date_from_datetime_parsing",
        "string_too_long",
        "too_long",
        "too_short",
        "list_type",
    }
    assert all(parameters.is_worded(kind) for kind in kinds)
    assert "/api/v1/openapi.json" in parameters.words("of_a_later_release", {})


def test_the_document_of_the_messages_is_there_without_a_token(still_world: World) -> None:
    answer = TestClient(still_world.app).get("/api/v1/asyncapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["channels"]["billing.invoices.v1"]["address"] == "billing.invoices.v1"


def test_the_document_names_every_path_and_no_page(api: TestClient) -> None:
    paths = set(api.get("/api/v1/openapi.json").json()["paths"])
    assert paths == {
        "/api/v1/invoices",
        "/api/v1/invoices/bill-now",
        "/api/v1/invoices/{invoice_id}",
        "/api/v1/invoices/{invoice_id}/history",
        "/api/v1/contracts",
        "/api/v1/contracts/{contract_id}",
        "/api/v1/customers",
        "/api/v1/customers/{customer_id}",
        "/api/v1/billing-runs",
        "/api/v1/billing-runs/{run_id}",
        "/api/v1/sales",
        "/api/v1/sales/{sale_id}",
        "/api/v1/settlements",
        "/api/v1/settlements/{settlement_id}",
        "/api/v1/events",
        "/api/v1/events/stream",
    }
