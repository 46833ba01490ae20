"""The settings section `map`."""

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from app.config import Described
from portals.dialog.map.model import Bounds, Ground


class MapSectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Maps in consultations. They work without tiles: outlines of the office, a graticule, a scale."""

    tiles_url: Annotated[
        str,
        Described(
            description="Address of map tiles, such as `https://tiles.example.pl/{z}/{x}/{y}.png`; empty: maps are "
            "drawn without. Browsers load tiles from there, so that server sees the addresses of readers."
        ),
    ] = ""
    tiles_credit: Annotated[
        str, Described(description="Who made the tiles, shown in the corner of the map: `© OpenStreetMap`.")
    ] = ""
    west: Annotated[float, msgspec.Meta(ge=-180, le=180, description="Western edge of the city, in degrees.")] = 16.90
    south: Annotated[float, msgspec.Meta(ge=-90, le=90, description="Southern edge; nothing is put outside.")] = 54.40
    east: Annotated[float, msgspec.Meta(ge=-180, le=180, description="Eastern edge of the city, in degrees.")] = 17.14
    north: Annotated[float, msgspec.Meta(ge=-90, le=90, description="Northern edge of the city, in degrees.")] = 54.52

    @property
    def ground(self) -> Ground:
        bounds = Bounds(self.west, self.south, self.east, self.north)
        return Ground(bounds, self.tiles_url if self.tiles_host else "", self.tiles_credit)

    @property
    def tiles_host(self) -> str:
        """Scheme and host of the tiles, for the page's policy; empty where there are none or the address is no good."""
        parts = urlsplit(self.tiles_url)
        host = parts.netloc.replace("{s}", "*")
        plain = host.replace("*.", "").replace(":", "").replace(".", "").replace("-", "")
        return f"{parts.scheme}://{host}" if parts.scheme in {"http", "https"} and plain.isalnum() else ""
