// Only in the page that `npm run dev` builds (vite.config.ts): reloads it when it was built again.

const POLL_INTERVAL_MS = 500;

/** The ETag of the page, which names its files by their hashes: it changes with each of them. */
let loaded: string | undefined;

setInterval(async () => {
  const current = await etagOfPage();
  // The bridge is being restarted.
  if (current === undefined) return;
  loaded ??= current;
  if (current !== loaded) location.reload();
}, POLL_INTERVAL_MS);

async function etagOfPage(): Promise<string | undefined> {
  try {
    const { headers } = await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
    return headers.get('etag') ?? undefined;
  } catch {
    return undefined;
  }
}
