// Input with a byte order mark, or that is not UTF-8: on every path into the program.

import { Program, type ProgramResult, runMotd } from '../../testing/programs.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';

const APPLE = 'An apple a day keeps the doctor away.\n';
const MARK = '\u{feff}';

/**
 * Runs a shell command in which `motd` is the program, `$latin1` is `café` in Latin-1, and `$port`
 * is a port.
 */
function runInShell(port: number, command: string): Promise<ProgramResult> {
  const script = `port=${port}; latin1=$(printf 'caf\\351'); ${command}`;
  return new Program('sh', ['-c', script.replaceAll('motd ', '"$node" dist/cli/main.js ')], {
    MOTD_STORE: 'memory:',
    node: process.execPath,
  })
    .input('')
    .result();
}

test.describe('text that is not UTF-8 is a usage error that names its source', () => {
  for (const [command, named] of [
    ['motd set -m "$latin1" 127.0.0.1 $port', 'the value of -m'],
    ['motd set -m"$latin1" 127.0.0.1 $port', 'the value of -m'],
    ['motd set --message "$latin1" 127.0.0.1 $port', 'the value of --message'],
    ['motd set --message="$latin1" 127.0.0.1 $port', 'the value of --message'],
    ['MOTD_SET_MESSAGE=$latin1 motd set 127.0.0.1 $port', 'MOTD_SET_MESSAGE'],
    ['motd set -m x --store-password "$latin1" 127.0.0.1 $port', 'the value of --store-password'],
    ['MOTD_STORE_PASSWORD=$latin1 motd set -m x 127.0.0.1 $port', 'MOTD_STORE_PASSWORD'],
    ['motd get --tls-ca "$latin1" 127.0.0.1 $port', 'the value of --tls-ca'],
    ['motd serve --port 0 --message "$latin1"', 'the value of --message'],
    ['MOTD_MESSAGE=$latin1 motd serve --port 0', 'MOTD_MESSAGE'],
    ['MOTD_MESSAGE=$latin1 motd up --port 0 --http-port 0', 'MOTD_MESSAGE'],
    ['motd serve --port 0 --password "$latin1"', 'the value of --password'],
    ['motd serve --port 0 --store "file:/nowhere/$latin1"', 'the value of --store'],
    ['motd get --tls "$latin1"', 'an argument'],
    ['motd copy-store "file:/nowhere/$latin1" file:/nowhere/x', 'an argument'],
  ] as const) {
    test(command, async ({ server }) => {
      const { status, stdout, stderr } = await runInShell(server.port, command);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(
        `motd: ${named} is not UTF-8, or contains U+FFFD; ` +
          'check the locale, or convert it with iconv [not-utf8]\n',
      );
      expect((await runMotd(['get', '127.0.0.1', String(server.port)])).stdout).toBe(APPLE);
    });
  }

  test('ignores a variable of another command', async ({ server }) => {
    const command = 'MOTD_SET_MESSAGE=$latin1 motd get 127.0.0.1 $port';
    expect((await runInShell(server.port, command)).stdout).toBe(APPLE);
  });
});

test.describe('standard input', () => {
  for (const [what, input, encoding] of [
    ['Latin-1', Buffer.from('caf\xe9\n', 'latin1'), 'LATIN1'],
    ['UTF-16', Buffer.from(`${MARK}a secret\n`, 'utf16le'), 'UTF-16'],
  ] as const) {
    for (const command of ['set', 'hash-password']) {
      test(`in ${what} is rejected by ${command}`, async ({ server }) => {
        const at = command === 'set' ? ['127.0.0.1', String(server.port)] : [];
        expect(await runMotd([command, ...at], input)).toEqual({
          status: 2,
          stdout: '',
          stderr: `motd: standard input is not UTF-8; convert it, for example: iconv -f ${encoding} -t UTF-8 [not-utf8]\n`,
        });
        expect((await runMotd(['get', '127.0.0.1', String(server.port)])).stdout).toBe(APPLE);
      });
    }
  }

  test('set drops one byte order mark before the message', QUICK, async ({ server }) => {
    const at = ['127.0.0.1', String(server.port)];
    expect((await runMotd(['set', ...at], `${MARK}Grüße\r\n`)).status).toBe(0);
    expect((await runMotd(['get', ...at])).stdout).toBe('Grüße\n');
  });

  test('set rejects a byte order mark anywhere else', async ({ server }) => {
    const at = ['127.0.0.1', String(server.port)];
    for (const message of [`${MARK}${MARK}MSGGET`, `MSG${MARK}GET`]) {
      expect((await runMotd(['set', ...at], message)).stderr).toMatch(/one line of plain text/);
      expect((await runMotd(['set', '-m', message, ...at])).status).toBe(2);
    }
    expect((await runMotd(['get', ...at])).stdout).toBe(APPLE);
  });

  test('hash-password drops one byte order mark before the password', async () => {
    const { stdout } = await runMotd(['hash-password'], `${MARK}correct horse\r\n`);
    const file = test.info().outputPath('password');
    writePrivately(file, stdout);
    const server = await startServer(0, ['--password-file', file]);
    const connect = await runMotd(
      ['connect', '127.0.0.1', String(server.port)],
      'SHUTDOWN\ncorrect horse\n',
    );
    expect(connect.stdout).toMatch(/Server: 200 OKAY\n$/);
  });

  test('hash-password reads only the first line, while its input stays open', async () => {
    const hash = Program.motd(['hash-password']);
    hash.process.stdin?.write('correct horse\n\xff');
    expect(await hash.exitCode()).toBe(0);
    expect(hash.stdout).toMatch(/^\$scrypt\$/);
  });

  test('connect drops one byte order mark before the first line', async ({ server }) => {
    const { status, stdout } = await runMotd(
      ['connect', '127.0.0.1', String(server.port)],
      `${MARK}MSGGET\r\nQUIT\r\n`,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Enter command .*: MSGGET\nClient: MSGGET\nServer: 200 OK\nAn apple/);
  });

  test('connect sends no line that is not UTF-8, and none after it', QUICK, async ({ server }) => {
    const input = Buffer.from('MSGSTORE\ncaf\xe9\nMSGSTORE\nhello\n', 'latin1');
    const { status, stdout } = await runMotd(['connect', '127.0.0.1', String(server.port)], input);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /Enter new message of the day: caf\\xe9\n\[not sent: the line is not UTF-8\]\n$/,
    );
    expect((await runMotd(['get', '127.0.0.1', String(server.port)])).stdout).toBe(APPLE);
  });

  test('connect does not split a line at a line separator', async ({ server }) => {
    const { stdout } = await runMotd(
      ['connect', '127.0.0.1', String(server.port)],
      'MSGSTORE\na\u2028QUIT\n',
    );
    expect(stdout).toContain('Client: a\\u{2028}QUIT\nServer: 422 NOT PLAIN TEXT\n');
  });
});
