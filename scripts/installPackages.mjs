// Installs the packages with npm, and says in one line why that failed.

import { spawnSync } from 'node:child_process';

/**
 * npm itself tries twice again, 10 s and 60 s later, and waits 5 minutes for an answer. A user's own
 * settings stay.
 */
const PATIENCE = {
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_mintimeout: '500',
  npm_config_fetch_retry_maxtimeout: '2000',
  npm_config_fetch_timeout: '30000',
};

/** Another npm may have started this: its own flags must not change what is installed here. */
const ARGUMENTS = [
  'ci',
  '--ignore-scripts',
  '--include=dev',
  '--global=false',
  '--dry-run=false',
  '--json',
  '--loglevel=silent',
];

/** Error codes of Node's network functions, and of npm for one that was unable to connect. */
const NETWORK =
  /^(?:ECONN\w+|EAI_AGAIN|ENOTFOUND|ETIMEDOUT|E?IDLETIMEOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|EPROTO|E40[37]|E5\d\d)$/;
/** Error codes of OpenSSL and of Node for a certificate (nodejs.org/api/tls.html). */
const CERTIFICATE = /CERT|^UNABLE_TO_/;
const NOT_WRITABLE = /^(?:EACCES|EPERM|EROFS)$/;

/** Ends the process if that fails. */
export function installPackages() {
  // `npm start` provides the path of npm, which also avoids its other name on Windows. `yarn start`
  // provides that of yarn.
  const script = process.env['npm_execpath'];
  const [command, args] = script?.endsWith('npm-cli.js')
    ? [process.execPath, [script, ...ARGUMENTS]]
    : ['npm', ARGUMENTS];
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...PATIENCE, ...process.env },
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (status === 0) return;
  console.error(`motd: cannot install the packages: ${reasonOf(error, `${stdout}${stderr}`)}`);
  process.exit(1);
}

/**
 * @param {NodeJS.ErrnoException | undefined} error Why npm did not run.
 * @param {string} output Of npm.
 */
function reasonOf(error, output) {
  if (error?.code === 'ENOENT') return 'npm is not installed';
  if (error) return `cannot run npm: ${error.message}`;
  const { code = '', summary = '' } = errorOf(output);
  const [, registry = 'the registry'] = /request to (\w+:\/\/[^/ ]+)/.exec(summary) ?? [];
  if (CERTIFICATE.test(code)) {
    return (
      `${registry} has no trusted certificate (${code}); check the clock of this machine, and name ` +
      'the file of its authority: npm config set cafile FILE'
    );
  }
  if (NETWORK.test(code)) {
    return (
      `${registry} cannot be reached (${code}); check the network, and npm's settings: ` +
      'npm config set registry URL, npm config set https-proxy URL'
    );
  }
  if (NOT_WRITABLE.test(code)) {
    // The folder of the project is writable (prepare.mjs). It may be npm's cache.
    const [, path = process.cwd()] = /['"]([^'"]+)['"]\s*$/.exec(summary) ?? [];
    return `cannot write to ${path} (${code}); change its owner, or delete it`;
  }
  const reason = [code, summary].join(' ').trim() || 'npm gave no reason';
  return `${reason}; to see more, run: npm ci --ignore-scripts`;
}

/**
 * @param {string} output
 * @returns {{ code?: string, summary?: string }}
 */
function errorOf(output) {
  try {
    const [json = ''] = /\{[\s\S]*\}/.exec(output) ?? [];
    return JSON.parse(json).error ?? {};
  } catch {
    return {};
  }
}
