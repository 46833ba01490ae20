// Each alert rings once in a browser, however many pages are open and however often it is told: the first page that asks
// gets it. What has rung is kept over reloads.

const PLACE = "gryf-bell-rang";
const MOST = 400;

function known() {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? "[]");
  } catch {
    return [];
  }
}

function take(keys) {
  const rang = known();
  const fresh = keys.filter((key) => !rang.includes(key));
  if (fresh.length > 0) {
    try {
      localStorage.setItem(PLACE, JSON.stringify([...rang, ...fresh].slice(-MOST)));
    } catch {
      // no storage: it rings in each page, which is better than in none
    }
  }
  return fresh;
}

/** Those of `keys` that have not rung here yet; they count as rung from now on. */
export async function claim(keys) {
  if (!navigator.locks) return take(keys); // no secure origin: two pages may meet within a millisecond
  return navigator.locks.request("gryf-bell", () => take(keys));
}
