// Rows are put elsewhere by their grip, with the mouse or the finger. Buttons or keys that do the same stand beside it.

const EDGE_PX = 56;
const SCROLL_PX = 14;

/**
 * Selectors within `root`: `row`, its `grip`, the `list` it lies in; `zone` around a list, where rows go from list to list.
 * `done(row, undo)` is called once a row lies elsewhere; Escape and a lost finger put it back.
 */
export function dragging(root, { row, grip, list, zone = list, done }) {
  root.addEventListener("pointerdown", (event) => {
    const moved = event.target.closest(grip)?.closest(row);
    if (!moved || event.button !== 0) return;
    event.preventDefault();
    const [parent, next] = [moved.parentElement, moved.nextElementSibling];
    const undo = () => parent.insertBefore(moved, next?.parentElement === parent ? next : null);
    const ends = new AbortController();
    const on = (target, type, act) => target.addEventListener(type, act, { signal: ends.signal });
    const finish = (kept) => {
      ends.abort();
      moved.classList.remove("is-dragged");
      if (!kept) undo();
      else if (moved.parentElement !== parent || moved.nextElementSibling !== next) done(moved, undo);
    };
    moved.classList.add("is-dragged");
    root.setPointerCapture(event.pointerId); // the grip itself would lose it as its row changes places
    on(root, "pointermove", ({ clientX, clientY }) => place(root, moved, { row, list, zone }, clientX, clientY));
    on(root, "pointerup", () => finish(true));
    on(root, "pointercancel", () => finish(false));
    on(document, "keydown", ({ key }) => key === "Escape" && finish(false));
  });
}

function place(root, moved, { row, list, zone }, x, y) {
  if (y < EDGE_PX) scrollBy(0, -SCROLL_PX);
  else if (y > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
  const holds = (one) => {
    const box = one.getBoundingClientRect();
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };
  const around = [...root.querySelectorAll(zone)].find(holds) ?? moved.closest(zone);
  const into = around.matches(list) ? around : around.querySelector(list);
  const below = [...into.querySelectorAll(row)].filter((one) => one !== moved).find((one) => {
    const box = one.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (moved.parentElement !== into || moved.nextElementSibling !== (below ?? null)) into.insertBefore(moved, below ?? null);
}
