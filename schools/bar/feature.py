"""The bar on a phone, for people of schools."""

from pathlib import Path

from app.feature import Feature
from schools.bar import service

FEATURE = Feature(
    name="school_bar",
    folder=Path(__file__).parent,
    needs=("schools",),
    bar=service.bar_of,
    services=(service.belonging_service,),
)
