// Pages of equipment: the list (ticks, keys, changes of others), a device, the Wi-Fi.

import { connect } from "./live.js";
import { fill } from "./rows.js";

const words = JSON.parse(document.getElementById("equipment-words")?.textContent ?? "{}");

function spoken(label) {
  return `${label.slice(0, -1)}-${label.slice(-1)}`;
}

function highlight(element) {
  element.classList.add("changed");
  element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
}

/** The list: a row that changes is drawn anew in its place; what would move rows waits behind a button. */
class List {
  constructor(form) {
    this.form = form;
    this.body = form.querySelector("[data-devices]");
    this.all = form.querySelector("[data-all]");
    this.page = form.querySelector("[data-tick-page]");
    this.said = form.querySelector("[data-said]");
    this.others = new Set();
    this.last = null;
    this.current = null;
    this.page.addEventListener("change", () => this.#tick(this.#ticks(), this.page.checked));
    this.all.addEventListener("change", () => this.#tick(this.#ticks(), this.all.checked));
    this.body.addEventListener("click", (event) => event.target.matches("[name=ids]") && this.#pressed(event));
    this.body.addEventListener("focusin", (event) => this.#choose(event.target.closest("tr"), false));
    form.querySelector("[data-reload]").addEventListener("click", () => location.reload());
    for (const button of document.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.#step(Number(button.dataset.step)));
    }
    document.querySelector("[data-tick-current]").addEventListener("click", () => {
      this.current?.querySelector("[name=ids]").click();
    });
  }

  #ticks() {
    return [...this.body.querySelectorAll("[name=ids]")];
  }

  #tick(boxes, on) {
    for (const box of boxes) box.checked = on;
    this.#count();
  }

  /** With Shift, everything from the last one on. */
  #pressed(event) {
    const boxes = this.#ticks();
    const here = boxes.indexOf(event.target);
    if (event.shiftKey && this.last !== null) {
      const [from, to] = [Math.min(here, this.last), Math.max(here, this.last)];
      this.#tick(boxes.slice(from, to + 1), event.target.checked);
    }
    this.last = here;
    if (!event.target.checked) this.all.checked = false;
    this.#count();
  }

  #count() {
    const boxes = this.#ticks();
    const on = boxes.filter((box) => box.checked).length;
    this.page.checked = on === boxes.length;
    this.page.indeterminate = on > 0 && on < boxes.length;
    this.said.textContent = words.ticked.replace("{n}", on);
  }

  #choose(row, focus) {
    this.current?.classList.remove("current");
    this.current = row;
    row?.classList.add("current");
    if (focus) row?.querySelector("th a").focus();
  }

  #step(by) {
    const rows = [...this.body.rows];
    const at = this.current ? rows.indexOf(this.current) + by : by > 0 ? 0 : rows.length - 1;
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    this.#choose(row, true);
    row?.scrollIntoView({ block: "nearest" });
  }

  take(device) {
    const row = this.body.querySelector(`:scope > [data-id="${device.id}"]`);
    if (row === null) {
      this.others.add(device.id);
      this.wait(this.others.size);
      return;
    }
    if (Number(row.dataset.rev) >= device.rev) return;
    fill(row, {
      ...device,
      label: spoken(device.inventory_number),
      title: `${device.maker} ${device.model}`.trim(),
      kind_title: words.kinds[device.kind],
      path: `/equipment/${device.id}`,
    });
    highlight(row);
  }

  wait(count) {
    this.form.querySelector("[data-pill]").hidden = false;
    this.form.querySelector("[data-reload]").textContent = `${words.changed.replace("{n}", count)} ↑`;
  }
}

/** Sums of the whole inventory, and what changes in the list below. */
function followStock(root, list) {
  let rev = Number(root.dataset.rev);
  const draw = (stock) => {
    if (stock.rev <= rev) return false;
    rev = stock.rev;
    for (const place of root.querySelectorAll("[data-count]")) {
      const text = new Intl.NumberFormat(document.documentElement.lang).format(stock.counts[place.dataset.count]);
      if (place.textContent !== text) {
        place.textContent = text;
        highlight(place);
      }
    }
    return true;
  };
  connect().join("equipment/stock", {
    snapshot: (stock) => {
      if (draw(stock)) list?.wait("…"); // somebody was faster than this page
    },
    event: (event) => {
      if (event.type === "DeviceChanged") list?.take(event.device);
      else draw(event.stock);
    },
  });
}

/** A device's page asks for itself anew. */
function followDevice(root) {
  let rev = Number(root.dataset.rev);
  const take = async (device) => {
    if (device.rev <= rev) return;
    rev = device.rev;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok || device.rev < rev) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-fresh]");
    if (fresh === null) return;
    root.querySelector("[data-fresh]").replaceChildren(...fresh.childNodes);
    root.querySelector("[data-said]").textContent = words.device_changed;
  };
  connect().join(`equipment/device/${root.dataset.device}`, {
    snapshot: (view) => take(view.device),
    event: (event) => take(event.device),
  });
}

/** Access points fall silent by themselves, so each minute is looked at. */
function followPoints(body) {
  const revs = new Map();
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: document.documentElement.dataset.timeZone,
  });
  const judge = () => {
    let silent = 0;
    for (const row of body.rows) {
      const seen = row.dataset.seen ? Date.parse(row.dataset.seen) : 0;
      const is = row.dataset.used === "1" && Date.now() - seen > Number(body.dataset.silentAfter) * 1000;
      row.querySelector("[data-silent]").hidden = !is;
      if (is) silent += 1;
    }
    const text = silent ? words.silent.replace("{n}", silent) : words.all_seen;
    const place = document.querySelector("[data-finding]");
    if (body.dataset.judged !== String(silent)) place.textContent = text;
    body.dataset.judged = String(silent);
  };
  const take = (point) => {
    const row = body.querySelector(`:scope > [data-id="${point.id}"]`);
    if (row === null || !point.seen_at || (revs.get(point.id) ?? 0) >= point.rev) return;
    revs.set(point.id, point.rev);
    row.dataset.seen = point.seen_at;
    row.querySelector("[data-seen-at]").textContent = clock.format(new Date(point.seen_at));
    row.querySelector("[data-channel]").textContent = point.channel ?? "–";
  };
  if (body.hasAttribute("data-live")) {
    connect().join("equipment/wifi", {
      snapshot: ({ points }) => {
        points.forEach(take);
        judge();
      },
      event: (event) => {
        take(event.point);
        judge();
      },
    });
  }
  setInterval(judge, 60_000);
}

const bulk = document.querySelector("[data-bulk]");
const list = bulk === null ? null : new List(bulk);
const stock = document.querySelector("[data-stock]");
const device = document.querySelector("[data-device]");
const points = document.querySelector("[data-points]");
if (stock !== null) followStock(stock, list);
if (device !== null) followDevice(device);
if (points !== null) followPoints(points);
