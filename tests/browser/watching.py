"""What browser tests ask of a page."""

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1366, "height": 768}


class Faults:
    """Everything a page complains of."""

    def __init__(self, page: Page, allowed: tuple[str, ...] = ()):
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("console", lambda line: self._heard(line.type, line.text, allowed))

    def _heard(self, kind: str, text: str, allowed: tuple[str, ...]) -> None:
        if kind == "error" and not any(word in text for word in allowed):
            self.found.append(f"console: {text}")


async def person(browser: Browser, ready: dict, role: str = "", viewport: dict | None = None) -> BrowserContext:
    """A browser of its own, signed in where a role is named, in Polish."""
    context = await browser.new_context(
        viewport=viewport or LAPTOP, locale="pl-PL", base_url=ready["http"], reduced_motion="reduce"
    )
    if role:
        login, password = ready["logins"][role]
        answer = await context.request.post("/api/sign-in", data={"login": login, "password": password})
        assert answer.ok, await answer.text()
    return context


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong (WCAG 2.1 A and AA), as lines.

    Without its preload: that copies styles of shadow trees into documents of its own, which our policy refuses. What
    passes is not described: that is most of the work.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "() => axe.run(document, {preload: false, resultTypes: ['violations'],"
        " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]
    ]


async def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")


async def moment_shown(page: Page) -> float | None:
    """Unix ms that the picture's clock strip shows, or None if it cannot be read: what is shown is not the camera's."""
    found = await _clock_strip(page)
    return None if found is None else found[1]


async def clock_of(page: Page) -> float | None:
    """How many ms the picture is behind, by its clock strip, or None if that cannot be read."""
    found = await _clock_strip(page)
    return None if found is None else found[0] - found[1]


async def _clock_strip(page: Page) -> tuple[float, float] | None:
    """Unix ms now, and those that are shown."""
    from media.codec.clock_strip import read_row

    pixels = await page.evaluate(
        """() => {
            const video = document.querySelector('video');
            if (!video || !video.videoWidth) return null;
            const canvas = document.createElement('canvas');
            canvas.width = video.videoWidth;
            canvas.height = 8;
            const context = canvas.getContext('2d');
            context.drawImage(video, 0, 0, video.videoWidth, 8, 0, 0, video.videoWidth, 8);
            const data = context.getImageData(0, 4, video.videoWidth, 1).data;
            return {now: Date.now(), row: Array.from({length: video.videoWidth}, (_, x) => data[4 * x + 1])};
        }"""
    )
    if pixels is None:
        return None
    shown = read_row(pixels["row"])
    return None if shown is None else (pixels["now"], shown)
