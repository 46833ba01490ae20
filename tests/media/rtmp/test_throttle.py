from media.rtmp.throttle import MAX_ADDRESSES, Throttle, address_group


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_delay_grows_and_ends():
    clock = Clock()
    throttle = Throttle(clock)
    delays = []
    for _ in range(10):
        throttle.failed("a")
        delays.append(throttle.delay_s("a"))
    assert delays == [0, 0, 0, 0.5, 1, 2, 4, 8, 8, 8]
    assert throttle.delay_s("b") == 0
    clock.now = 601
    assert throttle.delay_s("a") == 0
    throttle.failed("c")
    throttle.succeeded("c")
    assert len(throttle) == 0


def test_the_table_is_bounded():
    throttle = Throttle(Clock())
    for number in range(MAX_ADDRESSES + 50):
        throttle.failed(str(number))
    assert len(throttle) == MAX_ADDRESSES


def test_what_counts_as_one_peer():
    assert address_group("192.0.2.1") == "192.0.2.1"
    assert address_group("::ffff:192.0.2.1") == "192.0.2.1"
    assert address_group("2001:db8:1:2:3::4") == address_group("2001:db8:1:2:9::1") == "2001:db8:1:2::/64"
    assert address_group("fe80::1%eth0") == "fe80::/64"
    assert address_group("somewhere") == "somewhere"
