// Observes what a page's terminal shows, and when, from the first moment on.
//
// It runs in the page. Playwright serializes this function alone, so it must not refer to anything
// else in the module.

export interface PageObserver {
  /** Resolves with the time from navigation to the prompt, in milliseconds. */
  prompt: Promise<number>;
  /**
   * Resolves with the time from the last press of a key to its character on the screen, in
   * milliseconds.
   */
  echo: Promise<number>;
  /** Resolves once the terminal's text ends with this. */
  untilEndsWith(text: string): Promise<void>;
}

/** The part of xterm.js that is used if its text is not in the DOM: ttyd draws on a canvas. */
interface CanvasTerminal {
  rows: number;
  onRender(listener: () => void): unknown;
  buffer: {
    active: {
      viewportY: number;
      getLine(y: number): { translateToString(trimsRight: boolean): string } | undefined;
    };
  };
}

declare global {
  interface Window {
    pageObserver: PageObserver;
    /** Set by ttyd. */
    term: CanvasTerminal;
  }
}

/**
 * Runs before the page's own scripts.
 *
 * @param prompt What the screen shows once a command can be typed.
 */
export function observePage(prompt: string): void {
  /** How long the screen may take to show the expected text, before the measurement fails. */
  const timeoutMs = 20_000;
  const awaited = new Map<(screen: string) => boolean, (drawnAtMs: number) => void>();
  let canvas: CanvasTerminal | undefined;

  new MutationObserver(onDrawn).observe(document, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  Object.defineProperty(window, 'term', {
    get: () => canvas,
    set(term: CanvasTerminal) {
      canvas = term;
      term.onRender(onDrawn);
    },
  });
  addEventListener(
    'keydown',
    ({ key, timeStamp }) => {
      window.pageObserver.echo = whenDrawn((screen) => screen.endsWith(key)).then(
        (at) => at - timeStamp,
      );
    },
    { capture: true },
  );
  window.pageObserver = {
    prompt: whenDrawn((screen) => screen.includes(prompt)),
    echo: Promise.reject(new Error('no key was pressed')),
    async untilEndsWith(text) {
      if (!screenText().endsWith(text)) await whenDrawn((screen) => screen.endsWith(text));
    },
  };
  window.pageObserver.echo.catch(() => {});

  function onDrawn(): void {
    const drawnAtMs = performance.now();
    if (awaited.size === 0) return;
    const screen = screenText();
    for (const [isShown, resolve] of awaited) if (isShown(screen)) resolve(drawnAtMs);
  }

  function whenDrawn(isShown: (screen: string) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        awaited.delete(isShown);
        reject(new Error(`the terminal shows only: ${screenText()}`));
      };
      const timer = setTimeout(fail, timeoutMs);
      awaited.set(isShown, (drawnAtMs) => {
        clearTimeout(timer);
        awaited.delete(isShown);
        resolve(drawnAtMs);
      });
    });
  }

  /** All rows, up to the last visible character. */
  function screenText(): string {
    const rows = canvas === undefined ? rowsInDom() : rowsOnCanvas(canvas);
    return rows.join('').replaceAll('\u00a0', ' ').trimEnd();
  }

  function rowsInDom(): (string | null)[] {
    return [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent);
  }

  function rowsOnCanvas({ rows, buffer: { active } }: CanvasTerminal): (string | undefined)[] {
    const line = (_: unknown, row: number) => active.getLine(active.viewportY + row);
    return Array.from({ length: rows }, line).map((one) => one?.translateToString(false));
  }
}
