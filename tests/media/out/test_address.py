import pytest

from media.out.address import Address, AddressError, is_public, parse_address


@pytest.mark.parametrize(
    ("url", "address", "tc_url"),
    [
        (
            "rtmp://a.rtmp.youtube.com/live2",
            Address(secure=False, host="a.rtmp.youtube.com", port=1935, app="live2"),
            "rtmp://a.rtmp.youtube.com/live2",
        ),
        (
            "rtmp://b.rtmp.youtube.com/live2?backup=1",
            Address(secure=False, host="b.rtmp.youtube.com", port=1935, app="live2?backup=1"),
            "rtmp://b.rtmp.youtube.com/live2?backup=1",
        ),
        (
            "rtmps://live-api-s.facebook.com:443/rtmp/",
            Address(secure=True, host="live-api-s.facebook.com", port=443, app="rtmp"),
            "rtmps://live-api-s.facebook.com/rtmp",
        ),
        (
            "rtmp://[2001:db8::7]:1936/app/instance",
            Address(secure=False, host="2001:db8::7", port=1936, app="app/instance"),
            "rtmp://[2001:db8::7]:1936/app/instance",
        ),
    ],
)
def test_addresses_of_well_known_targets(url, address, tc_url):
    assert parse_address(url) == address
    assert address.tc_url == tc_url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "live.example.org/app",
        "http://example.org/app",
        "file:///etc/passwd",
        "rtmp://example.org",
        "rtmp://example.org/",
        "rtmp:///app",
        "rtmp://example.org:0/app",
        "rtmp://example.org:99999/app",
        "rtmp://example.org/a b",
        "rtmp://example.org/app\r\nX: y",
        "rtmp://user:secret@example.org/app",
        "rtmp://example.org/app#key",
        "rtmp://[::1/app",
        "rtmp://example.org/" + "a" * 500,
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(AddressError):
        parse_address(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:53aa:64c:0:0:0:1",
        "2001:db8::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_of_the_internet_at_large(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address):
    assert is_public(address)
