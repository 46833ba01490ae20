"""Signatures against values computed elsewhere, pauses, addresses, what an answer means."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals.helpdesk.webhooks import rules, signing
from portals.helpdesk.webhooks.model import WebhookDraft
from portals.helpdesk.webhooks.rules import Answer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
OFFICE = (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))


def test_the_vector_of_the_specification():
    """The example that the libraries of Standard Webhooks test themselves with."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert key is not None
    body = b'{"test": 2432232314}'
    assert signing.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@given(key=st.binary(min_size=1, max_size=64), body=st.binary(max_size=200), moment=st.integers(0, 2**33))
def test_signed_as_anybody_would(key, body, moment):
    """HMAC written out by its definition (RFC 2104), not by the library that signs."""
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    block = block.ljust(64, b"\0")
    said = b"msg_1." + str(moment).encode() + b"." + body
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in block) + said).digest()
    wanted = base64.b64encode(hashlib.sha256(bytes(one ^ 0x5C for one in block) + inner).digest()).decode()
    assert signing.signature(key, "msg_1", moment, body) == f"v1,{wanted}"
    assert signing.key_of(signing.secret_text(key)) == key


def test_two_secrets_make_two_signatures():
    headers = signing.headers([b"new", b"old"], "msg_1", 5, b"{}")
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == "5"
    signatures = [
        "v1," + base64.b64encode(hmac.digest(key, b"msg_1.5.{}", "sha256")).decode() for key in (b"new", b"old")
    ]
    assert headers["webhook-signature"].split(" ") == signatures


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "whsec_abc"])
def test_what_is_no_secret(secret):
    assert signing.key_of(secret) is None


def test_pauses_grow_from_seconds_to_a_day():
    middle = [rules.pause(attempts, 0.5).total_seconds() for attempts in range(1, 12)]
    assert middle[0] == 5
    assert middle == sorted(middle)
    assert middle[-1] == 86_400
    for attempts in range(1, 12):
        low, high = rules.pause(attempts, 0), rules.pause(attempts, 1)
        assert low < rules.pause(attempts, 0.5) < high
        assert (high - low) / rules.pause(attempts, 0.5) == pytest.approx(0.4)
    assert sum(middle[:8]) < rules.GIVEN_UP_AFTER.total_seconds() < sum(middle[:11])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("999999999999", 86_400),
        ("Mon, 30 Nov 2026 12:01:00 GMT", 60),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 30 Nov 2099 11:00:00 GMT", 86_400),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after(text, seconds):
    found = rules.peace(text, NOW)
    assert (found.total_seconds() if found is not None else None) == seconds


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(200, "delivered"), (204, "delivered"), (299, "delivered"), (301, "failed"), (302, "failed"), (400, "failed"),
     (404, "failed"), (410, "gone"), (429, "failed"), (500, "failed"), (100, "failed"), (None, "failed")],
)  # fmt: skip
def test_what_an_answer_means(status, wanted):
    assert rules.outcome(Answer(status=status)) == wanted


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.20.1.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:10.20.1.1", "::ffff:127.0.0.1", "64:ff9b::a14:101", "64:ff9b::7f00:1",
     "2002:7f00:1::", "240.0.0.1"],
)  # fmt: skip
def test_addresses_inside_are_not_called(address):
    assert not rules.may_call(ip_address(address), ())


def test_what_the_operator_allows_may_be_called():
    assert rules.may_call(ip_address("10.20.1.1"), OFFICE)
    assert rules.may_call(ip_address("::ffff:10.20.1.1"), OFFICE)
    assert rules.may_call(ip_address("fd00::1"), OFFICE)
    assert not rules.may_call(ip_address("10.21.1.1"), OFFICE)
    assert not rules.may_call(ip_address("127.0.0.1"), OFFICE)
    assert rules.may_call(ip_address("93.184.216.34"), ())
    assert rules.may_call(ip_address("64:ff9b::5db8:d822"), ())


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.org/hook", True),
        ("https://example.org:8443/hook?x=1", True),
        ("http://example.org/hook", False),
        ("ftp://example.org/", False),
        ("https://", False),
        ("hook", False),
        ("", False),
        ("https://user:secret@example.org/", False),
        ("https://example.org/#part", False),
        ("https://localhost/", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
        ("https://2130706433/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::ffff:127.0.0.1]/", False),
        ("https://93.184.216.34/", True),
        ("https://example.org/" + "x" * 1000, False),
        ("https://exa\x00mple.org/", False),
        ("https://example.org/a b", False),
        ("https://example.org:99999/", False),
        ("https://słupsk.example/hook", True),
    ],
)
def test_addresses_that_are_taken(url, good):
    assert (rules.url_fault(url, ()) == "") is good, rules.url_fault(url, ())


def test_http_into_the_office_alone():
    assert rules.url_fault("http://10.20.0.5:8080/hook", OFFICE) == ""
    assert rules.url_fault("http://93.184.216.34/", OFFICE) == rules.ONLY_HTTPS
    assert rules.url_fault("http://127.0.0.1/", OFFICE) == rules.NOT_PUBLIC
    assert rules.url_fault("http://tablica.urzad.example/", OFFICE) == ""  # its name is looked up when it is called


def test_faults_by_field():
    bad = WebhookDraft(name=" ", url="x", events=[])
    assert set(rules.faults(rules.tidied(bad), ())) == {"name", "url", "events"}
    assert set(rules.faults(WebhookDraft(name="x" * 81, url="https://example.org", events=["ticket.sent"]), ())) == {
        "name"
    }


def test_when_it_is_dead():
    assert not rules.is_dead(None, NOW)
    assert not rules.is_dead(NOW - timedelta(days=4), NOW)
    assert rules.is_dead(NOW - timedelta(days=5), NOW)
