// Shows what this browser is told while no page is open, and opens the page it is about.
//
// Served as /push-worker.js, so that it stands for the whole portal. It keeps nothing and fetches nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // not ours; a browser wants something to be shown all the same
  }
  const options = { body: told.body ?? "", tag: told.tag ?? "", data: { path: told.path ?? "/" }, renotify: Boolean(told.tag) };
  event.waitUntil(self.registration.showNotification(told.title || self.location.host, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.path ?? "/", self.location.origin);
  if (address.origin !== self.location.origin) return;
  event.waitUntil(show(address));
});

/** The page that is open already, else a new one. */
async function show(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === address.pathname);
  if (!open) return self.clients.openWindow(address.href);
  await open.focus();
  return open.url === address.href ? open : open.navigate(address.href);
}
