"""Limits of materials: section `materials`."""

from typing import Annotated

import msgspec

from app.config import Described


class MaterialSettings(msgspec.Struct, frozen=True):
    limit_mib: Annotated[int, Described(description="Largest file among the materials of a consultation, in MiB.")] = (
        500
    )
