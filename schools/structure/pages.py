"""The entry of the schools: which of them one belongs to."""

from aiohttp import web

from app.database import DATABASE
from app.forms import see_other
from app.pages import render
from app.wire import current_actor
from schools.structure.access import own_children, own_memberships


async def show_schools(request: web.Request) -> web.StreamResponse:
    """`GET /schools`: whoever works in one school is there at once; others see their schools and children."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        schools = await own_memberships(tx, actor)
        children = await own_children(tx, actor)
    if len(schools) == 1 and not children and not schools[0].is_guardian:
        return see_other(schools[0].path)
    return await render(request, "schools/home.html", schools=schools, children=children)
