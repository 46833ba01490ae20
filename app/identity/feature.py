"""Accounts: the visible place where everything they add stands."""

from pathlib import Path

from app.audit import sealing_service
from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, NavItem, Role, Route, having
from app.identity import api
from app.identity.commands import city_service
from app.identity.jobs import JOBS, expiry_service
from app.identity.pages import account, admin, audit, sign_in
from app.identity.settings import IdentitySettings

ADMIN = having("admin")
AUDIT = having("auditor", "admin")
ACCOUNT = r"/admin/accounts/{account_id:\d{1,18}}"


def _page(path: str, handler: Handler, allow: Allow, name: str = "") -> tuple[Route, Route]:
    """A form's page: shown by GET, taken by POST."""
    return (
        Route(method="GET", path=path, handler=handler, allow=allow, name=name),
        Route(method="POST", path=path, handler=handler, allow=allow),
    )


FEATURE = Feature(
    name="identity",
    folder=Path(__file__).parent,
    settings=IdentitySettings,
    roles=(Role(name="admin", title="Administrator"), Role(name="auditor", title="Auditor")),
    nav=(
        NavItem(label="Accounts", path="/admin/accounts", allow=ADMIN, order=80, icon="users"),
        NavItem(label="Audit log", path="/admin/audit", allow=AUDIT, order=90, icon="document"),
    ),
    routes=(
        *_page("/sign-in", sign_in.show_sign_in, ANYONE, "sign_in"),
        *_page("/sign-in/code", sign_in.show_second_step, ANYONE),
        Route(method="POST", path="/sign-out", handler=sign_in.sign_out, allow=ANYONE, name="sign_out"),
        *_page("/register", sign_in.show_register, ANYONE, "register"),
        *_page("/confirm/{token}", sign_in.show_confirm, ANYONE),
        *_page("/reset", sign_in.show_request_reset, ANYONE, "reset"),
        *_page("/reset/{token}", sign_in.show_reset, ANYONE),
        *_page("/account", account.show_account, SIGNED_IN, "account"),
        *_page("/account/password", account.show_password, SIGNED_IN, "password"),
        *_page("/account/second-factor", account.show_second_factor, SIGNED_IN, "second_factor"),
        *_page("/account/recovery-codes", account.show_recovery_codes, SIGNED_IN, "recovery_codes"),
        Route(
            method="POST",
            path="/account/sessions/end-others",
            handler=account.end_other_sessions,
            allow=SIGNED_IN,
            name="end_other_sessions",
        ),
        Route(
            method="POST",
            path="/account/sessions/{handle}/end",
            handler=account.end_session,
            allow=SIGNED_IN,
            name="end_session",
        ),
        Route(method="GET", path="/admin/accounts", handler=admin.list_accounts, allow=ADMIN, name="accounts"),
        *_page("/admin/accounts/new", admin.create_account, ADMIN, "new_account"),
        *_page(ACCOUNT, admin.show_account, ADMIN, "account_file"),
        Route(method="POST", path=f"{ACCOUNT}/roles", handler=admin.grant_role, allow=ADMIN),
        Route(
            method="POST",
            path=rf"{ACCOUNT}/roles/{{grant_id:\d{{1,18}}}}/revoke",
            handler=admin.revoke_role,
            allow=ADMIN,
        ),
        Route(method="POST", path=f"{ACCOUNT}/password", handler=admin.renew_password, allow=ADMIN),
        Route(method="POST", path=f"{ACCOUNT}/disable", handler=admin.disable_account, allow=ADMIN),
        Route(method="POST", path=f"{ACCOUNT}/enable", handler=admin.enable_account, allow=ADMIN),
        *_page("/admin/units", admin.show_units, ADMIN, "units"),
        *_page(r"/admin/units/{unit_id:\d{1,18}}", admin.rename_unit, ADMIN, "unit"),
        Route(method="GET", path="/admin/audit", handler=audit.show_audit, allow=AUDIT, name="audit"),
        Route(
            method="POST",
            path="/api/sign-in",
            handler=api.sign_in,
            allow=ANYONE,
            summary="Sign in; the answer sets the session's cookie",
            body=api.SignIn,
            reply=api.Me,
        ),
        Route(
            method="POST",
            path="/api/sign-out",
            handler=api.sign_out,
            allow=ANYONE,
            summary="End the session; its sockets close",
            status=204,
        ),
        Route(
            method="GET", path="/api/me", handler=api.show_me, allow=ANYONE, summary="Who is signed in", reply=api.Me
        ),
    ),
    jobs=JOBS,
    services=(city_service, sealing_service, expiry_service),
)
