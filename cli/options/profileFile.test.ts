import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readProfile } from './profileFile.ts';

function write(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'motd-profile-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'redis.json');
  writeFileSync(file, content);
  return file;
}

test('reads every field', () => {
  const profile = {
    title: 'Redis',
    commands: ['PING', 'GET '],
    intro: 'As in redis-cli. <b>not markup</b>',
    help: [{ command: 'GET key', text: 'shows a value' }],
    passwordPrompt: '^password: ?$',
    lineEnd: 'crlf',
    secretCommands: ['AUTH'],
  };
  expect(readProfile(write(JSON.stringify(profile)))).toEqual(profile);
  expect(readProfile(write('\ufeff{}'))).toEqual({});
});

test.each(['redis.json', 'memcached.json'])('reads deploy/profiles/%s', (name) => {
  const file = new URL(`../../deploy/profiles/${name}`, import.meta.url).pathname;
  expect(readProfile(file)).toMatchObject({ lineEnd: 'crlf' });
});

test.each([
  ['{', 'invalid JSON: '],
  ['[]', 'not an object'],
  ['null', 'not an object'],
  ['{"__proto__":{}}', 'unknown key “__proto__”; the keys are title, commands'],
  ['{"color":1}', 'unknown key “color”; the keys are title, commands'],
  ['{"\\u001b[2J\\n\\u202e":1}', 'unknown key “^[[2J^J\\u{202e}”; the keys are title'],
  [`{"${'é'.repeat(41)}":1}`, `unknown key “${'é'.repeat(40)}…”; the keys are title`],
  ['{"help":[{"name":"GET"}]}', 'help[0]: unknown key “name”; the keys are command, text'],
  ['{"title":"\\u001b[31mRedis"}', 'title: a control character'],
  ['{"title":"a\\u202eb"}', 'title: a control character or a bidi control'],
  ['{"title":" "}', 'title: the text is empty'],
  [`{"title":"${'a'.repeat(61)}"}`, 'title: longer than 60 characters'],
  ['{"commands":"GET"}', 'commands: not a list'],
  ['{"commands":["A","B","C",1]}', 'commands[3]: not a text'],
  ['{"commands":["A","A"]}', 'commands[1]: repeats another entry'],
  ['{"commands":[" A"]}', 'commands[0]: begins with a space'],
  [JSON.stringify({ commands: Array(201).fill('A') }), 'commands: more than 200 entries'],
  ['{"help":[{"command":"GET"}]}', 'help[0]: command and text are required'],
  ['{"help":[{"command":"GET","text":"a\\nb"}]}', 'help[0].text: a control character'],
  ['{"passwordPrompt":"(a+)+$"}', 'passwordPrompt: “(” is not allowed here'],
  ['{"lineEnd":"cr"}', 'lineEnd: neither "lf" nor "crlf"'],
])('rejects %s', (content, message) => {
  expect(() => readProfile(write(content))).toThrow(`redis.json: ${message}`);
});

test('rejects a file of 10 MB without reading all of it', () => {
  const file = write('{}');
  truncateSync(file, 10_000_000);
  const before = process.memoryUsage().arrayBuffers;
  expect(() => readProfile(file)).toThrow(
    /redis\.json has more than 65536 bytes; check \+profile$/,
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

test('rejects a file that is not UTF-8, or does not exist', () => {
  expect(() => readProfile(write(Buffer.from('{"title":"\xe9"}', 'latin1')))).toThrow(
    'redis.json is not UTF-8',
  );
  expect(() => readProfile('/nowhere.json')).toThrow('no such file: /nowhere.json; check +profile');
});
