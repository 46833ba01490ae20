// Looks at materials: PDF page by page (slides over the whole screen too), films through HLS where there is a recording.
//
// `#page=3` in the address opens a page; arrow keys, a swipe and the page's number turn it.

const words = JSON.parse(document.getElementById("materials-words")?.textContent ?? "{}");
const MOST_PIXELS = 8_000_000;
const SWIPE_PX = 50;

let loading = null;
const pdfjs = () => {
  loading ??= import("../vendor/pdfjs/pdf.min.mjs").then((library) => {
    library.GlobalWorkerOptions.workerSrc = new URL("../vendor/pdfjs/pdf.worker.min.mjs", import.meta.url).href;
    return library;
  });
  return loading;
};

export class Pages {
  constructor(root) {
    this.root = root;
    this.source = root.dataset.pages ?? root.dataset.deck;
    this.stage = root.querySelector("[data-stage]");
    this.canvas = root.querySelector("[data-canvas]");
    this.number = root.querySelector("[data-number]");
    this.page = 1;
    this.turn = 0; // a page that was asked for later wins
    this.title = this.canvas.getAttribute("aria-label");
    this.open().catch((problem) => this.fail(problem));
  }

  async open() {
    const { getDocument } = await pdfjs();
    this.document = await getDocument({ url: this.source, isEvalSupported: false, enableXfa: false }).promise;
    this.root.querySelector("[data-total]").textContent = words.of.replace("%", this.document.numPages);
    this.number.max = this.document.numPages;
    this.root.querySelector("[data-wait]").hidden = true;
    this.listen();
    await this.show(this.asked());
  }

  fail(problem) {
    this.root.querySelector("[data-wait]").textContent = words.failed;
    for (const part of this.root.querySelectorAll("button, input")) part.disabled = true;
    console.warn(problem);
  }

