// One line at the edge of the window, which moves nothing on the page; it goes by itself unless somebody is on it.

const STAYS_MS = 12_000;

export class Toast {
  #place = document.createElement("div");
  #hide;
  #timer = 0;

  constructor(hide) {
    this.#hide = hide;
    this.#place.className = "bell-toast";
    this.#place.setAttribute("role", "status");
    document.body.append(this.#place);
    this.#place.addEventListener("focusin", () => clearTimeout(this.#timer));
    this.#place.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.#place.addEventListener("pointerleave", () => this.#later());
  }

  show(text, buttons) {
    const words = document.createElement("p");
    words.textContent = text;
    const made = [...buttons, { text: this.#hide, press: () => {} }].map((one, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn btn-small ${place === 0 ? "btn-primary" : "btn-secondary"}`;
      button.textContent = one.text;
      button.addEventListener("click", () => {
        this.#place.replaceChildren();
        one.press();
      });
      return button;
    });
    const tools = document.createElement("div");
    tools.className = "cluster";
    tools.append(...made);
    this.#place.replaceChildren(words, tools);
    this.#later();
  }

  hide() {
    this.#place.replaceChildren();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#place.replaceChildren(), STAYS_MS);
  }
}
