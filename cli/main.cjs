#!/usr/bin/env node
// The `motd` command, as dist/cli/main.js: the bundle of main.ts is dist/cli/motd.js.

require('./checkNode.cjs');
require('./motd.js');
