// The bell's settings: a sound to listen to, and the browser's leave for notices, asked for when the box is ticked.

import { play } from "./helpdesk-alerts-sound.js";

const words = JSON.parse(document.getElementById("bell-settings-words").textContent);
const field = (name) => document.querySelector(`[name="${name}"]`);
const permission = document.querySelector("[data-bell-permission]");
const tried = document.querySelector("[data-bell-tried]");
const listen = document.querySelector("[data-bell-try]");
const able = "Notification" in window;

listen.hidden = false;
listen.addEventListener("click", async () => {
  const heard = await play(field("tone").value, Number(field("volume").value));
  tried.textContent = heard ? words.heard : words.blocked;
});

function say() {
  permission.textContent = field("notify").checked ? words[able ? Notification.permission : "missing"] : "";
}

field("notify").addEventListener("change", async () => {
  if (field("notify").checked && able && Notification.permission === "default") await Notification.requestPermission();
  say();
});
say();

// choosing a queue says «only these»
for (const box of document.querySelectorAll('[name="queues"]')) {
  box.addEventListener("change", () => {
    document.querySelector('[name="which"][value="chosen"]').checked = true;
  });
}
