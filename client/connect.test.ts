import { expect, test } from 'vitest';
import { openConnection } from './connect.ts';

test('rejects when the system refuses immediately, also if it is called from a timer', async () => {
  // The limited broadcast address (RFC 919, section 7): no TCP connection can be opened to it.
  const destination = { host: '255.255.255.255', port: 1 };
  const error = await new Promise((resolve) => {
    setTimeout(() => openConnection(destination).catch(resolve));
  });
  expect(error).toMatchObject({ syscall: 'connect' });
});
