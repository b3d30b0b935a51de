/**
 * A path with and without a trailing slash, which clients and users add. Each is registered as a
 * route of its own, so that every guard sees which route a request reaches. A path with more
 * slashes matches no route.
 */
export function withAndWithoutSlash(path: string): [string, string] {
  return [path, `${path}/`];
}
