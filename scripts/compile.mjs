// Some unit tests start a compiled program: this compiles what has changed, before any of them runs.

import { runNode } from './prepare.mjs';

export function setup() {
  runNode('node_modules/typescript/bin/tsc', '--build', 'tsconfig.node.json');
}
