"""Schools: the visible place where everything they add stands."""

from pathlib import Path

from app.feature import SIGNED_IN, Feature, NavItem, Role, Route
from schools.structure import demo, pages, rules
from schools.structure.settings import SchoolsSettings

FEATURE = Feature(
    name="schools",
    folder=Path(__file__).parent,
    needs=("identity", "realtime"),
    settings=SchoolsSettings,
    roles=(Role(name=rules.EDUCATION_DEPARTMENT, title="Education Department"),),
    nav=(NavItem(label="School", path="/schools", allow=SIGNED_IN, order=40, icon="school"),),
    routes=(Route(method="GET", path="/schools", handler=pages.show_schools, allow=SIGNED_IN, name="home"),),
    demo=demo.fill,
)
