// Parts of a page that the server draws anew when a room tells that something has changed.

const GATHER_MS = 150;

/** Returns what asks for it: parts ([data-part]) inside of `root` become as the server draws them now. */
export function redrawn(root) {
  let waiting = 0;
  let asked = 0;
  const draw = async () => {
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html", "Gryf-Parts": "yes" } });
    } catch {
      return; // the room tells everything once more when the network is back
    }
    if (mine !== asked || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    for (const part of root.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (other && other.innerHTML !== part.innerHTML) replace(part, other);
    }
  };
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, GATHER_MS);
  };
}

function replace(part, fresh) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  const place = focused ? [...part.querySelectorAll(focused.tagName)].indexOf(focused) : -1;
  part.replaceChildren(...fresh.childNodes);
  part.querySelectorAll("details").forEach((one, number) => (one.open ||= Boolean(open[number])));
  if (focused) part.querySelectorAll(focused.tagName)[place]?.focus();
}
