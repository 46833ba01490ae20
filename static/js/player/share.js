// «Share from this moment»: the page's address with the second that is on screen.

import { clockOf } from "./timeline.js";

export function shareButton(button, player, words) {
  const usual = button.querySelector("[data-label]").textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    const position = Math.floor(player.playback.position ?? 0);
    const url = new URL(location.href);
    url.hash = `t=${position}`;
    const title = document.title;
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      navigator.share({ title, url: url.href }).catch(() => {
        // the person has changed their mind
      });
      return;
    }
    const copied = await copy(url.href);
    const label = button.querySelector("[data-label]");
    label.textContent = (copied ? words.shared : words.shareBy).replace("%", clockOf(position));
    if (!copied) history.replaceState(null, "", url.hash);
    clearTimeout(timer);
    timer = setTimeout(() => (label.textContent = usual), 4000);
  });
}

// pages without TLS have no clipboard: then the address bar holds the address
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
