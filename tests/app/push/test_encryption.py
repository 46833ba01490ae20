"""What push services and browsers are given, byte by byte."""

import base64
import json

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from app.errors import ConfigurationError
from app.push.encryption import LONGEST, Receiver, authorisation, bytes_of, encrypt, point_of, text_of
from app.push.keys import read_key
from tests.app.push.browser import Browser

# RFC 8291, section 5 and appendix A
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SENDER_POINT = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
RECEIVER_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_rfc_8291():
    key = ec.derive_private_key(int.from_bytes(bytes_of(SENDER), "big"), ec.SECP256R1())
    assert text_of(point_of(key)) == SENDER_POINT
    to = Receiver(bytes_of(RECEIVER_POINT), bytes_of(AUTH))
    body = encrypt(b"When I grow up, I want to be a watermelon", to, salt=bytes_of(SALT), sender=key)
    assert text_of(body) == BODY


def test_a_browser_reads_it_and_nobody_else():
    browser, other = Browser(), Browser()
    told = "Zażółć gęślą jaźń".encode()
    body = encrypt(told, browser.receiver)
    assert browser.reads(body) == told
    assert encrypt(told, browser.receiver) != body  # a new key and salt each time
    with pytest.raises(InvalidTag):
        other.reads(body)
    assert browser.reads(encrypt(b"x" * LONGEST, browser.receiver)) == b"x" * LONGEST
    assert len(encrypt(b"x" * LONGEST, browser.receiver)) <= 4096
    for wrong in (b"x" * (LONGEST + 1), b""):
        receiver = browser.receiver if wrong else Receiver(b"\4" + b"\1" * 64, b"a" * 16)
        with pytest.raises(ValueError, match=r".+"):
            encrypt(wrong, receiver)


def test_a_push_service_can_check_who_sends():
    key = ec.generate_private_key(ec.SECP256R1())
    header = authorisation(key, "https://push.example", "mailto:bok@gryf.example", 1_800_000_000)
    scheme, _space, rest = header.partition(" ")
    token, shown = (one.split("=", 1)[1] for one in rest.split(", "))
    assert scheme == "vapid"
    assert bytes_of(shown) == point_of(key)
    signed, _dot, signature = token.rpartition(".")
    raw = bytes_of(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.public_key().verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(bytes_of(one)) for one in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert claims == {"aud": "https://push.example", "exp": 1_800_043_200, "sub": "mailto:bok@gryf.example"}
    with pytest.raises(ValueError, match=r".+"):
        bytes_of("nie base64!")
    assert base64.urlsafe_b64encode(bytes_of(text_of(b"\xff\xfe"))) == b"__4="


def test_the_key_is_made_once_and_kept(tmp_path):
    first = read_key(tmp_path)
    assert point_of(read_key(tmp_path)) == point_of(first)
    assert [one.name for one in tmp_path.iterdir()] == ["push-key.pem"]
    assert (tmp_path / "push-key.pem").stat().st_mode & 0o077 == 0
    (tmp_path / "push-key.pem").write_text("something else")
    with pytest.raises(ConfigurationError):
        read_key(tmp_path)
