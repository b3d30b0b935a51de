/**
 * An address with and without a trailing slash, which clients and users add. Each is registered as
 * a route of its own, so that every guard sees which route a request reaches. More slashes match
 * none.
 */
export function addressForms(path: string): [string, string] {
  return [path, `${path}/`];
}
