// The frame of the page: menus, dialogs, themes, messages, banners, the thin bar when the link is lost.

const YEAR_S = 365 * 86400;
const PATIENCE_MS = 1500; // a cut that heals sooner is not worth a word
const BANNERS_EVERY_MS = 60_000;
const HOLD_MS = 1000;

/** The menu button of the phone, and <details class="menu"> that close by Escape, a press elsewhere, or another one. */
export function menus() {
  const button = document.querySelector(".menu-button");
  const sheet = document.getElementById("site-menu");
  button?.addEventListener("click", () => {
    const open = sheet.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });
  const closeAll = (but) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
  };
  document.addEventListener("click", (event) => closeAll(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (sheet?.classList.contains("open")) {
      sheet.classList.remove("open");
      button.setAttribute("aria-expanded", "false");
      button.focus();
    }
  });
}

/** What of the main menu does not fit on one line goes into «More» at its end; the phone's menu shows all. */
export function foldedNav() {
  const more = document.querySelector("[data-nav-more]");
  const header = document.querySelector(".site-header");
  if (!more || !header) return;
  const list = more.parentElement;
  const sheet = more.querySelector(".menu-sheet");
  const fold = () => {
    more.before(...sheet.children);
    more.hidden = true;
    const items = [...list.children].filter((item) => item !== more);
    const isLine = getComputedStyle(list).display === "flex";
    const wraps = () => list.lastElementChild.offsetTop > items[0].offsetTop || items.at(-1).offsetTop > items[0].offsetTop;
    if (!isLine || items.length < 2 || !wraps()) return;
    more.hidden = false;
    while (items.length > 1 && wraps()) sheet.prepend(items.pop());
  };
  new ResizeObserver(fold).observe(header);
  fold();
}

/** `data-opens="id"` opens a <dialog>, `data-closes` inside closes it; `data-back` goes back in history. */
export function dialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-back]")) history.back();
    if (event.target instanceof HTMLDialogElement && outside(event)) event.target.close();
  });
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/** Theme, contrast and text size change at once; the cookie makes the server draw the next page so. */
export function display() {
  const form = document.querySelector("form[data-display]");
  form?.addEventListener("click", (event) => {
    const button = event.target.closest("button[name]");
    if (!button) return;
    event.preventDefault();
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `gryf_${button.name}=${button.value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
    document.documentElement.dataset[button.name] = button.value;
    for (const other of form.querySelectorAll(`button[name="${button.name}"]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    applyThemes();
  });
}

/** The same `media` that bare.html writes. */
function applyThemes() {
  const { theme, contrast } = document.documentElement.dataset;
  const dark = { dark: "all", light: "not all" }[theme] ?? "(prefers-color-scheme: dark)";
  const high = contrast === "high" ? "all" : "(prefers-contrast: more)";
  const both = dark === "not all" ? dark : [dark, high].filter((media) => media !== "all").join(" and ") || "all";
  for (const [name, media] of Object.entries({ dark, contrast: high, "contrast-dark": both })) {
    document.querySelector(`link[data-theme-sheet="${name}"]`).media = media;
  }
  document.querySelector('meta[name="color-scheme"]').content = theme === "auto" ? "light dark" : theme;
}

