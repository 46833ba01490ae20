// The bell's sounds, made on the spot. Browsers let a page be heard only after somebody has pressed something in it.

let context = null;
let heard = false;
let restTimer = 0;

const REST_MS = 4_000;
const WAIT_MS = 150;

/** Whether a sound would be heard now. */
export function canSound() {
  return heard;
}

/** Tries to become audible: at once where the browser allows it, else with the next press. Resolves to whether it is. */
export async function unlock() {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return false;
  context ??= new Context();
  if (context.state !== "running") {
    // a resume that is not allowed stays pending for ever
    await Promise.race([context.resume().catch(() => {}), new Promise((done) => setTimeout(done, WAIT_MS))]);
  }
  heard = context.state === "running";
  if (heard) rest();
  return heard;
}

/** A context that runs keeps the sound card awake. */
function rest() {
  clearTimeout(restTimer);
  restTimer = setTimeout(() => context.suspend().catch(() => {}), REST_MS);
}

/** Plays `tone` at `volume` (1 to 100). Resolves to whether it was heard. */
export async function play(tone, volume) {
  if (!(await unlock())) return false;
  const out = context.createGain();
  out.gain.value = (volume / 100) ** 2; // loudness is heard by ratios
  out.connect(context.destination);
  (TONES[tone] ?? TONES.bell)(out, context.currentTime + 0.02);
  rest();
  return true;
}

function note(out, at, hertz, seconds, { shape = "sine", loud = 1, attack = 0.005 } = {}) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = shape;
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(loud, at + attack);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  oscillator.connect(gain).connect(out);
  oscillator.start(at);
  oscillator.stop(at + seconds + 0.05);
}

const TONES = {
  bell(out, at) {
    // partials of a struck bell: hum, prime, tierce, quint, nominal
    for (const strike of [0, 0.45]) {
      for (const [ratio, loud] of [[0.5, 0.25], [1, 0.45], [1.19, 0.2], [1.5, 0.15], [2, 0.3], [2.74, 0.1]]) {
        note(out, at + strike, 784 * ratio, 1.4 / Math.sqrt(ratio), { loud });
      }
    }
  },
  chime(out, at) {
    [523.25, 659.25, 783.99].forEach((hertz, place) => note(out, at + place * 0.18, hertz, 0.9, { shape: "triangle", loud: 0.7 }));
  },
  knock(out, at) {
    for (const hit of [0, 0.16, 0.32]) {
      note(out, at + hit, 190, 0.12, { shape: "triangle", loud: 1, attack: 0.002 });
      note(out, at + hit, 420, 0.05, { shape: "square", loud: 0.15, attack: 0.002 });
    }
  },
  horn(out, at) {
    for (const hertz of [174.61, 220]) note(out, at, hertz, 0.9, { shape: "sawtooth", loud: 0.35, attack: 0.06 });
  },
};
