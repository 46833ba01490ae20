"""What the helpdesk's mail needs of the application, in one place."""

from typing import Final

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge

from app.config import City
from app.database import DATABASE, Database
from app.files import FILES, FileStore
from app.i18n import LOCALES, Locale, Locales
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from app.mail import MailSettings
from app.metrics import METRICS
from app.wire import CITY, public_url, section
from portals.helpdesk.post.settings import PostSettings


class Figures:
    """For /metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.letters: Final = Counter(
            "gryf_helpdesk_letters", "Letters that came, by what became of them.", ["way", "outcome"], registry=registry
        )
        self.withheld: Final = Counter(
            "gryf_helpdesk_files_withheld", "Files of letters that were kept back.", ["reason"], registry=registry
        )
        self.sent: Final = Counter("gryf_helpdesk_letters_sent", "Letters written.", ["kind"], registry=registry)
        self.imap: Final = Gauge(
            "gryf_helpdesk_imap_up", "1 while the mailbox can be read, 0 while its server is away.", registry=registry
        )
        self.lmtp: Final = Gauge("gryf_helpdesk_lmtp_connections", "LMTP connections that are open.", registry=registry)


class Post(msgspec.Struct, frozen=True):
    """`address`: what our letters come from, and where they come back to."""

    database: Database
    files: FileStore
    keys: Keys
    locales: Locales
    city: City
    origin: str
    address: str
    settings: PostSettings
    figures: Figures

    @classmethod
    def of(cls, app: web.Application) -> "Post":
        return cls(
            database=app[DATABASE],
            files=app[FILES],
            keys=app[IDENTITY].keys,
            locales=app[LOCALES],
            city=app[CITY],
            origin=public_url(None, app, ""),
            address=(section(app, MailSettings).address or "gryf@localhost").lower(),
            settings=section(app, PostSettings),
            figures=Figures(app[METRICS]),
        )

    @property
    def locale(self) -> Locale:
        """Of those who have told us no language: the city's first."""
        return self.locales.get(self.city.languages[0])

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


POST: web.AppKey[Post] = web.AppKey("helpdesk_post", Post)
