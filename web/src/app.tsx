import { createEffect, type JSX } from 'solid-js';
import { Account } from './account.tsx';
import { Decisions } from './decisions.tsx';
import { Footer } from './footer.tsx';
import { fixedOr } from './format.ts';
import { EngineNote, Header } from './header.tsx';
import { Health } from './health.tsx';
import { Position } from './position.tsx';
import { PriceChart } from './price-chart.tsx';
import { Risk } from './risk.tsx';
import { Signal } from './signal.tsx';
import { isConnected, isFresh, market, view } from './state.ts';
import { Strategies } from './strategies.tsx';
import { Trades } from './trades.tsx';
import { Veil } from './veil.tsx';

export function App(): JSX.Element {
  createEffect(() => {
    document.title = title();
  });
  return (
    <div class="page" classList={{ stale: !isFresh(), lost: !isConnected() }}>
      <Header />
      <Veil />
      <EngineNote />
      <main>
        <div class="wide">
          <PriceChart />
          <div class="strip">
            <Account />
            <Trades />
            <Decisions />
          </div>
        </div>
        <div class="rail">
          <Position />
          <Signal />
          <Strategies />
          <Risk />
          <Health />
        </div>
      </main>
      <Footer />
    </div>
  );
}

/** The tab is often all one sees of the page: price and position, or that it is not to be trusted. */
function title(): string {
  const now = market();
  if (now === null) return 'okx-stream-hunter';
  if (!isConnected()) return `✕ disconnected · ${now.symbol}`;
  const price = fixedOr(now.last, now.priceDecimals);
  if (!now.live) return `✕ stale · ${now.symbol}`;
  const halted = view()?.engine.killed ? ' · KILLED' : '';
  return `${price} ${now.symbol}${now.position === null ? '' : ` · ${now.position.direction}`}${halted}`;
}
