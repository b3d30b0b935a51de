// Where a Debian package has the files of the program, and what changes in them for that.

export const PROGRAM = 'usr/lib/motd-terminal';
export const DOC = 'usr/share/doc/motd-terminal';

/** Where Debian has what `npm pack` packs. All the rest but `deploy` and `LICENSE` is the program. */
export const PLACES = Object.entries({
  'README.md': `${DOC}/README.md`,
  'CHANGELOG.md': `${DOC}/changelog`,
  'CONTRIBUTING.md': `${DOC}/CONTRIBUTING.md`,
  'PROTOCOL.md': `${DOC}/PROTOCOL.md`,
  'SECURITY.md': `${DOC}/SECURITY.md`,
  docs: `${DOC}/docs`,
  'dist/completions/motd': 'usr/share/bash-completion/completions/motd',
  'dist/completions/_motd': 'usr/share/zsh/vendor-completions/_motd',
  'dist/completions/motd.fish': 'usr/share/fish/vendor_completions.d/motd.fish',
  'dist/man': 'usr/share/man',
  'deploy/README.md': `${DOC}/deploy/README.md`,
  'deploy/motd-get': `${DOC}/examples/motd-get`,
  'deploy/profile.d': `${DOC}/examples/profile.d`,
  'deploy/profiles': 'usr/share/motd-terminal/profiles',
  'deploy/systemd/etcd.conf': `${DOC}/examples/etcd.conf`,
  'deploy/systemd/etcd.env': `${DOC}/examples/etcd.env`,
  'deploy/systemd/bridge.env': 'etc/motd-terminal/bridge.env',
  'deploy/systemd/server.env': 'etc/motd-terminal/server.env',
  'deploy/systemd/motd-bridge.service': 'usr/lib/systemd/system/motd-bridge.service',
  'deploy/systemd/motd-server.service': 'usr/lib/systemd/system/motd-server.service',
  'deploy/systemd/motd-server.socket': 'usr/lib/systemd/system/motd-server.socket',
  'deploy/update-motd.d/60-motd': `${PROGRAM}/login-hook`,
});

/** What changes in files that name other places, or the Node of `PATH`. */
export const REPLACEMENTS = Object.entries({
  'file:///opt/motd-terminal/docs/server.md': 'man:motd-serve(1)',
  'file:///opt/motd-terminal/docs/internet.md': 'man:motd-bridge(1)',
  '/opt/motd-terminal': `/${PROGRAM}`,
  '#!/usr/bin/env node': '#!/usr/bin/node',
  '(docs/': `(/${DOC}/docs/`,
  'see docs/': `see /${DOC}/docs/`,
});
export const REPLACED_IN = [
  'etc/motd-terminal/bridge.env',
  `${DOC}/examples/etcd.conf`,
  'usr/lib/systemd/system/motd-bridge.service',
  'usr/lib/systemd/system/motd-server.service',
  `${PROGRAM}/dist/cli/main.js`,
];

/** What changes in the pages: Debian has a place for the changes, and one for the license. */
export const LINK_REPLACEMENTS = Object.entries({
  'CHANGELOG.md)': 'changelog.gz)',
  '(LICENSE)': '(copyright)',
});
export const LINKS_REPLACED_IN = [`${DOC}/README.md`, `${DOC}/docs/README.md`];
