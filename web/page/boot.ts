// The script in index.html, which runs before the body is parsed (vite.config.ts).

import '../appearance/themeBoot.js';
import { openEarlySocket } from '../connection/earlySocket.ts';
import { keepEarlyKeys } from './earlyKeys.ts';
import { checkPath } from './pathCheck.ts';

const isLeaving = checkPath();
if (!isLeaving) {
  openEarlySocket();
  keepEarlyKeys();
}
