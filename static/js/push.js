// Notifications in this browser: on, off, and in words why not.

import { call } from "./api.js";

const root = document.querySelector("[data-push]");
const words = JSON.parse(document.getElementById("push-words").textContent);
const find = (name) => root.querySelector(`[data-push-${name}]`);
const on = find("on");
const off = find("off");
const problem = find("problem");

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const registered = async () => (supported ? navigator.serviceWorker.getRegistration("/") : undefined);

function say(state) {
  find("state").textContent = words[state];
  on.hidden = state !== "off";
  off.hidden = state !== "on";
}

function complain(said) {
  problem.querySelector("span").textContent = said;
  problem.hidden = !said;
}

const sent = (subscription) =>
  call("PUT", "/api/push/device", {
    endpoint: subscription.endpoint,
    public_key: text(subscription.getKey("p256dh")),
    auth: text(subscription.getKey("auth")),
  });

async function look() {
  if (!supported) return say("missing");
  if (Notification.permission === "denied") return say("blocked");
  const subscription = await (await registered())?.pushManager.getSubscription();
  if (!subscription) return say("off");
  const key = subscription.options?.applicationServerKey;
  if (key && text(key) !== root.dataset.push) {
    await subscription.unsubscribe(); // said yes to a key this portal has no more
    return say("off");
  }
  await sent(subscription);
  return say("on");
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") {
    complain(words.refused);
    return look();
  }
  await navigator.serviceWorker.register("/push-worker.js", { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription;
  try {
    subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(root.dataset.push) });
  } catch {
    complain(words.failed);
    return look();
  }
  await sent(subscription);
  return location.reload(); // the list of browsers is drawn by the server
}

async function switchOff() {
  const subscription = await (await registered())?.pushManager.getSubscription();
  if (subscription) {
    await call("POST", "/api/push/device/off", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  location.reload();
}

async function press(action) {
  complain("");
  try {
    await action();
  } catch (fault) {
    complain(fault.message);
    await look().catch(() => say("off"));
  }
}

on.addEventListener("click", () => press(switchOn));
off.addEventListener("click", () => press(switchOff));
press(look);
