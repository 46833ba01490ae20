"""What stands at the bottom of an agent's phone."""

import re

from tests.portals.helpdesk.sla.office import get, open_office

BAR = re.compile(r'<nav class="bottom-bar".*?</nav>', re.DOTALL)


async def test_agents_find_what_they_do_most(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        async with site.client("adam") as client:
            found = bar(await get(client, "/pomoc"))
            assert found == ["/pomoc/obsluga", "/pomoc/szukaj", "/pomoc/obsluga/nowe", "/pomoc/wiedza"]
            assert 'href="/pomoc/obsluga" aria-current="page"' in await get(client, "/pomoc/obsluga")
        async with site.client("jan") as client:
            found = bar(await get(client, "/pomoc"))
            assert found[0] == "/"
            assert not {path for path in found if path.startswith("/pomoc/")}


def bar(page: str) -> list[str]:
    """Where it leads."""
    found = BAR.search(page)
    assert found is not None
    return re.findall(r'<a href="([^"]+)"', found[0])
