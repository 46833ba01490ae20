"""Letters of this feature, in the reader's language."""

import msgspec
from aiohttp import web

from app.config import City
from app.database import Tx
from app.i18n import LOCALES, Locales, _
from app.identity.model import Account
from app.mail import send_mail


class Post(msgspec.Struct, frozen=True):
    """What letters need. `origin` comes from the settings, never from a request (a forged Host)."""

    locales: Locales
    city: City
    origin: str

    @classmethod
    def of(cls, app: web.Application) -> "Post":
        from app.wire import CITY, public_url  # wire mounts what uses this module

        return cls(app[LOCALES], app[CITY], public_url(None, app, ""))


_RESET = _(
    "Hello %(name)s,\n\n"
    "somebody, probably you, asked for a new password. This link sets one; it works once and for one hour:\n\n"
    "%(link)s\n\n"
    "If it was not you, do nothing: the password stays as it is."
)
_INVITE = _(
    "Hello %(name)s,\n\n"
    "an account was opened for you. Your login is %(login)s. This link sets the password; it works once and for three "
    "days:\n\n%(link)s"
)
_REGISTER = _(
    "Hello,\n\n"
    "to open your account, follow this link within three days:\n\n"
    "%(link)s\n\n"
    "If it was not you who asked, do nothing: no account will be opened."
)
_REGISTERED_ALREADY = _(
    "Hello %(name)s,\n\n"
    "somebody, probably you, wanted to open an account with this address. You have one already. Sign in here, or ask "
    "for "
    "a new password:\n\n%(link)s"
)


async def send_reset(tx: Tx, post: Post, account: Account, token: str) -> None:
    await _send(tx, post, account, _("A new password"), _RESET, f"/reset/{token}")


async def send_invitation(tx: Tx, post: Post, account: Account, token: str) -> None:
    await _send(tx, post, account, _("Your account"), _INVITE, f"/reset/{token}")


async def send_registered_already(tx: Tx, post: Post, account: Account) -> None:
    await _send(tx, post, account, _("You have an account already"), _REGISTERED_ALREADY, "/sign-in")


async def send_registration(tx: Tx, post: Post, email: str, language: str, token: str) -> None:
    """`language`: the one in which the page was read."""
    gettext = post.locales.get(language).gettext
    text = gettext(_REGISTER) % {"link": f"{post.origin}/confirm/{token}"}
    await send_mail(tx, to=email, subject=_with_city(post, gettext(_("Open your account"))), text=_signed(post, text))


async def _send(tx: Tx, post: Post, account: Account, subject: str, text: str, path: str) -> None:
    gettext = post.locales.get(account.language).gettext
    filled = gettext(text) % {"name": account.name, "login": account.login, "link": f"{post.origin}{path}"}
    assert account.email is not None
    await send_mail(tx, to=account.email, subject=_with_city(post, gettext(subject)), text=_signed(post, filled))


def _with_city(post: Post, subject: str) -> str:
    return f"{subject} · {post.city.name}"


def _signed(post: Post, text: str) -> str:
    return f"{text}\n\n{post.city.office}\n"
