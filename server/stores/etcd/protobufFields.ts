// Reads the fields of a decoded protobuf message. Each function throws if the field is not of its
// type: then our declaration and etcd's API differ.

export function textIn(message: object, name: string): string {
  const value = fieldOf(message, name);
  return typeof value === 'string' ? value : fail(name);
}

export function booleanIn(message: object, name: string): boolean {
  const value = fieldOf(message, name);
  return typeof value === 'boolean' ? value : fail(name);
}

export function bytesIn(message: object, name: string): Buffer {
  const value = fieldOf(message, name);
  return Buffer.isBuffer(value) ? value : fail(name);
}

/** A 64-bit integer, which is decoded as text. */
export function integerIn(message: object, name: string): number {
  const value = Number(textIn(message, name));
  return Number.isSafeInteger(value) ? value : fail(name);
}

export function messageIn(message: object, name: string): object {
  const value = fieldOf(message, name);
  return isMessage(value) ? value : fail(name);
}

export function listIn(message: object, name: string): object[] {
  const value = fieldOf(message, name);
  return Array.isArray(value) && value.every(isMessage) ? value : fail(name);
}

function fieldOf(message: object, name: string): unknown {
  return Reflect.get(message, name);
}

function isMessage(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function fail(name: string): never {
  throw new Error(`etcd sent an invalid response: ${name}`);
}
