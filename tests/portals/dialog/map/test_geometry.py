"""Places: what is taken, what is refused and why."""

import json
import math

import pytest

from app.errors import Invalid
from portals.dialog.map import geometry
from portals.dialog.map.model import Bounds, Geometry
from portals.dialog.map.settings import MapSectionSettings

CITY = Bounds(16.9, 54.4, 17.14, 54.52)
HERE = [17.028, 54.464]
TRIANGLE = [[17.0, 54.45], [17.04, 54.45], [17.02, 54.48], [17.0, 54.45]]


def test_what_is_taken_is_rounded_and_may_cross_itself():
    assert geometry.checked({"type": "Point", "coordinates": [17.02812345678, 54.464]}, CITY).coordinates == [
        17.028123,
        54.464,
    ]
    assert geometry.checked({"type": "Point", "coordinates": [*HERE, 21.5]}, CITY).coordinates == HERE  # height goes
    bow = [[17.0, 54.45], [17.04, 54.48], [17.04, 54.45], [17.0, 54.48], [17.0, 54.45]]
    assert geometry.checked({"type": "Polygon", "coordinates": [bow]}, CITY).coordinates == [bow]
    most = [[17.0 + n / 10_000, 54.45] for n in range(500)]
    assert len(geometry.checked({"type": "LineString", "coordinates": most}, CITY).coordinates) == 500


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "Point", "coordinates": [21.0, 52.2]}, "outside"),
        ({"type": "Point", "coordinates": [54.464, 17.028]}, "outside"),  # latitude first
        ({"type": "Point", "coordinates": [math.nan, 54.4]}, "cannot|can be read"),
        ({"type": "Point", "coordinates": [math.inf, 54.4]}, "can be read"),
        ({"type": "Point", "coordinates": ["17", "54"]}, "can be read"),
        ({"type": "Point", "coordinates": [True, 54.46]}, "can be read"),
        ({"type": "Point", "coordinates": [17]}, "can be read"),
        ({"type": "Point"}, "can be read"),
        ({"type": "MultiPoint", "coordinates": [HERE]}, "can be read"),
        ([1, 2], "can be read"),
        ({"type": "LineString", "coordinates": [HERE, HERE]}, "two points"),
        ({"type": "LineString", "coordinates": [[17.0 + n / 10_000, 54.45] for n in range(501)]}, "too many"),
        ({"type": "Polygon", "coordinates": [TRIANGLE[:-1]]}, "where it begins"),
        ({"type": "Polygon", "coordinates": [[*HERE]]}, "can be read"),
        ({"type": "Polygon", "coordinates": [[HERE, [17.03, 54.46], HERE]]}, "three points"),
        ({"type": "Polygon", "coordinates": [TRIANGLE, TRIANGLE]}, "can be read"),
        ({"type": "Polygon", "coordinates": [[[17.0 + n / 10_000, 54.45] for n in range(501)]]}, "too many"),
    ],
)
def test_what_is_refused(given, said):
    with pytest.raises(Invalid) as problem:
        geometry.checked(given, CITY)
    assert any(word in problem.value.fields["geometry"] for word in said.split("|"))


def test_coordinates_in_words():
    found = geometry.from_words(" 54,4641°N ", "17.0287", CITY)
    assert found == Geometry("Point", [17.0287, 54.4641])
    assert geometry.words(found) == "54.46410, 17.02870"
    assert geometry.from_words("", " ", CITY) is None
    for latitude, longitude, field in (("x", "17", "latitude"), ("54.46", "", "longitude"), ("52.2", "21", "latitude")):
        with pytest.raises(Invalid) as problem:
            geometry.from_words(latitude, longitude, CITY)
        assert list(problem.value.fields) == [field]


def test_plans_are_taken_apart():
    hole = [[17.018, 54.455], [17.022, 54.455], [17.02, 54.46], [17.018, 54.455]]
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": "  1.MW \n osiedle "},
                    "geometry": {"type": "MultiPolygon", "coordinates": [[TRIANGLE, hole], [hole]]},
                },
                {"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": TRIANGLE}},
            ],
        }
    )
    outlines = geometry.plan(text, CITY)
    assert [(one.name, one.geometry.type) for one in outlines] == [
        ("1.MW osiedle", "Polygon"),
        ("1.MW osiedle", "Polygon"),
        ("", "LineString"),
    ]
    whole, small, line = (one.geometry for one in outlines)
    assert geometry.contains(whole, (17.02, 54.47))
    assert not geometry.contains(whole, (17.02, 54.457))  # the hole
    assert geometry.contains(small, (17.02, 54.457))
    assert not geometry.contains(whole, (17.05, 54.46))
    assert not geometry.contains(line, (17.02, 54.457))
    for bad in ("", "[]", "{", '{"type":"FeatureCollection","features":[]}', "[" * 100_000,
                '{"type":"Point","coordinates":[1,2]}', '{"type":"Feature","geometry":null}',
                json.dumps({"type": "MultiPoint", "coordinates": [HERE] * 201})):  # fmt: skip
        with pytest.raises(Invalid) as problem:
            geometry.plan(bad, CITY)
        assert list(problem.value.fields) == ["file"]


def test_the_host_of_tiles_is_a_host():
    hosts = {
        "": "",
        "https://tiles.example.pl/{z}/{x}/{y}.png": "https://tiles.example.pl",
        "https://{s}.tiles.example.pl:8443/{z}/{x}/{y}.png": "https://*.tiles.example.pl:8443",
        "javascript:alert(1)": "",
        "https://a.example; script-src *": "",
        "//tiles.example.pl/{z}": "",
    }
    assert {url: MapSectionSettings(tiles_url=url).tiles_host for url in hosts} == hosts
    assert MapSectionSettings(tiles_url="https://a.example; script-src *").ground.tiles_url == ""
