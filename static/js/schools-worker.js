// Opens lessons and days of the register that were opened before, when there is no network. Served as /schools/worker.js,
// for /schools/ alone; every other page of the portal goes past it.
//
// A page is kept if the server says for whom (Gryf-Offline). Pages of somebody else go as soon as that changes, and those
// of yesterday too.

const PAGES = /^\/schools\/\d+(\/lessons\/\d+)?$/;
const KEPT = "gryf-schools-pages-";
const ASSETS = "gryf-schools-assets";
const PATIENCE_MS = 4_000; // a network that looks alive and is not
const DAY_MS = 24 * 3600_000;
const AWAY = new Set([502, 503, 504]);
const known = new Set();

self.addEventListener("install", (event) => {
  self.skipWaiting();
  // what a page sends while it goes would be lost with it on its way through here; older browsers take that way still
  if (event.addRoutes) event.waitUntil(event.addRoutes({ condition: { requestMethod: "POST" }, source: "network" }).catch(() => {}));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.clients.claim(), self.registration.navigationPreload?.enable()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && PAGES.test(address.pathname)) event.respondWith(page(event));
  else if (address.pathname.startsWith("/static/")) event.respondWith(asset(event));
});

self.addEventListener("message", (event) => {
  const { keep, assets = [] } = event.data ?? {};
  if (!keep || !PAGES.test(new URL(keep, location.origin).pathname)) return;
  event.waitUntil(
    (async () => {
      const request = new Request(keep, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      await put(request, await fetch(request));
      for (const one of assets) await keepAsset(one, await fetch(one));
    })().catch(() => {}),
  );
});

async function page(event) {
  const kept = await caches.match(event.request.url, { ignoreVary: true });
  const network = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  try {
    const response = await (kept ? Promise.race([network, late()]) : network);
    if (kept && AWAY.has(response.status)) return kept;
    if (response.ok) event.waitUntil(put(event.request, response.clone()));
    return response;
  } catch {
    network.catch(() => {});
    return kept ?? Response.error();
  }
}

function late() {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), PATIENCE_MS));
}

async function put(request, response) {
  const account = response.headers.get("Gryf-Offline");
  if (!response.ok || !account || response.redirected) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(KEPT) && name !== KEPT + account) await caches.delete(name);
  }
  const cache = await caches.open(KEPT + account);
  await cache.put(request.url, response);
  for (const old of await cache.keys()) {
    const date = Date.parse((await cache.match(old))?.headers.get("Date") ?? "");
    if (Date.now() - date > DAY_MS) await cache.delete(old);
  }
}

async function asset(event) {
  try {
    const response = await fetch(event.request);
    if (response.ok && !known.has(event.request.url)) {
      known.add(event.request.url);
      event.waitUntil(keepAsset(event.request.url, response.clone()));
    }
    return response;
  } catch {
    return (await keptAsset(event.request.url)) ?? Response.error();
  }
}

async function keepAsset(url, response) {
  if (!response.ok) return;
  const cache = await caches.open(ASSETS);
  await cache.put(url, response);
  const own = version(url);
  for (const old of await cache.keys()) {
    if (own !== version(old.url) && plain(old.url) === plain(url)) await cache.delete(old);
  }
}

/** The same file, of another version where need be. */
async function keptAsset(url) {
  const cache = await caches.open(ASSETS);
  const exact = await cache.match(url, { ignoreVary: true });
  if (exact) return exact;
  const other = (await cache.keys()).find((one) => plain(one.url) === plain(url));
  return other && cache.match(other, { ignoreVary: true });
}

function version(url) {
  return new URL(url).pathname.split("/")[2];
}

function plain(url) {
  return new URL(url).pathname.replace(/^\/static\/v-[^/]+\//, "/static/");
}
