// `npm run ok`, before each commit: lint, types, and the unit tests of what changed since HEAD.

import { prepare, runNode } from './prepare.mjs';

// As in `npm test`: without etcd and with fewer cases, so that it takes seconds.
process.env['MOTD_TESTS'] = 'quick';
process.env['MOTD_TEST_ETCD'] = '';
prepare();
runNode('node_modules/@biomejs/biome/bin/biome', 'ci', '.');
runNode('node_modules/vitest/vitest.mjs', 'run', '--changed', '--passWithNoTests');
console.log('Everything passed: lint, types, and the unit tests of what changed.');
