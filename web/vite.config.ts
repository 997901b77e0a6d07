import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

/** `vite web` serves the page alone and takes its data from a running dashboard on port 8080. */
const dashboard = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [solid()],
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
