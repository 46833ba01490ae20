// One RTCPeerConnection set up over one HTTP resource: WHIP sends (RFC 9725), WHEP receives. Whoever opens it again
// after a fault makes a new one.
//
// Events: "state" (detail: "connected" | "interrupted" | "lost").

const GATHER_MS = 1500; // candidates that come later are not worth the wait: the server answers from where it is asked
const ANSWER_MS = 15_000;
const CONNECT_MS = 15_000;
const INTERRUPTED_MS = 6_000; // a path that comes back by itself does so within this

export class LinkRefused extends Error {
  constructor(status, text) {
    super(text || String(status));
    this.status = status;
  }
}

export class RtcLink extends EventTarget {
  #connection = null;
  #resource = "";
  #token = "";
  #timer = 0;
  #closed = false;

  get connection() {
    return this.#connection;
  }

  /** `prepare(connection)` adds tracks and transceivers. Raises LinkRefused, or TypeError without a network. */
  async open(url, { token = "", prepare }) {
    const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    this.#connection = connection;
    this.#token = token;
    connection.addEventListener("connectionstatechange", () => this.#changed());
    await prepare(connection);
    await connection.setLocalDescription();
    await gathered(connection);
    if (this.#closed) return;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Accept: "application/sdp", ...this.#authorization },
      body: connection.localDescription.sdp,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.status !== 201) throw new LinkRefused(answer.status, await sentence(answer));
    const location = answer.headers.get("Location");
    this.#resource = location ? new URL(location, answer.url).href : "";
    const servers = iceServers(answer.headers.get("Link") ?? "");
    const sdp = await answer.text();
    if (this.#closed) {
      this.#dismiss();
      return;
    }
    if (servers.length > 0) connection.setConfiguration({ iceServers: servers, bundlePolicy: "max-bundle" });
    await connection.setRemoteDescription({ type: "answer", sdp });
    this.#timer = setTimeout(() => connection.connectionState !== "connected" && this.#tell("lost"), CONNECT_MS);
  }

  /** Ends it, on the server too; works while the page goes away. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#dismiss();
  }

  get #authorization() {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  #dismiss() {
    if (!this.#resource) return;
    fetch(this.#resource, { method: "DELETE", headers: this.#authorization, keepalive: true }).catch(() => {
      // without a network the server hears of it from silence
    });
    this.#resource = "";
  }

  #changed() {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const state = this.#connection.connectionState;
    if (state === "connected") this.#tell("connected");
    else if (state === "failed" || state === "closed") this.#tell("lost");
    else if (state === "disconnected") {
      this.#tell("interrupted");
      this.#timer = setTimeout(() => this.#tell("lost"), INTERRUPTED_MS);
    }
  }

  #tell(state) {
    if (!this.#closed) this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

function gathered(connection) {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The servers of `Link: <stun:…>; rel="ice-server"` (RFC 9725 §4.6). */
export function iceServers(header) {
  const found = [];
  for (const [, urls, attributes] of header.matchAll(/<([^>]+)>((?:\s*;\s*[\w-]+=(?:"[^"]*"|[^\s,;]+))*)/g)) {
    const named = Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)=(?:"([^"]*)"|([^\s,;]+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
    );
    if (named.rel !== "ice-server" || !/^(stuns?|turns?):/.test(urls)) continue;
    found.push({ urls, ...(named.username ? { username: named.username, credential: named.credential } : {}) });
  }
  return found;
}

async function sentence(answer) {
  const text = await answer.text().catch(() => "");
  try {
    const problem = JSON.parse(text);
    return problem.detail || problem.title || "";
  } catch {
    return text.length < 200 && !text.includes("<") ? text : "";
  }
}
