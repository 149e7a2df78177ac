"""Where a webhook may lead: addresses of the public internet, in one form, and nothing inside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.webhooks.addresses import WebhookUrlInvalidError, parse_target, refusal_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://erp.example.com", "https://erp.example.com/"),
        (" HTTPS://ERP.Example.COM:443/a?b=c ", "https://erp.example.com/a?b=c"),
        ("https://erp.example.com:8443/x", "https://erp.example.com:8443/x"),
        ("https://erp.example.com./x", "https://erp.example.com/x"),
        ("https://faturação.exemplo.com.br/ç", "https://xn--faturao-2wa9a.exemplo.com.br/%C3%A7"),
        ("https://ERP。example.com/", "https://erp.example.com/"),
        ("https://1.1.1.1/x", "https://1.1.1.1/x"),
        ("https://[2606:4700:4700:0::1111]/x", "https://[2606:4700:4700::1111]/x"),
        ("https://erp.example.com/a%20b?x=%2F", "https://erp.example.com/a%20b?x=%2F"),
        ("https://erp.example.com?x=1", "https://erp.example.com/?x=1"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    target = parse_target(typed)
    assert str(target) == kept
    assert parse_target(kept) == target


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "scheme"),
        ("erp.example.com", "scheme"),
        ("http://erp.example.com/", "scheme"),
        ("ftp://erp.example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://erp.example.com/", "scheme"),
        ("https://ana:senha@erp.example.com/", "user_info"),
        ("https://@erp.example.com/", "user_info"),
        ("https://erp.example.com@10.0.0.1/", "user_info"),
        ("https://erp.example.com/#x", "fragment"),
        ("https://erp.example.com/#", "fragment"),
        ("https://erp.example.com:22/", "port"),
        ("https://erp.example.com:80/", "port"),
        ("https://erp.example.com:0/", "port"),
        ("https://erp.example.com:99999/", "form"),
        ("https://erp.example.com:a/", "form"),
        ("https://[::1/", "form"),
        ("https://erp.example.com\\@10.0.0.1/", "form"),
        ("https://erp.example.com/a b", "form"),
        ("https://erp.example.com/a\r\nHost: x", "form"),
        ("https://erp.example.com/a\x00", "form"),
        ("https:///x", "host"),
        ("https://-x.example.com/", "host"),
        ("https://a..example.com/", "host"),
        ("https://" + "a" * 64 + ".example.com/", "host"),
        ("https://erp.example.com/" + "a" * 2_000, "too_long"),
        ("https://localhost/", "address"),
        ("https://api.localhost/", "address"),
        ("https://intranet/", "address"),
        ("https://erp.local/", "address"),
        ("https://metadata.google.internal/", "address"),
        ("https://127.0.0.1/", "address"),
        ("https://127.1/", "address"),
        ("https://0x7f.1/", "address"),
        ("https://2130706433/", "address"),
        ("https://0177.0.0.1/", "address"),
        ("https://１２７.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://[::ffff:10.0.0.1]/", "address"),
        ("https://[fe80::1%25eth0]/", "address"),
        ("https://169.254.169.254/latest/meta-data/", "address"),
    ],
)
def test_what_leads_nowhere_public_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(WebhookUrlInvalidError) as refused:
        parse_target(typed)
    assert refused.value.details["reason"] == reason


@pytest.mark.parametrize(
    "typed", ["http://localhost:8080/x", "http://127.0.0.1:9/x", "https://[::1]:1/x", "http://erp:81/x"]
)
def test_development_may_stay_on_this_machine(typed: str) -> None:
    assert str(parse_target(typed, allow_private=True)) == typed
    with pytest.raises(WebhookUrlInvalidError):
        parse_target(typed)


@pytest.mark.parametrize("typed", ["http://ana@localhost/", "ftp://localhost/", "http://localhost:0/"])
def test_not_all_is_allowed_in_development(typed: str) -> None:
    with pytest.raises(WebhookUrlInvalidError):
        parse_target(typed, allow_private=True)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "carrier_nat"),
        ("100.127.255.255", "carrier_nat"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "link_local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarking"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "link_local"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::169.254.169.254", "link_local"),
        ("64:ff9b:1::1", "nat64"),
        ("100::1", "reserved"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "6to4"),
        ("2002:0808:0808::1", "6to4"),
        ("3fff::1", "documentation"),
        ("5f00::1", "reserved"),
        ("fc00::1", "unique_local"),
        ("fd00:ec2::254", "unique_local"),
        ("fe80::1", "link_local"),
        ("fe80::1%eth0", "link_local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("8000::1", "reserved"),
        ("not an address", "unreadable"),
    ],
)
def test_no_address_inside_is_sent_to(address: str, why: str) -> None:
    assert refusal_of(address) == why


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)
def test_public_addresses_are_sent_to(address: str) -> None:
    assert refusal_of(address) is None


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("/:@?#[].%\\ \t0127axé。１ß\u200d\u00ad\u0660-_~\x00\ud800"), st.characters()
    ),
    max_size=40,
)


@given(
    st.one_of(
        HOSTILE, HOSTILE.map(lambda rest: f"https://{rest}"), HOSTILE.map("https://a.example.com{}".format)
    )
)
@settings(max_examples=2_000)
def test_whatever_is_typed_has_one_form_or_is_refused(typed: str) -> None:
    for private in (False, True):
        try:
            target = parse_target(typed, allow_private=private)
        except WebhookUrlInvalidError:
            continue
        assert parse_target(str(target), allow_private=private) == target
        assert str(target).isascii()
        assert "@" not in target.authority
        assert not any(char.isspace() for char in str(target))
