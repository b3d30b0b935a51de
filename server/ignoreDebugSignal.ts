// Prevents SIGUSR1 from starting Node's debugger. Import this file first: imports run in order.
//
// Without a listener for SIGUSR1, Node listens on 127.0.0.1:9229 (Node's documentation, "Signal
// events"), where every user of the machine can run code as this process. Operators send it to
// other daemons after a log rotation, so it may be sent to this one by mistake. `--disable-sigusr1`
// has the same effect, but Node 20 does not support it.

import process from 'node:process';

process.on('SIGUSR1', () => {});

/** After this, a process counts as one that keeps running. */
const CHECK_AFTER_MS = 500;

// The signal may have arrived before the listener was added. A process that ends soon, such as a
// client, does not check: it would spend a twentieth of its time on loading the inspector.
setTimeout(closeInspector, CHECK_AFTER_MS).unref();

async function closeInspector(): Promise<void> {
  const isWanted = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flags) =>
    flags.includes('--inspect'),
  );
  if (isWanted) return;
  const { default: inspector } = await import('node:inspector');
  if (inspector.url() !== undefined) inspector.close();
}
