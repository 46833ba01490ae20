"""How long after somebody's press a resident sees what it did, read by the pages themselves on one machine's clock.

The page of whoever presses writes down when a request left and when its answer came; the resident's page looks for
what is expected at each change of its own DOM (a MutationObserver, no polling) and writes down when it was there. Both
clocks are `performance.timeOrigin + performance.now()`. All is kept in the tab's storage, so a page that is drawn anew
when a session begins or ends forgets nothing.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Iterator
from typing import Final

import msgspec
from playwright.async_api import BrowserContext, Page
from playwright.async_api import TimeoutError as NotInTime

HOPS: Final = 3
"""Programs that must get their turn between a server's answer and a page that shows it, each on its own."""
TICK_S: Final = 0.005

CLOCK = "const epoch = () => performance.timeOrigin + performance.now();"

PRESSES = f"""(() => {{
  {CLOCK}
  const read = () => JSON.parse(sessionStorage.getItem("sent") ?? "[]");
  const keep = (all) => sessionStorage.setItem("sent", JSON.stringify(all));
  const begin = (path) => {{
    const all = read();
    all.push({{ path, sent: epoch(), answered: null }});
    keep(all);
    return all.length - 1;
  }};
  const usual = window.fetch;
  window.fetch = async (resource, options) => {{
    if ((options?.method ?? "GET") === "GET") return usual(resource, options);
    const place = begin(String(resource));
    const answer = await usual(resource, options);
    const all = read();
    all[place].answered = epoch();
    keep(all);
    return answer;
  }};
  // forms that the browser sends: the answer is the page after them
  addEventListener("submit", (event) => event.defaultPrevented || begin(event.target.action));
  const [visit] = performance.getEntriesByType("navigation");
  const waiting = read();
  const form = waiting.findLast((one) => one.answered === null && one.path.startsWith("http"));
  if (form && visit) {{
    form.answered = performance.timeOrigin + (visit.redirectEnd || visit.responseStart);
    keep(waiting);
  }}
}})();"""

SIGHTS = """(() => {
  CLOCK
  const seen = JSON.parse(sessionStorage.getItem("seen") ?? "{}");
  const shown = (selector, text = "") =>
    [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text) && one.checkVisibility());
  const expected = EXPECTED;
  const look = () => {
    for (const [name, there] of Object.entries(expected)) {
      if (name in seen || !there()) continue;
      seen[name] = epoch();
      sessionStorage.setItem("seen", JSON.stringify(seen));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})();"""


ANSWERED = "() => (JSON.parse(sessionStorage.getItem('sent') ?? '[]').at(-1) ?? { answered: 1 }).answered !== null"


class Reading(msgspec.Struct, frozen=True):
    """What was seen, and when: milliseconds after the request left, and after its answer came.

    `kept_waiting_ms`: how long the machine kept a program that wanted next to nothing from its turn meanwhile.
    """

    event: str
    after_press_ms: float
    after_answer_ms: float
    kept_waiting_ms: float

    @property
    def own_ms(self) -> float:
        """After the answer, without what a machine that is busy with other things adds."""
        return self.after_answer_ms - HOPS * self.kept_waiting_ms


class Ticks:
    """A thread that sleeps for a few milliseconds at a time, and knows when it was woken too late."""

    def __init__(self) -> None:
        self.late: list[tuple[float, float]] = []
        """(Unix ms at the end, ms too late)"""
        self._over = threading.Event()

    def run(self) -> None:
        before = time.perf_counter()
        while not self._over.is_set():
            time.sleep(TICK_S)
            now = time.perf_counter()
            self.late.append((time.time() * 1000, 1000 * (now - before - TICK_S)))
            before = now

    def longest(self, since_ms: float, until_ms: float) -> float:
        return max((late for moment, late in tuple(self.late) if since_ms <= moment <= until_ms + late), default=0.0)

    @contextlib.contextmanager
    def ticking(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


class Stopwatch:
    """Measures what `resident` sees of the others' presses."""

    def __init__(self, expected: dict[str, str]) -> None:
        """`expected`: the body of a JavaScript condition by name; `shown(selector, text)` and `seen` are at hand."""
        self.expected = expected
        self.readings: list[Reading] = []
        self.ticks = Ticks()

    async def follow(self, context: BrowserContext) -> None:
        """Before its first page: this is the resident."""
        conditions = ", ".join(f"{json.dumps(name)}: () => {look}" for name, look in self.expected.items())
        script = SIGHTS.replace("CLOCK", CLOCK).replace("EXPECTED", f"{{{conditions}}}")
        await context.add_init_script(script)

    async def time(self, event: str, resident: Page, actor: Page, press: Awaitable[object]) -> Reading:
        """Presses, waits until the resident sees it, and writes both moments down."""
        before = len(await sent(actor))
        await press
        seen = await resident.wait_for_function(
            "(name) => JSON.parse(sessionStorage.getItem('seen') ?? '{}')[name]", arg=event, timeout=20_000
        )
        moment = await seen.json_value()
        # a page that is drawn anew may not live to hear the answer; then the press counts
        with contextlib.suppress(NotInTime):
            await actor.wait_for_function(ANSWERED, timeout=1000)
        requests = (await sent(actor))[before:]
        assert requests, f"nothing was sent for «{event}»"
        last = [one for one in requests if one["sent"] <= moment][-1]
        answered = last["answered"] or last["sent"]
        await asyncio.sleep(2 * TICK_S)
        waited = self.ticks.longest(last["sent"], moment)
        reading = Reading(event, moment - requests[0]["sent"], moment - answered, waited)
        self.readings.append(reading)
        return reading

    def table(self) -> str:
        lines = [f"{'resident sees':<32}{'ms after the press':>20}{'after the answer':>18}{'machine late':>14}"]
        lines += [
            f"{one.event:<32}{one.after_press_ms:>20.0f}{one.after_answer_ms:>18.0f}{one.kept_waiting_ms:>14.0f}"
            for one in self.readings
        ]
        return "\n".join(lines)


async def sent(page: Page) -> list[dict]:
    return await page.evaluate("() => JSON.parse(sessionStorage.getItem('sent') ?? '[]')")
