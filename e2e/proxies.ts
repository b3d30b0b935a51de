// Real reverse proxies, each with the configuration that docs/internet.md gives, in a folder of its
// own.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { codeBlock, replaceParts } from '../testing/docs.ts';
import { Program } from '../testing/programs.ts';
import { tlsFile } from '../testing/tlsFile.ts';

const PAGE = 'docs/internet.md';
const CERT = tlsFile('cert');
const KEY = tlsFile('key');

const RECONNECT_DELAY_MS = 20;

export interface ProxySettings {
  /** The port it listens on, on 127.0.0.1. */
  port: number;
  /** One of the two. */
  bridgePort?: number;
  bridgeSocket?: string;
  usesTls?: boolean;
  /** Asks for a name and a password in this file, and passes the name on (nginx). */
  passwords?: string;
  /** After how many seconds without a byte it closes a WebSocket. */
  idleTimeout?: number;
  /**
   * The `Host` that the bridge receives: the browser's, as in docs/internet.md, or the bridge's own
   * address.
   */
  host?: 'passed' | 'rewritten';
  stripsBasePath?: boolean;
  hidesClientAddress?: boolean;
  /** Writes the client's port after the address in `X-Forwarded-For`. */
  writesClientPort?: boolean;
}

export interface ReverseProxy {
  name: string;
  /** Empty if scripts/tools.mjs found none and could not install one. */
  command: string;
  /** Writes its configuration. @returns The arguments to start it with. */
  configure(settings: ProxySettings, folder: string): Promise<string[]>;
}

export const nginx: ReverseProxy = {
  name: 'nginx',
  command: process.env['MOTD_TEST_NGINX'] ?? 'nginx',
  async configure(settings, folder) {
    const file = join(folder, 'nginx.conf');
    await writeFile(file, minimalNginxConf(nginxServer(settings), folder));
    return ['-e', 'stderr', '-p', folder, '-c', file];
  },
};

export const haproxy: ReverseProxy = {
  name: 'HAProxy',
  command: process.env['MOTD_TEST_HAPROXY'] ?? 'haproxy',
  async configure(settings, folder) {
    const certificate = join(folder, 'motd.pem');
    await writeFile(certificate, `${readFileSync(CERT)}${readFileSync(KEY)}`);
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, haproxyServer(settings, certificate));
    return ['-db', '-f', file];
  },
};

/** Starts a proxy, and resolves once it listens. */
export async function startProxy(proxy: ReverseProxy, settings: ProxySettings): Promise<Program> {
  const configure = (folder: string) => proxy.configure(settings, folder);
  return startConfigured(proxy.command, configure, settings.port);
}

/** Starts HAProxy with a configuration, and resolves once it listens at a port. */
export function startHaproxy(configuration: string, port: number): Promise<Program> {
  const configure = async (folder: string) => {
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration);
    return ['-db', '-f', file];
  };
  return startConfigured(haproxy.command, configure, port);
}

async function startConfigured(
  command: string,
  configure: (folder: string) => Promise<string[]>,
  port: number,
): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'motd-proxy-'));
  const program = new Program(command, await configure(folder));
  void program.exitCode().then(() => rm(folder, { recursive: true, force: true }));
  while (!(await isListening(port))) {
    if (program.process.exitCode !== null) throw new Error(program.stderr);
    await setTimeout(RECONNECT_DELAY_MS);
  }
  return program;
}

function nginxServer(settings: ProxySettings): string {
  const { port, idleTimeout } = settings;
  const pass = nginxPass(settings);
  const timeout = idleTimeout === undefined ? '' : ` proxy_read_timeout ${idleTimeout}s;`;
  return replaceParts(codeBlock(PAGE, 'nginx', 'nginx'), [
    ['443 ssl', `127.0.0.1:${port}${settings.usesTls ? ' ssl' : ''}`],
    ['/etc/nginx/cert.pem', CERT],
    ['/etc/nginx/key.pem', KEY],
    ['proxy_pass http://127.0.0.1:8080;', pass + timeout + nginxLogin(settings)],
    // Without it, nginx sends the address that it forwards to.
    ...(settings.host === 'rewritten'
      ? [['proxy_set_header Host $host:$server_port;', ''] as const]
      : []),
    ...(settings.hidesClientAddress
      ? [['proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;', ''] as const]
      : []),
    ...(settings.writesClientPort
      ? [['$proxy_add_x_forwarded_for', '$remote_addr:$remote_port'] as const]
      : []),
  ]);
}

function nginxLogin({ passwords }: ProxySettings): string {
  if (passwords === undefined) return '';
  const recipe = codeBlock(PAGE, 'Users of the proxy', 'nginx');
  return replaceParts(recipe, [['/etc/nginx/passwords', passwords]]);
}

function nginxPass({ bridgePort, bridgeSocket, stripsBasePath }: ProxySettings): string {
  if (bridgeSocket === undefined)
    return `proxy_pass http://127.0.0.1:${bridgePort}${stripsBasePath ? '/' : ''};`;
  const recipe = codeBlock(PAGE, 'Over a Unix socket', 'nginx');
  return replaceParts(recipe, [['/run/motd-bridge/page.sock', bridgeSocket]]);
}

/** Wraps a `server` block in a minimal nginx.conf, which keeps all its files in the folder. */
export function minimalNginxConf(server: string, folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    // Otherwise its workers could not read a temporary folder of root.
    process.getuid?.() === 0 ? 'user root;' : '',
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    'events {}',
    'http {',
    'access_log off;',
    ...kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`),
    server,
    '}\n',
  ].join('\n');
}

function haproxyServer(settings: ProxySettings, certificate: string): string {
  const { port, bridgePort, idleTimeout } = settings;
  const extraRules = [
    ...(settings.writesClientPort
      ? ['http-request set-header X-Forwarded-For %[src]:%[src_port]']
      : []),
    ...(settings.host === 'rewritten'
      ? [`http-request set-header Host 127.0.0.1:${bridgePort}`]
      : []),
    ...(settings.stripsBasePath
      ? [
          'http-request redirect location /motd/ if { path /motd }',
          'http-request replace-path /motd/(.*) /\\1',
        ]
      : []),
  ];
  return replaceParts(codeBlock(PAGE, 'HAProxy', 'haproxy'), [
    [
      'bind :443 ssl crt /etc/haproxy/motd.pem',
      `bind 127.0.0.1:${port}${settings.usesTls ? ` ssl crt ${certificate}` : ''}`,
    ],
    ['127.0.0.1:8080', `127.0.0.1:${bridgePort}`],
    ['backend motd\n', ['backend motd\n', ...extraRules.map((rule) => `    ${rule}\n`)].join('')],
    ...(idleTimeout === undefined ? [] : [['60s', `${idleTimeout}s`] as const]),
    ...(settings.hidesClientAddress || settings.writesClientPort
      ? [['    option forwardfor\n', ''] as const]
      : []),
  ]);
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
