"""The body of a JSON route to which files may be added: JSON as it is, or a form with the JSON in its part `data`.

`curl -F 'data={"text":"…"};type=application/json' -F files=@photo.jpg …`: one request, so a refusal leaves nothing
behind. The part `data` comes first: who sends rubbish has no file of theirs written to the disk.
"""

from typing import Final, Generic, TypeVar

import msgspec
from aiohttp import BodyPartReader, web

from app import api
from app.errors import Invalid, TooLarge
from app.files.upload import BROKEN_FORM, FILES, Upload, form_parts
from app.i18n import LOCALES, _

MOST_JSON: Final = 1024 * 1024
DATA_FIRST: Final = _("The part named data comes first")

Struct = TypeVar("Struct", bound=msgspec.Struct)


async def read_with_files(
    request: web.Request, kind: type[Struct], *, limit_bytes: int, accept: frozenset[str], most_files: int
) -> tuple[Struct, list[Upload]]:
    """What the route declares, and the files in their order. Whoever gets them keeps or discards them.

    Raises Invalid by field (`files` where one of them is not taken, named in it), TooLarge, Unavailable.
    """
    if request.content_type != "multipart/form-data":
        return await api.body(request, kind), []
    form = _Form(request, kind, limit_bytes, accept, most_files)
    try:
        async for part in form_parts(request):
            if not isinstance(part, BodyPartReader) or part.name not in {"data", "files"}:
                raise Invalid("This form has the parts data and files, and no others")
            await form.take(part)
        if form.found is None:
            raise Invalid(DATA_FIRST)
    except BROKEN_FORM:
        await _drop(request, form.uploads)
        raise Invalid("The upload broke off") from None
    except BaseException:
        await _drop(request, form.uploads)
        raise
    return form.found, form.uploads


class _Form(Generic[Struct]):
    """What has come of it so far."""

    def __init__(
        self, request: web.Request, kind: type[Struct], limit_bytes: int, accept: frozenset[str], most_files: int
    ) -> None:
        self._request, self._kind = request, kind
        self._limit_bytes, self._accept, self._most_files = limit_bytes, accept, most_files
        self.found: Struct | None = None
        self.uploads: list[Upload] = []

    async def take(self, part: BodyPartReader) -> None:
        """The next part."""
        if part.name == "data":
            if self.found is not None:
                raise Invalid("This form has one part named data")
            self.found = api.decoded(await _text(part), self._kind)
        elif self.found is None:
            raise Invalid(DATA_FIRST)
        elif len(self.uploads) >= self._most_files:
            raise Invalid(fields={"files": "These are too many files"})
        else:
            self.uploads.append(await _file(self._request, part, self._limit_bytes, self._accept))


async def _drop(request: web.Request, uploads: list[Upload]) -> None:
    for one in uploads:
        await request.app[FILES].discard(one)


async def _text(part: BodyPartReader) -> bytes:
    data = bytearray()
    while block := await part.read_chunk(8192):
        data += block
        if len(data) > MOST_JSON:
            raise TooLarge
    return bytes(data)


async def _file(request: web.Request, part: BodyPartReader, limit_bytes: int, accept: frozenset[str]) -> Upload:
    try:
        return await request.app[FILES].receive(part, limit_bytes=limit_bytes, accept=accept)
    except Invalid as problem:
        locale = request.app[LOCALES].choose(request)
        why = locale.gettext(next(iter(problem.fields.values()), problem.detail or problem.title))
        raise Invalid(fields={"files": f"{part.filename or '–'}: {why}"}) from None
