// Menu, display settings, messages, dialogs, the lines over the page, and the bar that says the link is lost.

const SHOW_LOST_AFTER_MS = 1200; // a blink of the network is no news
const BANNERS_EVERY_MS = 60_000;

export function setUpChrome(texts) {
  setUpMenus();
  setUpDisplay();
  setUpDialogs();
  setUpConnectionBar(texts);
  setUpBanners();
  document.addEventListener("click", (event) => {
    event.target.closest("[data-hides]")?.closest(".flash, .alert")?.remove();
  });
  setUpCopying(texts);
}

function setUpMenus() {
  const button = document.querySelector(".menu-button");
  const menu = document.querySelector("#site-menu");
  button?.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("open", open);
  });
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
    if (button?.getAttribute("aria-expanded") === "true") {
      button.click();
      button.focus();
    }
  });
}

function closeMenus(target) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!target || !menu.contains(target)) menu.open = false;
  }
}

// Display settings work without a script (the form posts); with one they apply at once.
function setUpDisplay() {
  document.querySelector("form[data-display]")?.addEventListener("submit", async (event) => {
    const { name, value } = event.submitter ?? {};
    if (!["text", "theme", "contrast"].includes(name)) return;
    event.preventDefault();
    const form = event.currentTarget;
    document.documentElement.dataset[name] = value;
    for (const button of form.querySelectorAll(`button[name=${name}]`)) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
    applySheets();
    const body = new URLSearchParams({ [name]: value, next: location.pathname });
    try {
      await fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
    } catch {
      // without a connection the setting holds for this page
    }
  });
}

function applySheets() {
  const { theme, contrast } = document.documentElement.dataset;
  const dark = { dark: "all", light: "not all" }[theme] ?? "(prefers-color-scheme: dark)";
  const more = contrast === "high" ? "all" : "(prefers-contrast: more)";
  const parts = [dark, more].filter((part) => part !== "all");
  const both = parts.includes("not all") ? "not all" : parts.join(" and ") || "all";
  for (const [name, media] of Object.entries({ dark, contrast: more, "contrast-dark": both })) {
    const sheet = document.querySelector(`link[data-theme-sheet="${name}"]`);
    if (sheet) sheet.media = media;
  }
}

function setUpDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    if (event.target.matches("dialog")) event.target.close();
  });
}

function setUpConnectionBar(texts) {
  const bar = document.querySelector("#connection-bar");
  if (!bar) return;
  let timer = 0;
  document.addEventListener("gryf:live-state", (event) => {
    clearTimeout(timer);
    if (event.detail?.state === "connected") {
      bar.hidden = true;
      return;
    }
    timer = setTimeout(() => {
      bar.textContent = texts.lost;
      bar.hidden = false;
    }, SHOW_LOST_AFTER_MS);
  });
}

function setUpBanners() {
  const place = document.querySelector("#banners");
  const template = document.querySelector("#banner-template");
  const sources = (place?.dataset.sources ?? "").split(" ").filter(Boolean);
  if (!template || sources.length === 0) return;
  const refresh = async () => {
    if (document.hidden) return;
    const answers = await Promise.allSettled(sources.map((source) => fetch(source).then((answer) => answer.json())));
    const lines = answers.flatMap((answer) => (answer.status === "fulfilled" && Array.isArray(answer.value) ? answer.value : []));
    const shown = lines.filter((line) => new URL(line.href, location.href).pathname !== location.pathname);
    place.replaceChildren(...shown.map((line) => draw(template, line)));
  };
  refresh();
  setInterval(refresh, BANNERS_EVERY_MS);
  document.addEventListener("gryf:banner", refresh);
  document.addEventListener("visibilitychange", refresh);
}

function draw(template, line) {
  const element = template.content.firstElementChild.cloneNode(true);
  element.querySelector(".banner-text").textContent = line.text;
  if (!line.live) element.querySelector(".live-dot").remove();
  const link = element.querySelector("a");
  link.href = line.href;
  link.textContent = line.action;
  return element;
}

function setUpCopying(texts) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard?.writeText(button.dataset.copy);
    const usual = button.textContent;
    button.textContent = texts.copied;
    setTimeout(() => { button.textContent = usual; }, 1500);
  });
}
