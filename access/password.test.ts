import { beforeAll, describe, expect, test } from 'vitest';
import { hashPassword, type VerifyPassword, verifierFor, verifierForHash } from './password.ts';

const PASSWORD = 'grün!1';
const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe.each<[string, () => Promise<VerifyPassword | undefined>]>([
  ['in clear text', async () => verifierFor(PASSWORD)],
  ['as a hash', async () => verifierForHash(await hashPassword(PASSWORD))],
])('a password configured %s', (_how, make) => {
  let verify: VerifyPassword | undefined;
  beforeAll(async () => {
    verify = await make();
  });

  test('accepts the right password, byte for byte', async () => {
    expect(await verify?.(bytesOf(PASSWORD))).toBe(true);
  });

  // Guesses are byte strings: the 'ü' of PASSWORD itself is one byte, which is not UTF-8.
  test.each(['', bytesOf('grün!'), PASSWORD, bytesOf('GRÜN!1'), 'x'.repeat(4096)])(
    'rejects every other password: guess %#',
    async (guess) => {
      expect(await verify?.(guess)).toBe(false);
    },
  );
});

test('puts the parameters into a hash, and uses a new salt each time', async () => {
  const [first, second] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
  expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(first).not.toBe(second);
});

test('accepts a hash made elsewhere (RFC 7914, section 12, third vector)', async () => {
  const salt = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '');
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    'hex',
  );
  const encoded = hash.toString('base64').replace(/=+$/, '');
  const verify = verifierForHash(`$scrypt$ln=14,r=8,p=1$${salt}$${encoded}`);
  expect(await verify?.('pleaseletmein')).toBe(true);
});

test.each([
  '',
  'secret',
  '$2b$10$abcdefghijklmnopqrstuv',
  '$scrypt$ln=15,r=8,p=3$c2FsdHNhbHQ',
  '$scrypt$ln=0,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g',
  '$scrypt$ln=30,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g',
])('rejects %j: not a hash, or one that needs too much memory', (text) => {
  expect(verifierForHash(text)).toBeUndefined();
});
