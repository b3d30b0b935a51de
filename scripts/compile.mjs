// Before unit tests: some start the program, so this compiles what has changed, and bundles it.

import { runNode } from './prepare.mjs';

export function setup() {
  runNode('node_modules/typescript/bin/tsc', '--build', 'tsconfig.node.json');
  runNode('cli/bundle.mjs');
}
