"""What is painted over is gone: its pixels say nothing of what was there."""

import pytest

from media.codec.repaint import Painting, Plane, Sample, pixels, repaint
from media.packet import Kind
from tests.media.hls import feed


def plane(width=64, height=48) -> Plane:
    return Plane(
        bytes((x * 3 + y * 5) % 256 for y in range(height) for x in range(width + 2)), width + 2, width, height
    )


def test_a_smeared_box_is_a_few_fields_and_the_rest_stays():
    before, after = plane(), plane()
    after.smear((16, 8, 48, 40), 16)
    assert {after.rows[y][x] for y in range(8, 24) for x in range(16, 32)} == {after.rows[8][16]}
    assert len({value for row in after.rows[8:40] for value in row[16:48]}) <= 4
    for y in range(48):
        for x in range(64):
            if not (8 <= y < 40 and 16 <= x < 48):
                assert after.rows[y][x] == before.rows[y][x]
    after.fill((0, 0, 64, 48), 16)
    assert after.padded(70) == (bytes((16,)) * 64 + bytes(6)) * 48


def test_boxes_are_rather_larger_than_smaller():
    assert pixels((0.0, 0.0, 1.0, 1.0), 1280, 720) == (0, 0, 1280, 720)
    left, top, right, bottom = pixels((0.25, 0.5, 0.1, 0.1), 1280, 720)
    assert (left, top) == (319, 359)
    assert (right, bottom) == (450, 434)


def test_every_picture_comes_out_once_also_with_b_frames():
    track, packets = feed.video(3, b_frames=2)
    delay = packets[0].pts - packets[0].dts
    samples = [Sample(one.pts - delay, one.key, one.data) for one in packets if one.kind is Kind.VIDEO]
    painting = Painting(90_000, 180_000, black=True, area=(0.0, 0.0, 1.0, 1.0))
    made = repaint(track, samples, [painting], [0, 90_000], 1, lambda _: None)
    assert [one.at for one in made.samples] == sorted(one.at for one in samples)
    keys = [one.at for one in made.samples if one.key]
    assert keys == [0, 90_000]
    weight = [len(one.data) for one in made.samples]
    assert max(weight[26:49]) < 200, "black is next to nothing"
    with pytest.raises(ValueError, match="pictures"):
        repaint(track, samples[1:], [painting], [0], 1, lambda _: None)
