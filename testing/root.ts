// The root of the repository. bench/ runs these files compiled, from dist/testing/.

const FOLDER = new URL('..', import.meta.url);

export const ROOT = FOLDER.pathname.endsWith('/dist/') ? new URL('..', FOLDER) : FOLDER;
