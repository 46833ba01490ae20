"""The addresses that oEmbed knows, the sizes it answers, and the frame that other sites put into their pages."""

import pytest

from portals.council.embed import fitted, session_slug, snippet
from tests.portals.council.test_rules import session

OWN = "https://sesje.example.pl/"


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://sesje.example.pl/council/sessions/xxxi-2026-11-25", "xxxi-2026-11-25"),
        ("https://SESJE.example.pl/council/sessions/xxxi-2026-11-25/#t=75", "xxxi-2026-11-25"),
        ("http://sesje.example.pl/embed/xxxi-2026-11-25?a=b", "xxxi-2026-11-25"),
        ("https://sesje.example.pl/council/sessions/", None),
        ("https://sesje.example.pl/council/sessions/a/screen", None),
        ("https://sesje.example.pl/council/desk/4", None),
        ("https://other.example.pl/council/sessions/xxxi-2026-11-25", None),
        ("https://sesje.example.pl@other.example.pl/council/sessions/a", None),
        ("javascript://sesje.example.pl/council/sessions/a", None),
        ("/council/sessions/a", None),
        ("https://[::1/council/sessions/a", None),
        ("", None),
    ],
)
def test_only_addresses_of_sessions_here_are_known(url, slug):
    assert session_slug(url, OWN) == slug


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        ("", "", (640, 360)),
        ("2000", "2000", (640, 360)),
        ("320", "", (320, 180)),
        ("", "90", (160, 90)),
        ("480", "90", (160, 90)),
        ("0", "-5", (640, 360)),
        ("wide", "²", (640, 360)),
        ("9" * 40, "", (640, 360)),
    ],
)
def test_the_answer_fits_what_the_asking_page_has_room_for(width, height, size):
    assert fitted(width, height) == size


def test_a_title_cannot_leave_its_attribute():
    frame = snippet(session(title='"><script>alert(1)</script>'), "https://sesje.example.pl/embed/a?b&c", 640, 360)
    assert "<script" not in frame
    assert 'title="&quot;&gt;&lt;script' in frame
    assert 'src="https://sesje.example.pl/embed/a?b&amp;c" width="640" height="360"' in frame
