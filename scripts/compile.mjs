// Before unit tests: some start a compiled program, so this compiles what has changed.

import { runNode } from './prepare.mjs';

export function setup() {
  runNode('node_modules/typescript/bin/tsc', '--build', 'tsconfig.node.json');
}
