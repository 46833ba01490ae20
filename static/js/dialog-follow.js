// The «Follow» of each discussion on a page, and word that a followed one has been on the screen.

import { call } from "./api.js";

for (const box of document.querySelectorAll("[data-follow]")) {
  const { block, subject } = box.closest("[data-discussion]").dataset;
  const address = `/api/dialog/blocks/${block}/discussion`;
  const press = box.querySelector("[data-follow-press]");
  const problem = box.querySelector("[data-follow-problem]");
  const isOn = () => press.getAttribute("aria-pressed") === "true";
  press.hidden = false;

  press.addEventListener("click", async () => {
    const wanted = !isOn();
    press.disabled = true;
    problem.hidden = true;
    try {
      await call("PUT", `${address}/follow`, { rhythm: wanted ? "daily" : "off", subject });
      press.setAttribute("aria-pressed", String(wanted));
      box.querySelector("[data-follow-said]").textContent = wanted ? box.dataset.saidOn : box.dataset.saidOff;
    } catch (fault) {
      problem.textContent = fault.message;
      problem.hidden = false;
    }
    press.disabled = false;
    press.focus();
  });

  // read is what was looked at: the thread itself, not the page around it
  const looked = new IntersectionObserver((found) => {
    if (!found.some((one) => one.isIntersecting) || !isOn()) return;
    looked.disconnect();
    call("PUT", `${address}/seen`, { subject }).catch(() => {}); // it stays unread; nothing is lost
  });
  looked.observe(box);
}
