"""What HTTP says: to those without a key, with a broken offer, from another site, twice."""

import asyncio
import contextlib
import socket

import pytest

from app.feature import Probe
from app.metrics import METRICS
from media.webrtc.feature import WEBRTC_FEATURE, probe_ports
from media.webrtc.sessions import MAX_PENDING
from media.webrtc.web import MAX_SDP_BYTES
from tests.media.webrtc.client import publisher, viewer
from tests.media.webrtc.conftest import KEY, STREAM, open_studio
from tests.media.webrtc.test_sdp import OFFER
from tests.media.webrtc.test_whep import on_air
from tests.media.webrtc.test_whip import until

SDP = {"Content-Type": "application/sdp"}
BEARER = {"Authorization": f"Bearer {KEY}"}


async def refused(http, path, status, data=OFFER, method="POST", **headers):
    """The sentence of a refusal."""
    async with http.request(method, path, data=data, headers={**SDP, **headers}) as answer:
        assert answer.status == status, await answer.text()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.content_type == "application/problem+json"
        found = await answer.json(content_type=None)
        assert found["status"] == status
        assert len(found["detail"]) > 10
        return answer, found["detail"]


async def test_a_key_is_needed(studio):
    async with studio.http() as http:
        answer, sentence = await refused(http, "/whip", 401, **{"Accept-Language": "en"})
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "stream key" in sentence
        await refused(http, "/whip", 401, Authorization="Basic abc")
        await refused(http, "/whip", 401, Authorization="Bearer wrong")
        assert studio.streams.get(STREAM) is None


async def test_wrong_keys_make_the_next_answer_slower(studio):
    async with studio.http() as http:
        for _try in range(4):
            await refused(http, "/whip", 401, Authorization="Bearer wrong")
        assert studio.webrtc.throttle.delay_s("127.0.0.1") == 0.5


async def test_bodies_that_are_no_offer(studio):
    async with studio.http() as http:
        await refused(http, "/whip", 400, data="", **BEARER)
        await refused(http, "/whip", 400, data="   ", **BEARER)
        await refused(http, "/whip", 400, data="v=0 nonsense", **BEARER)
        await refused(http, "/whip", 400, data=b"\xff\xfe\x00", **BEARER)
        await refused(http, "/whip", 413, data="x" * (MAX_SDP_BYTES + 1), **BEARER)
        answer, _sentence = await refused(http, "/whip", 415, **(BEARER | {"Content-Type": "text/plain"}))
        assert answer.headers["Accept-Post"] == "application/sdp"
        assert studio.streams.get(STREAM) is None


async def test_an_offer_without_anything_playable(studio):
    async with studio.http() as http:
        offer = OFFER.replace("H264", "H265").replace("VP8", "AV1").replace("opus", "speex")
        _answer, sentence = await refused(http, "/whip", 406, data=offer, **(BEARER | {"Accept-Language": "en"}))
        assert "H.264" in sentence


async def test_a_second_publisher_is_told_of_the_first(studio):
    async with studio.http() as http, publisher("H264") as camera:
        await camera.post(http, "/whip", KEY)
        await until(lambda: studio.streams.get(STREAM).live)
        await refused(http, "/whip", 409, **BEARER)
        assert studio.webrtc.throttle.delay_s("127.0.0.1") == 0


async def test_who_watches_nothing(studio):
    async with studio.http() as http:
        await refused(http, f"/whep/{STREAM}", 404)
        async with on_air(studio.streams):
            await refused(http, f"/whep/{STREAM}", 400, data="hello")
            await refused(http, f"/whep/{STREAM}", 400, data="")
            await refused(http, f"/whep/{STREAM}", 406)  # it wants to send


async def test_sessions_end_once_and_only_by_their_own_address(studio):
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        path = screen.headers["Location"].removeprefix(studio.url)
        await refused(http, path.replace("whep", "whip"), 404, method="DELETE")
        await refused(http, "/whep/session/AAAA", 404, method="DELETE")
        async with http.delete(path) as answer:
            assert answer.status == 200
        await refused(http, path, 404, method="DELETE")


async def test_candidates_trickle_in_and_restarts_are_declined(studio):
    fragment = {"Content-Type": "application/trickle-ice-sdpfrag"}
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        path = screen.headers["Location"]
        body = "m=video 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 5 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
        async with http.patch(path, data=body, headers=fragment) as answer:
            assert answer.status == 204
        await refused(http, path, 400, data="hello", method="PATCH", **fragment)
        await refused(http, path, 415, data=body, method="PATCH")
        restart = "a=ice-ufrag:other\r\na=ice-pwd:otherotherotherotherother\r\n" + body
        await refused(http, path, 405, data=restart, method="PATCH", **fragment)
        await screen.received("video", 5)


