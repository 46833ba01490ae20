"""Messages inside the register: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Handler, Route
from schools.messages import api, demo, pages, rules, views
from schools.messages.model import Draft, InboxView, ReceiptsView, Reply, Thread, ThreadView
from schools.messages.notices import TELL
from schools.register.feature import API, SCHOOL

BOX: Final = f"{SCHOOL}/messages"
THREAD: Final = rf"{BOX}/{{thread_id:\d{{1,18}}}}"
API_BOX: Final = f"{API}/messages"
API_THREAD: Final = rf"{API_BOX}/{{thread_id:\d{{1,18}}}}"
UPLOADS: Final = rules.MOST_FILES * rules.FILE_BYTES + 1_000_000


def _get(path: str, handler: Handler, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=SIGNED_IN, name=name)


def _post(path: str, handler: Handler, name: str = "", max_bytes: int = 1024 * 1024) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=SIGNED_IN, name=name, max_bytes=max_bytes)


ROUTES: Final = (
    _get(BOX, pages.show_inbox, "inbox"),
    _post(f"{BOX}/choices", pages.set_choices, "choices"),
    _get(f"{BOX}/new", pages.new_message, "new"),
    _post(f"{BOX}/new", pages.new_message, max_bytes=UPLOADS),
    _get(THREAD, pages.show_thread, "thread"),
    _post(THREAD, pages.show_thread, max_bytes=UPLOADS),
    _post(f"{THREAD}/confirm", pages.confirm, "confirm"),
    _post(f"{THREAD}/remind", pages.remind, "remind"),
    _get(rf"{THREAD}/files/{{file_id:[0-9a-f-]{{1,40}}}}", pages.send_file, "file"),
    Route(
        method="GET",
        path=API_BOX,
        handler=api.show_inbox,
        allow=SIGNED_IN,
        summary="Own messages in a school",
        query=api.Search,
        reply=InboxView,
    ),
    Route(
        method="POST",
        path=API_BOX,
        handler=api.send,
        allow=SIGNED_IN,
        summary="Write to people, classes, groups of the school",
        body=Draft,
        reply=Thread,
        status=201,
    ),
    Route(
        method="GET",
        path=API_THREAD,
        handler=api.show_thread,
        allow=SIGNED_IN,
        summary="A thread that one is in",
        reply=ThreadView,
    ),
    Route(
        method="GET",
        path=f"{API_THREAD}/receipts",
        handler=api.show_receipts,
        allow=SIGNED_IN,
        summary="Who has read and confirmed a message",
        reply=ReceiptsView,
    ),
    Route(
        method="POST",
        path=f"{API_THREAD}/replies",
        handler=api.reply,
        allow=SIGNED_IN,
        summary="Answer; a message to many is answered to its author alone",
        body=Reply,
        reply=Thread,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{API_THREAD}/read",
        handler=api.mark_read,
        allow=SIGNED_IN,
        summary="Everything of it was seen",
        status=204,
    ),
    Route(
        method="POST",
        path=f"{API_THREAD}/confirm",
        handler=api.confirm,
        allow=SIGNED_IN,
        summary="Confirm an announcement",
        status=204,
    ),
    Route(
        method="POST",
        path=f"{API_THREAD}/remind",
        handler=api.remind,
        allow=SIGNED_IN,
        summary="Remind those who have not confirmed, once an hour",
        reply=api.Reminded,
    ),
)

FEATURE = Feature(
    name="messages",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "register", "diary", "push", "mail", "realtime"),
    routes=ROUTES,
    rooms=views.ROOMS,
    jobs=(TELL,),
    demo=demo.fill,
)