  asked() {
    return Number(/^#page=(\d{1,5})$/.exec(location.hash)?.[1] ?? 1);
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.show(this.page + Number(button.dataset.step)));
    }
    this.number.addEventListener("change", () => this.show(Number(this.number.value) || 1));
    this.root.addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => this.show(this.asked()));
    const full = this.root.querySelector("[data-full]");
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen()));
    let width = this.stage.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(this.stage.clientWidth - width) < 8) return;
      width = this.stage.clientWidth;
      this.draw();
    }).observe(this.stage);
    let from = null;
    this.stage.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0].clientX : null), { passive: true });
    this.stage.addEventListener("touchend", (event) => {
      const moved = from === null ? 0 : event.changedTouches[0].clientX - from;
      if (Math.abs(moved) > SWIPE_PX && (visualViewport?.scale ?? 1) < 1.05) this.show(this.page + (moved < 0 ? 1 : -1));
    });
  }

  key(event) {
    if (event.target.matches("input") || event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
    if (event.key in steps) this.show(this.page + steps[event.key]);
    else if (event.key === "Home") this.show(1);
    else if (event.key === "End") this.show(this.document.numPages);
    else return;
    event.preventDefault();
  }

  async show(number) {
    this.page = Math.max(1, Math.min(this.document.numPages, number));
    this.number.value = this.page;
    this.root.querySelector("[data-link]").href = `#page=${this.page}`;
    const [before, after] = this.root.querySelectorAll("[data-step]");
    before.setAttribute("aria-disabled", this.page === 1);
    after.setAttribute("aria-disabled", this.page === this.document.numPages);
    await this.draw();
  }

  async draw() {
    const turn = ++this.turn;
    const page = await this.document.getPage(this.page);
    if (turn !== this.turn || !this.stage.clientWidth) return; // out of sight there is nothing to draw on
    const whole = page.getViewport({ scale: 1 });
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const isFull = document.fullscreenElement === this.root;
    const room = isFull ? innerHeight - 120 : Infinity;
    let scale = Math.min(this.stage.clientWidth / whole.width, room / whole.height) * ratio;
    scale = Math.min(scale, Math.sqrt(MOST_PIXELS / (whole.width * whole.height)));
    const viewport = page.getViewport({ scale });
    const drawn = Object.assign(document.createElement("canvas"), { width: Math.ceil(viewport.width), height: Math.ceil(viewport.height) });
    await page.render({ canvas: drawn, canvasContext: drawn.getContext("2d"), viewport }).promise;
    const content = await page.getTextContent();
    if (turn !== this.turn) return;
    Object.assign(this.canvas, { width: drawn.width, height: drawn.height });
    this.canvas.style.inlineSize = `${drawn.width / ratio}px`;
    this.canvas.getContext("2d").drawImage(drawn, 0, 0);
    this.canvas.setAttribute("aria-label", words.page.replace("%", this.title).replace("%", this.page).replace("%", this.document.numPages));
    this.tell(content.items);
    this.root.dataset.shown = this.page;
  }

  /** The page's words below it: for screen readers, for copying, for a narrow screen. */
  tell(items) {
    const lines = items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join("").split("\n").filter((line) => line.trim());
    const place = this.root.querySelector("[data-page-text]");
    const shown = lines.length ? lines : [words.empty];
    place.replaceChildren(...shown.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  }
}

/** Films and recordings: HLS once the media core has packaged them; the file itself until then, and where HLS fails. */
async function play(media) {
  if (!media.dataset.hls || media.canPlayType("application/vnd.apple.mpegurl")) {
    if (media.dataset.hls) media.src = media.dataset.hls;
    return;
  }
  const { default: Hls } = await import("../vendor/hls/hls.min.mjs");
  if (!Hls.isSupported()) return;
  const file = media.src;
  const hls = new Hls({ autoStartLoad: false, workerPath: new URL("../vendor/hls/hls.worker.js", import.meta.url).href });
  hls.on(Hls.Events.ERROR, (_name, problem) => {
    if (!problem.fatal) return;
    hls.destroy();
    media.src = file;
  });
  media.removeAttribute("src");
  hls.loadSource(media.dataset.hls);
  hls.attachMedia(media);
  media.addEventListener("play", () => hls.startLoad(), { once: true });
}

/** Comments of a film hang on its moments: the thread is told where it plays, and says where to go. */
function tie(media) {
  const thread = document.querySelector(".discussion");
  if (!thread) return;
  media.addEventListener("timeupdate", () => thread.dispatchEvent(new CustomEvent("discussion:at", { detail: { ms: Math.round(media.currentTime * 1000) } })));
  thread.addEventListener("discussion:moment", (event) => {
    media.currentTime = event.detail.ms / 1000;
    media.scrollIntoView({ block: "center" });
    media.play().catch(() => {}); // the browser wants a press on the player first
  });
}

/** Chapters below a film lead into it; the one that plays is marked, and players that know chapters get them as a track. */
function lead(media) {
  const links = [...(media.parentElement.querySelector(".material-chapters")?.querySelectorAll("[data-chapter]") ?? [])];
  if (!links.length) return;
  const starts = links.map((link) => Number(link.dataset.chapter));
  const track = media.addTextTrack("chapters", "", document.documentElement.lang);
  links.forEach((link, at) => {
    const title = link.textContent.trim();
    track.addCue(new VTTCue(starts[at], starts[at + 1] ?? Number.MAX_SAFE_INTEGER, title));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      media.currentTime = starts[at];
      media.play().catch(() => {}); // the browser wants a press on the player first
    });
  });
  const mark = () => {
    const now = starts.findLastIndex((start) => media.currentTime >= start);
    links.forEach((link, at) => (at === now ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  media.addEventListener("timeupdate", mark);
  media.addEventListener("seeking", mark);
}

for (const root of document.querySelectorAll("[data-pages]")) new Pages(root);
for (const media of document.querySelectorAll("[data-media]")) {
  play(media).catch(reportError);
  tie(media);
  lead(media);
}
