"""The settings section `helpdesk_post`."""

from typing import Annotated, Literal

import msgspec

from app.config import Described


class PostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How letters come to the helpdesk. Which address belongs to which queue is set by its lead."""

    lmtp: Annotated[
        str,
        Described(
            description="Where a mail server hands letters in by LMTP: `host:port`, or the path of a socket; empty: "
            "nowhere. For machines of our own only: whoever can connect can write to the helpdesk."
        ),
    ] = ""
    lmtp_connections: Annotated[
        int, msgspec.Meta(ge=1, le=500), Described(description="Most LMTP connections at once.")
    ] = 20
    most_bytes: Annotated[
        int,
        msgspec.Meta(ge=10_000, le=200_000_000),
        Described(description="Largest letter that is taken, in bytes; what is larger is refused or set aside."),
    ] = 30_000_000
    file_bytes: Annotated[
        int,
        msgspec.Meta(ge=1000, le=100_000_000),
        Described(description="Largest file of a letter, in bytes; a larger one is named in the ticket and left out."),
    ] = 15_000_000
    imap_host: Annotated[str, Described(description="Server whose mailbox is read by IMAP; empty: none.")] = ""
    imap_port: Annotated[int, msgspec.Meta(ge=1, le=65535), Described(description="Port of the IMAP server.")] = 993
    imap_security: Annotated[
        Literal["tls", "none"], Described(description="`tls` (port 993), or `none` for a server on this machine.")
    ] = "tls"
    imap_ca_file: Annotated[
        str,
        Described(description="PEM file of the authority that signed the IMAP server's certificate; empty: system."),
    ] = ""
    imap_user: Annotated[str, Described(description="Account at the IMAP server.")] = ""
    imap_password: Annotated[
        str,
        Described(
            description="Password of that account; better in a file named by GRYF_HELPDESK_POST_IMAP_PASSWORD_FILE."
        ),
    ] = ""
    imap_mailbox: Annotated[str, Described(description="Mailbox that is read.")] = "INBOX"
    imap_address: Annotated[
        str,
        Described(
            description="Address of ours to which letters in that mailbox count where they name none of our addresses."
        ),
    ] = ""
    imap_every_s: Annotated[
        float,
        msgspec.Meta(ge=1, le=3600),
        Described(description="Longest time between two looks, in seconds; a server that can tell of letters does so."),
    ] = 60.0
    sender_burst: Annotated[
        int,
        msgspec.Meta(ge=1, le=10_000),
        Described(description="Letters one sender may write at once; more of them are set aside."),
    ] = 20
    sender_every_s: Annotated[
        float,
        msgspec.Meta(gt=0, le=86_400),
        Described(description="After that one letter in so many seconds."),
    ] = 60.0
    answers_an_hour: Annotated[
        int,
        msgspec.Meta(ge=1, le=1000),
        Described(description="Most letters about one ticket to one address within an hour, so that no loop runs on."),
    ] = 20
    receipts: Annotated[
        bool, Described(description="Whoever writes by mail gets a receipt with the ticket's number.")
    ] = True
