import pytest

from media.rtmp.stream_key import stream_key


@pytest.mark.parametrize(
    ("name", "app", "url", "key"),
    [
        ("abc", "live", "rtmp://h/live", "abc"),
        ("abc?x=1", "live", "rtmp://h/live", "abc"),
        ("session?key=abc", "live", "rtmp://h/live", "abc"),
        ("?key=abc", "live", "rtmp://h/live", "abc"),
        ("?streamkey=a%2Bb", "live", "", "a+b"),
        ("anything", "live?key=abc", "rtmp://h/live?key=abc", "abc"),
        ("anything", "live", "rtmp://h/live?key=abc", "abc"),
        ("", "live/abc", "rtmp://h/live/abc", "abc"),
        ("", "live/abc/", "rtmp://h/live/abc", "abc"),
        ("", "abc", "rtmp://h/abc", "abc"),
        ("", "", "rtmp://h/live/abc", "abc"),
        ("", "live", "rtmp://h/live", ""),
        ("", "", "", ""),
        ("", "", "rtmp://[broken/live/abc", ""),
        ("?key=", "live", "rtmp://h/live", ""),
        ("&".join(f"?a{n}={n}" for n in range(50)), "live", "rtmp://h/live", ""),
    ],
)
def test_where_the_key_stands(name, app, url, key):
    assert stream_key(name, app, url) == key