/** Messages go away by their button; other scripts say something with the document event `gryf:say` {text, kind}. */
export function flashes() {
  const region = document.getElementById("flashes");
  document.addEventListener("click", (event) => {
    const flash = event.target.closest("[data-hides]")?.closest(".flash");
    if (!flash) return;
    const next = flash.nextElementSibling ?? flash.previousElementSibling;
    flash.remove();
    (next?.querySelector("[data-hides]") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  });
  document.addEventListener("gryf:say", ({ detail }) => say(region, detail.text, detail.kind, detail.button));
}

/** Tells a person something without a page: `button` {text, press} is what can be done about it. */
export function say(region, text, kind = "info", button = null) {
  const template = document.getElementById("flash-template");
  if (!region || !template) return;
  const flash = template.content.firstElementChild.cloneNode(true);
  flash.classList.replace("info", kind);
  const use = flash.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${kind}`));
  flash.querySelector(".grow").textContent = text;
  if (button) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "btn btn-quiet";
    element.textContent = button.text;
    element.addEventListener("click", () => {
      flash.remove();
      button.press();
    });
    flash.querySelector(".grow").after(element);
  }
  region.append(flash);
}

/** The thin bar: live.js tells the document `gryf:live-state` {state}, see there for its names. */
export function connectionBar(words) {
  const bar = document.getElementById("connection-bar");
  if (!bar) return;
  let timer = 0;
  document.addEventListener("gryf:live-state", ({ detail }) => {
    clearTimeout(timer);
    if (detail.state === "connected") {
      bar.hidden = true;
      bar.textContent = "";
    } else {
      timer = setTimeout(() => {
        bar.hidden = false;
        bar.textContent = words.lost;
      }, PATIENCE_MS);
    }
  });
}

/** `data-copy="text"`, or `data-copy` with `data-copy-from="id"` of an element or input. */
export function copyButtons(words) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copyFrom ?? "");
    const text = button.dataset.copy || source?.value || source?.textContent.trim() || "";
    await navigator.clipboard.writeText(text);
    document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: words.copied, kind: "success" } }));
  });
}

/** `data-hold`: a dangerous button acts after it was held for a second, by pointer or by Enter or space. */
export function holdButtons() {
  for (const button of document.querySelectorAll("[data-hold]")) {
    button.classList.add("hold");
    let timer = 0;
    let due = false;
    const start = () => {
      if (timer || button.disabled) return;
      button.classList.add("holding");
      timer = setTimeout(() => {
        stop();
        due = true;
        button.click();
      }, HOLD_MS);
    };
    const stop = () => {
      clearTimeout(timer);
      timer = 0;
      button.classList.remove("holding");
    };
    button.addEventListener("pointerdown", (event) => event.button === 0 && start());
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) button.addEventListener(end, stop);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      start();
    });
    button.addEventListener(
      "click",
      (event) => {
        // a screen reader's press has no duration and no pointer: it counts
        if (due || (event.detail === 0 && event.isTrusted && !button.matches(":active"))) {
          due = false;
          return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { capture: true },
    );
  }
}

/** What the class register keeps in this browser for times without a network goes with the session. */
export function signOut() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || localStorage.getItem("gryf:schools-kept") === null) return;
    if (new URL(form.action, location.href).pathname !== "/sign-out") return;
    event.preventDefault();
    try {
      await (await import("../schools-offline.js")).wipe();
    } finally {
      form.submit();
    }
  });
}

/** Lines over the page, from every feature that has some: [{text, href, action, live}]. */
export function banners() {
  const region = document.getElementById("banners");
  const template = document.getElementById("banner-template");
  const sources = (region?.dataset.sources ?? "").split(" ").filter(Boolean);
  if (!template || sources.length === 0) return;
  const drawn = new Map();
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    for (const source of sources) {
      try {
        const answer = await fetch(source, { headers: { Accept: "application/json" } });
        if (answer.ok) draw(source, await answer.json());
      } catch {
        // out of reach: what is drawn stays
      }
    }
  };
  const draw = (source, list) => {
    const wanted = JSON.stringify(list);
    if (drawn.get(source)?.text === wanted) return;
    for (const element of drawn.get(source)?.elements ?? []) element.remove();
    const elements = list.filter((banner) => banner.href !== location.pathname).map((banner) => {
      const element = template.content.firstElementChild.cloneNode(true);
      element.querySelector(".live-dot").hidden = !banner.live;
      element.querySelector(".banner-text").textContent = banner.text;
      const link = element.querySelector("a");
      link.textContent = banner.action;
      link.href = banner.href;
      return element;
    });
    region.append(...elements);
    drawn.set(source, { text: wanted, elements });
  };
  look();
  setInterval(look, BANNERS_EVERY_MS);
  document.addEventListener("gryf:banner", look);
  document.addEventListener("visibilitychange", look);
}
