// Cameras, microphones and screens of this computer.

export const SCREEN = "screen";
export const NONE = "none";

const SIZES = { 480: [854, 480], 720: [1280, 720], 1080: [1920, 1080] };

/** What is connected: {cameras, microphones}. Without permission browsers tell how many, not which. */
export async function connected() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const named = (kind) => devices.filter((one) => one.kind === kind).map((one) => ({ id: one.deviceId, label: one.label }));
  return { cameras: named("videoinput"), microphones: named("audioinput") };
}

/** The track of a camera or of a screen; null for NONE. Raises DOMException as getUserMedia does. */
export async function pictureOf(choice, height) {
  if (choice === NONE) return null;
  const [width, exact] = SIZES[height];
  const size = { width: { ideal: width }, height: { ideal: exact }, frameRate: { ideal: 30, max: 30 } };
  const stream = choice === SCREEN
    ? await navigator.mediaDevices.getDisplayMedia({ video: size, audio: false })
    : await navigator.mediaDevices.getUserMedia({ video: { ...size, ...device(choice) } });
  const [track] = stream.getVideoTracks();
  track.contentHint = choice === SCREEN ? "detail" : "motion";
  return track;
}

/** The track of a microphone, as it sounds in a chamber: no processing that swallows voices far from it. */
export async function soundOf(choice) {
  if (choice === NONE) return null;
  const audio = { ...device(choice), echoCancellation: false, noiseSuppression: false, autoGainControl: true, channelCount: { ideal: 2 } };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  return stream.getAudioTracks()[0];
}

function device(id) {
  return id ? { deviceId: { exact: id } } : {};
}