async def test_any_page_may_ask(studio):
    async with studio.http() as http:
        for path in ("/whip", "/whip/obs", f"/whep/{STREAM}", "/whip/session/abc"):
            async with http.options(path, headers={"Origin": "https://example.org"}) as answer:
                assert answer.status == 204
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
                assert answer.headers["Accept-Post"] == "application/sdp"
    assert all(route.foreign_origin for route in WEBRTC_FEATURE.routes)


async def test_ice_servers_are_named_in_links():
    servers = {
        "stun_urls": ("stun:stun.example.pl:3478",),
        "turn_urls": ("turn:turn.example.pl:3478",),
        "turn_user": 'gr"yf',
        "turn_password": "tajne",
    }
    async with open_studio(**servers) as studio, on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.headers.getall("Link") == [
            '<stun:stun.example.pl:3478>; rel="ice-server"',
            (
                '<turn:turn.example.pl:3478>; rel="ice-server"; username="gr\\"yf"; credential="tajne"; '
                'credential-type="password"'
            ),
        ]


async def test_a_public_address_is_announced_beside_our_own():
    async with open_studio(public_addresses=("203.0.113.7",)) as studio, on_air(studio.streams):
        async with studio.http() as http, viewer() as screen:
            await screen.post(http, f"/whep/{STREAM}")
            ports = {str(number) for number in studio.webrtc.ports.numbers}
            announced = [line.split() for line in screen.text.splitlines() if "203.0.113.7" in line]
            assert [one[5] in ports for one in announced] == [True]
            await screen.received("video", 5)


async def test_a_publisher_that_falls_silent_is_let_go():
    async with open_studio(silence_s=2) as studio, studio.http() as http, publisher("H264") as camera:
        await camera.post(http, "/whip", KEY)
        await until(lambda: studio.streams.get(STREAM).live)
        for transceiver in camera.connection.getTransceivers():
            transceiver.sender._enabled = False
        await until(lambda: studio.webrtc.count("whip") == 0)
        assert studio.streams.get(STREAM).publisher is None


async def test_a_viewer_that_falls_silent_is_let_go():
    async with open_studio(silence_s=2) as studio, on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 5)
        for port in [port for row in studio.webrtc.ports._rows for port in row]:
            port._loop.remove_reader(port.sock.fileno())  # as if the cable were pulled
        await until(lambda: studio.webrtc.count("whep") == 0)


async def test_a_revoked_key_ends_the_publisher(studio):
    async with studio.http() as http, publisher("H264") as camera:
        await camera.post(http, "/whip", KEY)
        await until(lambda: studio.streams.get(STREAM).live)
        studio.streams.revoke(STREAM)
        await until(lambda: studio.webrtc.count("whip") == 0)


async def test_one_address_cannot_fill_all_places(studio):
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.connection.setLocalDescription(await screen.connection.createOffer())
        offer = screen.connection.localDescription.sdp
        for _try in range(MAX_PENDING):
            async with http.post(f"/whep/{STREAM}", data=offer, headers=SDP) as answer:
                assert answer.status == 201
        await refused(http, f"/whep/{STREAM}", 503, data=offer)


async def test_without_a_free_port_there_is_a_clear_answer():
    with contextlib.ExitStack() as taken:
        sock = taken.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.bind(("127.0.0.1", 0))
        number = sock.getsockname()[1]
        async with open_studio(udp_port_min=number, udp_port_max=number, addresses=("127.0.0.1",)) as studio:
            assert not (await probe_ports(studio.app)).ok
            async with studio.http() as http:
                answer, _sentence = await refused(http, "/whip", 503, **BEARER)
                assert int(answer.headers["Retry-After"]) > 0


async def test_ports_are_probed(studio):
    found = await probe_ports(studio.app)
    assert found == Probe(ok=True, detail=found.detail)
    assert str(studio.webrtc.ports.numbers[0]) in found.detail


async def test_switched_off():
    async with open_studio(enabled=False) as studio, studio.http() as http:
        await refused(http, "/whip", 404, **BEARER)
        assert (await probe_ports(studio.app)).ok


async def test_figures_are_counted(studio):
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 20)
        await refused(http, "/whep/none", 404)
        registry = studio.app[METRICS]
        assert registry.get_sample_value("gryf_whep_sessions") == 1
        assert registry.get_sample_value("gryf_whep_packets_total") > 20
        assert registry.get_sample_value("gryf_webrtc_requests_total", {"kind": "whep", "status": "404"}) == 1


@pytest.mark.parametrize("path", ["/whip", f"/whep/{STREAM}"])
async def test_an_offer_in_pieces_is_read_whole(studio, path):
    async def pieces():
        for piece in (OFFER[:100], OFFER[100:]):
            yield piece.encode()
            await asyncio.sleep(0.05)

    async with on_air(studio.streams), studio.http() as http:
        async with http.post(path, data=pieces(), headers=SDP | BEARER) as answer:
            assert answer.status == (409 if path == "/whip" else 406), await answer.text()
