// Keeps SIGUSR1 from opening Node's debugger. Import it before anything else: imports run in order.
//
// Without a listener, Node answers SIGUSR1 by listening on 127.0.0.1:9229 (Node's documentation,
// "Signal events"), where every user of the machine may run code as this process. A habit from
// other daemons, such as `kill -USR1` after a log rotation, is enough to open it.
// `--disable-sigusr1` would do the same, but Node 20 does not know that flag.

import inspector from 'node:inspector';
import process from 'node:process';

process.on('SIGUSR1', () => {});

// One may have come before the listener.
const isWanted = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flags) =>
  flags.includes('--inspect'),
);
if (!isWanted && inspector.url() !== undefined) inspector.close();
