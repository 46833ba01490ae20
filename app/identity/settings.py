"""The settings section `identity`."""

from typing import Annotated

import msgspec

from app.config import Described


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in, passwords and sessions."""

    secret: Annotated[
        str,
        Described(
            description="Secret of 32 or more random characters from which form tokens and the key for second-factor "
            "secrets are derived. Empty: one is made in the data folder (file `secret`). Several servers need the same "
            "one. "
            "When it is lost, everybody enrols the second factor again."
        ),
    ] = ""
    staff_idle_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(description="Seconds without a request after which a session of an account with a staff role ends."),
    ] = 4 * 3600
    staff_session_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(
            description="Longest life of a staff session in seconds; 16 h outlast the longest sitting, not the night."
        ),
    ] = 16 * 3600
    resident_idle_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(description="Seconds without a request after which a resident's session ends; 14 days."),
    ] = 14 * 86400
    resident_session_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(description="Longest life of a resident's session in seconds; 90 days."),
    ] = 90 * 86400
    second_factor_required: Annotated[
        bool,
        Described(
            description="Staff roles sleep until the account has a second factor: signing in leads to its set-up."
        ),
    ] = True
    self_registration: Annotated[
        bool, Described(description="Residents may open an account themselves, confirmed by e-mail.")
    ] = True
    staff_password_length: Annotated[
        int, msgspec.Meta(ge=8, le=64), Described(description="Fewest characters of a password of staff.")
    ] = 12
    resident_password_length: Annotated[
        int, msgspec.Meta(ge=8, le=64), Described(description="Fewest characters of a resident's password.")
    ] = 8
    reset_link_s: Annotated[
        int, msgspec.Meta(ge=60), Described(description="Seconds for which a link to set a new password works.")
    ] = 3600
    invitation_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(description="Seconds for which the links in an invitation and a registration work; 3 days."),
    ] = 3 * 86400
    argon2_memory_kib: Annotated[
        int,
        msgspec.Meta(ge=8),
        Described(description="Memory of one password hash in KiB. Hashes are renewed at sign-in when this changes."),
    ] = 19456
    argon2_passes: Annotated[int, msgspec.Meta(ge=1), Described(description="Passes over that memory.")] = 2
    argon2_threads: Annotated[
        int, msgspec.Meta(ge=1, le=16), Described(description="Passwords that are hashed at the same time.")
    ] = 2
