// What is made of a recording after the session: the poster, small pictures for the time bar, files to take home.
// They come one by one, so the page listens until all are there.

const LISTED = ["mp4", "podcast", "audio"]; // in this order; the rest is for the player or for operators
const DONE = new Set(["ready", "failed"]);

export class ArchiveAssets {
  #assets = new Map();
  #stay = null;

  /** `root`: the panel with the list, or null; `player` as mountPlayer gives it. */
  constructor(root, player, streamId, words) {
    this.root = root;
    this.player = player;
    this.streamId = streamId;
    this.words = words;
    const language = document.documentElement.lang || "pl";
    this.size = (bytes) => {
      const mega = bytes / 1_000_000;
      const [value, unit] = mega >= 1000 ? [mega / 1000, "gigabyte"] : [mega, "megabyte"];
      return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
    };
    this.share = new Intl.NumberFormat(language, { style: "percent" });
  }

  async load(live) {
    const answer = await fetch(`/api/media/recordings/${this.streamId}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const view = await answer.json();
    this.#take(view.assets);
    if (view.assets.every((one) => DONE.has(one.state))) return;
    this.#stay = live().join(`media/recording/${this.streamId}`, {
      snapshot: (now) => this.#take(now.assets),
      event: (event) => {
        if (event.type === "RecordingAssetChanged") this.#take([event.asset]);
        // trimmed, redacted or removed: what plays here is not what there is any more
        if (event.type === "RecordingChanged") location.reload();
      },
    });
  }

  #take(assets) {
    for (const asset of assets) {
      const known = this.#assets.get(asset.kind);
      if (known && known.rev > asset.rev) continue;
      this.#assets.set(asset.kind, asset);
      if (asset.state === "ready" && known?.state !== "ready") this.#ready(asset);
    }
    this.#draw();
    if (this.#stay && [...this.#assets.values()].every((one) => DONE.has(one.state))) {
      this.#stay.leave();
      this.#stay = null;
    }
  }

  #ready(asset) {
    const [file] = asset.files;
    if (!file || !this.player) return;
    if (asset.kind === "poster" && this.player.playback.video.played.length === 0) this.player.playback.video.poster = file.url;
    if (asset.kind === "storyboard") {
      const sheet = asset.files.find((one) => one.name.endsWith(".vtt"));
      if (sheet) this.player.preview.load(sheet.url);
    }
  }

  #draw() {
    if (!this.root) return;
    const list = this.root.querySelector("[data-downloads]");
    const shown = LISTED.map((kind) => this.#assets.get(kind)).filter((one) => one && (one.state !== "failed" || one.files.length > 0));
    // one file with sound is enough: the podcast, or the plain sound until there is one
    const rows = shown.filter((one) => one.kind !== "audio" || !shown.some((other) => other.kind === "podcast"));
    this.root.hidden = rows.length === 0;
    list.replaceChildren(...rows.flatMap((asset) => this.#rowsOf(asset)));
  }

  #rowsOf(asset) {
    if (asset.files.length === 0) {
      const row = document.createElement("li");
      row.className = "muted";
      const progress = asset.progress > 0 ? ` ${this.share.format(asset.progress)}` : "";
      row.textContent = `${this.words[asset.kind]}: ${this.words.making}${progress}`;
      return [row];
    }
    return asset.files.map((file, index) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      const address = new URL(file.url, location.href);
      address.searchParams.set("download", "");
      link.href = address.href;
      link.download = "";
      const part = asset.files.length > 1 ? ` ${index + 1}` : "";
      link.textContent = `${this.words[asset.kind]}${part}`;
      const size = document.createElement("span");
      size.className = "muted small tnum";
      size.textContent = ` ${this.size(file.bytes)}`;
      row.append(link, size);
      return [row];
    }).flat();
  }
}
