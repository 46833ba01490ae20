// What this device remembers of its player: volume and quality.

const PREFIX = "gryf:player:";

export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off: nothing is remembered
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // the same
  }
}

/** Brings back the volume, and keeps what the viewer sets; what the browser mutes by itself does not count. */
export function rememberVolume(video) {
  const volume = Number.parseFloat(remembered("volume"));
  if (volume >= 0 && volume <= 1) video.volume = volume;
  video.muted = remembered("muted") === "1";
  let forced = false;
  video.addEventListener("volumechange", () => {
    remember("volume", String(video.volume));
    if (!forced) remember("muted", video.muted ? "1" : "0");
    forced = false;
  });
  return { mutedByBrowser: () => (forced = true) };
}
