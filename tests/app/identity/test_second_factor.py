"""Codes by time and recovery codes."""

import pytest

from app.identity import second_factor
from app.identity.second_factor import matching_step, new_recovery_codes, recovery_digest

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_vectors_of_rfc_6238(now_s, code):
    """Appendix B, the last six digits of the SHA-1 column."""
    assert matching_step(SECRET, code, now_s) == now_s // 30


def test_a_clock_may_be_wrong_by_one_step():
    step = 1111111109 // 30
    for drift, expected in ((-30, step), (0, step), (30, step), (-90, None), (90, None)):
        assert matching_step(SECRET, "081804", 1111111109 + drift) == expected


@pytest.mark.parametrize("code", ["", "08180", "0818040", "081805", "abcdef", "٠٨١٨٠٤", "-81804", "08180 ", "0x1804"])
def test_what_is_no_code(code):
    assert matching_step(SECRET, code, 1111111109) is None


def test_spaces_do_not_matter():
    assert matching_step(SECRET, " 081 804 ", 1111111109) is not None


def test_recovery_codes_are_many_different_and_readable():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 19 and code.count("-") == 3 for code in codes)
    assert not set("01lio") & set("".join(codes))
    assert recovery_digest(codes[0].upper().replace("-", " ")) == recovery_digest(codes[0])
    assert recovery_digest(codes[0]) != recovery_digest(codes[1])


def test_the_picture_is_svg_and_says_the_address():
    address = second_factor.address(SECRET, "anna", "Gryf Gryfin")
    assert address.startswith("otpauth://totp/Gryf%20Gryfin:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=")
    svg = second_factor.qr_svg(address)
    assert svg.startswith("<svg")
    assert "style=" not in svg, "the Content-Security-Policy allows no style attributes"
    assert len(second_factor.new_secret()) == 20
