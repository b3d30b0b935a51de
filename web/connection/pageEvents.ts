// The browser's events that concern a connection.

export interface PageListener {
  /** The network is back, or the page is shown again. */
  woke(): void;
  focused(): void;
  /** The browser has lost its network. */
  wentOffline(): void;
  left(): void;
}

/** Listens until the controller aborts. */
export function listenToPage(listener: PageListener): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  addEventListener('online', () => listener.woke(), { signal });
  addEventListener('offline', () => listener.wentOffline(), { signal });
  addEventListener('pageshow', () => listener.woke(), { signal });
  // Of two windows that are both visible.
  addEventListener('focus', () => listener.focused(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') listener.woke();
    },
    { signal },
  );
  // A page with an open WebSocket is not eligible for the browser's back/forward cache.
  addEventListener('pagehide', () => listener.left(), { signal });
  return controller;
}
