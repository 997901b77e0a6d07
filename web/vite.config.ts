import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

/** `vite web` serves the page alone and takes its data from a running dashboard on port 8080. */
const dashboard = 'http://127.0.0.1:8080';

/**
 * Two pages from one build: the dashboard in `dist`, and in `dist/report` the script and the style that a backtest's report
 * carries inside itself (src/study/report/write-report.ts): one file each, no module, nothing left to load.
 */
export default defineConfig({
  plugins: [solid()],
  builder: {
    buildApp: async (builder) => {
      await builder.build(builder.environments.client!);
      await builder.build(builder.environments.report!);
    },
  },
  environments: {
    report: {
      consumer: 'client',
      build: {
        outDir: 'dist/report',
        copyPublicDir: false,
        cssCodeSplit: false,
        rollupOptions: {
          input: new URL('report/main.tsx', import.meta.url).pathname,
          output: {
            format: 'iife',
            entryFileNames: 'report.js',
            assetFileNames: 'report[extname]',
          },
        },
      },
    },
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
