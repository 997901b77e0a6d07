import { defineConfig, type EnvironmentOptions } from 'vite';
import solid from 'vite-plugin-solid';

/** `vite web` serves the page alone and takes its data from a running dashboard on port 8080. */
const dashboard = 'http://127.0.0.1:8080';

/**
 * Three pages from one build: the dashboard in `dist`, and in `dist/report` and `dist/evaluation` the script and the style
 * that the report of a backtest and of an evaluation carry inside themselves (src/study/report/html-page.ts): one file each,
 * no module, nothing left to load.
 */
export default defineConfig({
  plugins: [solid()],
  builder: {
    buildApp: async (builder) => {
      await builder.build(builder.environments.client!);
      await builder.build(builder.environments.report!);
      await builder.build(builder.environments.evaluation!);
    },
  },
  environments: {
    report: carried('report'),
    evaluation: carried('evaluation'),
  },
  build: {
    target: 'es2022',
    // The server's content security policy forbids inline scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      // The dashboard answers to its own Origin only.
      '/api': { target: dashboard, changeOrigin: true, headers: { origin: dashboard } },
      '/ws': { target: dashboard, ws: true, changeOrigin: true, rewriteWsOrigin: true },
    },
  },
});

/** The script and the style of a page that carries them inside itself. */
function carried(page: string): EnvironmentOptions {
  return {
    consumer: 'client',
    build: {
      outDir: `dist/${page}`,
      copyPublicDir: false,
      cssCodeSplit: false,
      rollupOptions: {
        input: new URL(`${page}/main.tsx`, import.meta.url).pathname,
        output: {
          format: 'iife',
          entryFileNames: 'report.js',
          assetFileNames: 'report[extname]',
        },
      },
    },
  };
}
