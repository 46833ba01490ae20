"""Hostile words and files in Chromium: a PDF that wants to act, one that is torn, names in NFD, Markdown that wants to be HTML."""

import unicodedata
import zlib

import pytest

from app.database import DATABASE
from app.files import FILES
from portals.dialog.demo import demo_actors, demo_block, demo_consultation
from portals.dialog.materials import actions, rules
from portals.dialog.materials.model import Content, MaterialDraft
from tests.browser.watching import LAPTOP, Faults, person, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT = "document.title='zlo';parent.document.title='zlo';app.alert(1)"
MARKDOWN = (
    "# Plan\n\n<script>document.title='zlo'</script><img src=x onerror=\"document.title='zlo'\">"
    "<svg onload=\"document.title='zlo'\"></svg>\n\n[klik](javascript:document.title='zlo') "
    "[dane](data:text/html,<script>document.title='zlo'</script>) ![i](https://zlo.example/x.png)\n\n"
    "<iframe srcdoc=\"<script>parent.document.title='zlo'</script>\"></iframe><style>main{display:none}</style>"
)


def pdf(*extra: str, catalog: str = "") -> bytes:
    """A page that says «Plan», with whatever else stands in its catalogue and objects."""
    stream = zlib.compress(b"BT /F1 24 Tf 40 120 Td (Plan) Tj ET")
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Annots [6 0 R 7 0 R] /Resources 8 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream),
        *(one.encode() for one in extra),
        *[b"<< >>"] * (3 - len(extra)),
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, rows)
    return body + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))


def acting() -> bytes:
    """Scripts at opening, in a link and in the font's matrix (CVE-2024-4367), and a program to be started."""
    return pdf(
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontMatrix [1 2 3 4 5 (1\\); {SCRIPT}//)] >>",
        f"<< /Type /Annot /Subtype /Link /Rect [0 0 300 200] /A << /S /JavaScript /JS ({SCRIPT}) >> >>",
        f"<< /Type /Annot /Subtype /Link /Rect [0 0 300 200] /A << /S /URI /URI (javascript:{SCRIPT}) >> >>",
        catalog=f"/OpenAction << /S /JavaScript /JS ({SCRIPT}) >> /AA << /WC << /S /Launch /F (cmd.exe) >> >>",
    )


async def put(site, block_id: int, content: bytes, name: str) -> int:
    async def blocks():
        yield content

    upload = await site.app[FILES].receive(blocks(), limit_bytes=1_000_000, accept=rules.ACCEPTED, name=name)
    clerk = (await demo_actors(site.app))["consultation_clerk"]
    made = await actions.add_material(site.app, clerk, block_id, "file", MaterialDraft(), Content(), upload)
    return made.id


async def test_nothing_of_a_file_or_a_text_acts_on_the_page(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    block = await demo_block(site.app, "plac-zwyciestwa", "materials", title="Wrogie", phase=0)
    clerk = (await demo_actors(site.app))["consultation_clerk"]
    place = await demo_consultation(site.app, "plac-zwyciestwa")
    bad = await put(site, block.id, acting(), unicodedata.normalize("NFD", "Plan_żółtych_łąk.pdf"))
    torn = await put(site, block.id, pdf("<< >>")[:200], "urwany.pdf")
    text = await actions.add_material(
        site.app, clerk, block.id, "text", MaterialDraft(title="Tekst"), Content(text=MARKDOWN)
    )
    context = await person(chromium, ready, "resident", LAPTOP)
    page = await context.new_page()
    faults = Faults(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: faults.found.append(f"dialog: {dialog.message}"))

    await page.goto(f"{place.path}/materials/{bad}")
    await page.locator("[data-pages][data-shown='1']").wait_for()
    assert "Plan żółtych łąk" in await page.title()
    assert (
        await page.locator("[data-pages] a[href^='javascript'], [data-pages] iframe, [data-pages] embed").count() == 0
    )
    await page.locator("[data-canvas]").click()
    await page.wait_for_timeout(300)
    assert "zlo" not in await page.title()
    drawn = await page.locator("[data-canvas]").evaluate(
        "one => { const all = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;"
        " return all.some((value, at) => at % 4 === 0 && value < 128); }"
    )
    assert drawn  # the page's own words are there
    file = await context.request.get(f"{place.path}/materials/{bad}/v1")
    name = "Plan_%C5%BC%C3%B3%C5%82tych_%C5%82%C4%85k.pdf"  # NFC, whatever the file was called on its disk
    assert name in file.headers["content-disposition"]
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"

    await page.goto(f"{place.path}/materials/{torn}")
    await page.locator("[data-wait]", has_text="Nie można pokazać").wait_for()
    assert await page.get_by_role("link", name="Pobierz").count() == 1  # the way on

    await page.goto(f"{place.path}/materials/{text.id}")
    await page.get_by_role("heading", name="Plan", exact=True).wait_for()
    await page.wait_for_timeout(300)
    assert "zlo" not in await page.title()
    prose = page.locator("main .prose")
    assert await prose.locator("script, img, svg, iframe, style, [onerror], [onload]").count() == 0
    assert await prose.locator("a[href^='javascript'], a[href^='data']").count() == 0
    assert await page.locator("main").is_visible()
    assert await violations(page) == []
    assert not [url for url in asked if "zlo" in url]
    assert faults.found == []
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        assert await tx.value("SELECT name FROM file WHERE name LIKE 'Plan_ż%'") == "Plan_żółtych_łąk.pdf"
