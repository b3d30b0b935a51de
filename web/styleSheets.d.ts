// A style sheet as text, minified by the build.
declare module '*.css?inline' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: Vite makes it one.
  export default text;
}
