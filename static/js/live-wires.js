// What carries frames of /live: a WebSocket, or, where a network lets none pass, an event stream that only listens.
//
// A wire has `say(frame)` (a stream says acknowledgements alone), `close()`, `ready`, `listensOnly`; it calls `opened()`, `heard(text)` and `closed()`.

export class SocketWire {
  listensOnly = false;
  #socket;

  constructor(url, { opened, heard, closed }) {
    this.#socket = new WebSocket(url);
    this.#socket.onopen = opened;
    this.#socket.onmessage = (message) => heard(message.data);
    this.#socket.onclose = closed;
  }

  get ready() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(frame) {
    if (this.ready) this.#socket.send(JSON.stringify(frame));
  }

  close() {
    this.#socket.close();
  }
}

export class StreamWire {
  listensOnly = true;
  #source;
  #acks;

  // `rooms`: [{name, since}], joined with ref 1, 2, … in this order
  constructor(url, rooms, { opened, heard, closed }) {
    const address = new URL("/api/live/events", url);
    address.protocol = address.protocol === "wss:" ? "https:" : "http:";
    this.#acks = new URL("/api/live/ack", address);
    const positions = new URLSearchParams();
    for (const { name, since } of rooms) {
      address.searchParams.append("room", name);
      if (since !== null) positions.set(name, `${since.epoch}:${since.seq}`);
    }
    if (positions.size > 0) address.searchParams.set("since", positions.toString());
    this.#source = new EventSource(address);
    this.#source.onopen = opened;
    this.#source.onmessage = (message) => heard(message.data);
    this.#source.onerror = () => {
      this.#source.close(); // coming back is the page's affair: with jitter, and perhaps by another wire
      closed();
    };
  }

  get ready() {
    return this.#source.readyState === EventSource.OPEN;
  }

  /** A stream only listens; what must be said goes by a request of its own. */
  say(frame) {
    if (frame.op !== "ack") return;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ room: frame.room, seq: frame.seq });
    fetch(this.#acks, { method: "POST", headers, body, keepalive: true }).catch(() => {}); // said again after the next event
  }

  close() {
    this.#source.close();
  }
}
