import { expect, test } from 'vitest';
import { parseEtcdUrl } from './etcdUrl.ts';

test('parses the members and the key prefix', () => {
  expect(parseEtcdUrl('etcd://a:2379,b.example:2380,[::1]:2381/motd/prod')).toEqual({
    members: ['a:2379', 'b.example:2380', '[::1]:2381'],
    prefix: '/motd/prod/',
    usesTls: false,
  });
});

test('uses TLS for etcds://, and ignores a trailing slash', () => {
  expect(parseEtcdUrl('etcds://10.0.0.1:2379/motd/')).toEqual({
    members: ['10.0.0.1:2379'],
    prefix: '/motd/',
    usesTls: true,
  });
});

test.each(['etcd://a:2379', 'etcd://a:2379/'])('rejects %s, which has no key prefix', (url) => {
  expect(() => parseEtcdUrl(url)).toThrow(`no key prefix in ${url}; add one to --store`);
});

test.each(['/a//b', '/a b', '/ä', '/x?y=1'])('rejects the key prefix %s', (prefix) => {
  expect(() => parseEtcdUrl(`etcd://a:2379${prefix}`)).toThrow(
    `invalid etcd key prefix: ${prefix}; use`,
  );
});

test.each([
  ['etcd:', ''],
  ['etcd:///motd', ''],
  ['etcd://a/motd', 'a'],
  ['etcd://a:0/motd', 'a:0'],
  ['etcd://a:65536/motd', 'a:65536'],
  ['etcd://a:2379,/motd', ''],
  ['etcd://::1:2379/motd', '::1:2379'],
])('rejects %s, which has an invalid member', (url, member) => {
  expect(() => parseEtcdUrl(url)).toThrow(
    `invalid etcd member: ${JSON.stringify(member)}; --store`,
  );
});

test('rejects a password in the URL, and does not repeat it', () => {
  expect(() => parseEtcdUrl('etcd://me:secret@a:2379/motd')).toThrow(
    /^invalid etcd member: "…@a:2379"; .*--etcd-user/,
  );
});
