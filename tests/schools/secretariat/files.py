"""Files of people, made here: good ones, and one for each fault."""

import io
import zipfile
from datetime import date

from app.tables import read_csv
from schools.secretariat.imports.columns import MOST_ROWS, rows_of
from schools.secretariat.imports.model import KnownPupil, Plan, Taught
from schools.secretariat.imports.pupils import plan_pupils

GOOD = "Nazwisko;Imię;Klasa;PESEL;Numer w dzienniku\nŻółć;Łucja;4a;14251212340;1\nŹdźbło;Święta;4a;;2\n"
CLASSES = {"4a": 41, "5a": 51}


def pesel(born: str, serial: int) -> str:
    """A number with a right checksum: `born` as YYMMDD with the century in the month."""
    digits = f"{born}{serial:04}"
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return digits + str(-sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 10)


HANNA, OLA = pesel("142512", 1234), pesel("142512", 5678)


def known(key: int, first: str, last: str, **more) -> KnownPupil:
    values = {
        "second_name": "", "pesel": None, "born_on": date(2014, 5, 12), "email": "", "left_on": None,
        "class_id": 41, "class_name": "4a", "number": None,
    }  # fmt: skip
    return KnownPupil(id=key, first_name=first, last_name=last, **{**values, **more})


def planned(text: str | bytes, pupils=(), kind: str = "pupils") -> Plan:
    """A class list against invented pupils."""
    table = read_csv(text.encode() if isinstance(text, str) else text, MOST_ROWS)
    rows, faults = rows_of(table, kind)
    return plan_pupils(rows, faults, list(pupils), CLASSES)


def taught(**changed) -> Taught:
    """A school with two classes, groups, four subjects; Zofia Sroka is 5, and whoever imports is 9."""
    values = {
        "classes": CLASSES,
        "groups": [(1, "4a", "gr. 1"), (2, "4a", "gr. 2"), (3, "4a", "gr. 12"), (7, "", "Chór")],
        "subjects": [(71, "Matematyka", "mat"), (72, "Język angielski", "ang"), (73, "Historia", "his"),
                     (74, "Historia i społeczeństwo", "hs")],
        "teachings": [],
        "homerooms": {41: (5, "Sroka Zofia"), 51: (None, "")},
        "ends_on": date(2027, 8, 31),
        "own": 9,
        "is_principal": False,
    }  # fmt: skip
    return Taught(**{**values, **changed})


def roster(**changed: str | None) -> bytes:
    """A OneRoster archive; a file named here is written so, None leaves it out."""
    files: dict[str, str | None] = {
        "orgs": "sourcedId,status,name,type\no1,active,SP,school\n",
        "academicSessions": "sourcedId,status,title\ns1,active,2026\n",
        "courses": "sourcedId,status,title\nc1,active,Klasa\n",
        "classes": "sourcedId,status,title,classType\nk4,active,4a,homeroom\nk5,active,5a,homeroom\nm,active,Matematyka,scheduled\n",
        "users": (
            "sourcedId,status,givenName,familyName,role,email,identifier\n"
            f"u1,active,Łucja,Żółć,student,,{HANNA}\nu2,active,Jan,Kos,student,,\nu3,tobedeleted,Ewa,Lis,student,,\n"
        ),
        "enrollments": (
            "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
            "e1,active,k4,u1,student,2026-09-01,2026-11-30\ne2,active,k5,u1,student,2026-11-30,\n"
            "e3,active,k4,u2,student,2026-09-01,\ne4,active,m,u2,student,,\n"
        ),
        "demographics": "sourcedId,status,birthDate\nu2,active,2014-01-02\n",
        **changed,
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            if text is not None:
                archive.writestr(f"{name}.csv", text)
    return held.getvalue()
