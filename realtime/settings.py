"""The settings section `realtime`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from app.config import Described


class BackplaneKind(StrEnum):
    """Whether other processes hold sockets too."""

    PROCESS = "process"
    POSTGRES = "postgres"
    REDIS = "redis"


class RealtimeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Sockets, their limits, and what a slow reader may cost."""

    origins: Annotated[
        tuple[str, ...],
        Described(
            description="Other sites whose pages may open /live, such as https://www.example.pl; our own always may."
        ),
    ] = ()
    backplane: Annotated[
        BackplaneKind,
        Described(
            description="`process`: this process alone holds sockets. `postgres`: several do; events go through the "
            "database. `redis`: the same, and Redis wakes the others."
        ),
    ] = BackplaneKind.PROCESS
    redis_url: Annotated[
        str, Described(description="Address of Redis or Valkey, such as redis://127.0.0.1:6379/0; for `redis` only.")
    ] = ""
    sockets: Annotated[
        int, msgspec.Meta(ge=1), Described(description="Most open sockets of this process; more get 503.")
    ] = 20_000
    sockets_per_address: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(description="Most open sockets from one address. A school is one address: 600 laptops and more."),
    ] = 2_000
    sockets_per_account: Annotated[
        int, msgspec.Meta(ge=1), Described(description="Most open sockets of one account: its tabs and devices.")
    ] = 40
    rooms_per_socket: Annotated[int, msgspec.Meta(ge=1), Described(description="Most rooms that one socket is in.")] = (
        64
    )
    messages_per_s: Annotated[
        float, msgspec.Meta(gt=0), Described(description="Messages a second that one socket may send for long.")
    ] = 20
    messages_at_once: Annotated[
        int, msgspec.Meta(ge=1), Described(description="Messages that one socket may send at once, after silence.")
    ] = 120
    account_messages_per_s: Annotated[
        float,
        msgspec.Meta(gt=0),
        Described(description="Messages a second that one account may send for long, over all its sockets anywhere."),
    ] = 60
    account_messages_at_once: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(description="Messages that one account may send at once, over all its sockets anywhere."),
    ] = 600
    snapshots_at_once: Annotated[
        int,
        msgspec.Meta(ge=1),
        Described(description="Snapshots read from the database at the same time; the others wait in line."),
    ] = 8
    snapshot_timeout_s: Annotated[
        float, msgspec.Meta(gt=0), Described(description="Seconds after which a join without a snapshot is refused.")
    ] = 15
    heartbeat_s: Annotated[
        float,
        msgspec.Meta(gt=0),
        Described(description="Seconds between pings; a socket that is silent for half as long again is closed."),
    ] = 25
    recheck_s: Annotated[
        float,
        msgspec.Meta(gt=0),
        Described(description="Seconds after which session, roles and rooms of a socket are checked anew."),
    ] = 60
    unsent_bytes: Annotated[
        int,
        msgspec.Meta(ge=4096),
        Described(description="Bytes a socket may leave unread before it counts as slow and is served apart."),
    ] = 64 * 1024
    held_bytes: Annotated[
        int,
        msgspec.Meta(ge=4096),
        Described(description="Bytes kept for one slow socket; beyond them the rule of the room's kind applies."),
    ] = 512 * 1024
    kernel_ring: Annotated[
        bool,
        Described(
            description="Events go to many sockets with one call of the kernel (io_uring), where it has that; "
            "no: one call a socket."
        ),
    ] = True
    linger_s: Annotated[
        float,
        msgspec.Meta(ge=0),
        Described(description="Seconds for which an empty room remembers its events for those who come back."),
    ] = 120
    drain_s: Annotated[
        float, msgspec.Meta(ge=0), Described(description="Seconds over which a stopping server closes its sockets.")
    ] = 2.5
    outbox_keep_s: Annotated[
        int,
        msgspec.Meta(ge=30),
        Described(description="Seconds for which events from other processes stay in the database."),
    ] = 600
    log_keep_s: Annotated[
        int,
        msgspec.Meta(ge=60),
        Described(
            description="Seconds for which kept rooms remember their events, so that clients go on over a restart."
        ),
    ] = 7 * 86_400
