"""Two clocks that know nothing of each other."""

from media.webrtc.lipsync import NTP_HZ, TrackClock


def test_sound_moves_beside_the_picture():
    picture, sound = TrackClock(90_000), TrackClock(48_000)
    picture.place(5_000_000, 9_000)  # arrived at 0.1 s
    sound.place(77_000, 0)  # arrived at once, though it was taken 50 ms before the picture
    ntp = 3_900_000_000 * NTP_HZ
    picture.report(ntp, 5_000_000)
    sound.report(ntp - NTP_HZ // 20, 77_000)
    assert picture.known
    times = []
    for index in range(200):
        sound.follow(picture)
        times.append(sound.at(77_000 + 960 * index))
    assert picture.at(5_000_000) == 9_000
    assert times == sorted(set(times))
    # 50 ms before the picture's 0.1 s, and 20 ms a frame from there
    assert abs(times[-1] - (4_500 + 1800 * 199)) < 20


def test_without_reports_tracks_stand_where_they_arrived():
    picture, sound = TrackClock(90_000), TrackClock(48_000)
    picture.place(100, 900)
    sound.place(50, 0)
    sound.follow(picture)
    assert (picture.at(100), sound.at(50), sound.at(1010)) == (900, 0, 1800)


def test_a_clock_that_is_set_back_does_not_run_backwards():
    clock = TrackClock(90_000)
    clock.place(0, 0)
    assert [clock.at(9_000), clock.at(4_500), clock.at(9_100)] == [9_000, 9_001, 9_100]


def test_a_clock_that_is_set_anew_goes_on_where_its_packets_arrive():
    clock = TrackClock(90_000)
    clock.place(1_000, 0)
    assert clock.at(1_000) == 0
    clock.place(3_000_000_000, 9_000)
    assert clock.at(3_000_000_000) == 9_000
    clock.restart()
    clock.place(500, 18_000)
    assert clock.at(500) == 18_000
