// Ends the process on a Node that is too old, with one line. Loaded before any file that an old Node
// cannot parse: by main.cjs, and by the scripts of package.json (`node -r`). So this file, like
// main.cjs, has the syntax of Node's first versions.

'use strict';

var found = process.versions.node.split('.').map(Number);
// `engines` in package.json has the same. Vite and Rolldown need them, too.
var oldest = Number(found[0]) < 21 ? [20, 19] : [22, 12];
var difference = Number(found[0]) - Number(oldest[0]) || Number(found[1]) - Number(oldest[1]);
if (difference < 0) {
  process.stderr.write(
    // biome-ignore lint/style/useTemplate: a template is newer syntax.
    'motd: needs Node ' + oldest.join('.') + ' or newer; this is ' + process.versions.node + '\n',
  );
  process.exit(1);
}
