import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  // Relative addresses: the page works under any path a reverse proxy puts it.
  base: './',
  build: { outDir: '../dist/page', emptyOutDir: true, target: 'es2022' },
});
