import { expect, test } from 'vitest';
import { parseEtcdUrl } from './etcdUrl.ts';

test('the members, and what every key begins with', () => {
  expect(parseEtcdUrl('etcd://a:2379,b.example:2380,[::1]:2381/motd/prod')).toEqual({
    members: ['a:2379', 'b.example:2380', '[::1]:2381'],
    prefix: '/motd/prod/',
    usesTls: false,
  });
});

test('etcds:// is TLS, and a slash at the end is nothing', () => {
  expect(parseEtcdUrl('etcds://10.0.0.1:2379/motd/')).toEqual({
    members: ['10.0.0.1:2379'],
    prefix: '/motd/',
    usesTls: true,
  });
});

test.each(['etcd://a:2379', 'etcd://a:2379/'])('%s does not say where in etcd', (url) => {
  expect(() => parseEtcdUrl(url)).toThrow(/say where in it .*--store/);
});

test.each(['/a//b', '/a b', '/ä', '/x?y=1'])('%s is no prefix', (prefix) => {
  expect(() => parseEtcdUrl(`etcd://a:2379${prefix}`)).toThrow(`no prefix: ${prefix}; it has`);
});

test.each([
  ['etcd:', ''],
  ['etcd:///motd', ''],
  ['etcd://a/motd', 'a'],
  ['etcd://a:0/motd', 'a:0'],
  ['etcd://a:65536/motd', 'a:65536'],
  ['etcd://a:2379,/motd', ''],
  ['etcd://::1:2379/motd', '::1:2379'],
])('%s names no member', (url, member) => {
  expect(() => parseEtcdUrl(url)).toThrow(`no etcd member: ${JSON.stringify(member)}; --store`);
});

test('a password does not belong in what everybody can see', () => {
  expect(() => parseEtcdUrl('etcd://me:secret@a:2379/motd')).toThrow(
    /^no etcd member: "…@a:2379"; .*--etcd-user/,
  );
});
