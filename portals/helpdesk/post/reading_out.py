"""A raw letter as a download that no browser opens."""

from aiohttp import web

from app.database import DATABASE
from app.files import content_disposition
from app.wire import current_actor
from portals.helpdesk.post import releasing
from portals.helpdesk.post.post import POST


async def raw_answer(request: web.Request, letter_id: int) -> web.Response:
    """The bytes as they came; that somebody reads them is logged. Raises NotFound."""
    actor, post = await current_actor(request), request.app[POST]
    async with request.app[DATABASE].transaction() as tx:
        line = await releasing.access_letter(tx, actor, letter_id)
        stored, raw = await releasing.raw_of(post, tx, line)
        await tx.audit(actor, "letter.read_raw", f"letter/{line.id}")
    headers = {
        "Content-Disposition": content_disposition("attachment", f"{stored.name.removesuffix('.eml')}-{line.id}.eml"),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return web.Response(body=raw, content_type="application/octet-stream", headers=headers)
