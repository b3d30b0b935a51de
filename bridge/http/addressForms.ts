/**
 * Both forms of an address: clients and their users add a slash. Each is a route of its own, so every
 * guard sees which route a request reaches; a second slash reaches none.
 */
export function addressForms(path: string): [string, string] {
  return [path, `${path}/`];
}
