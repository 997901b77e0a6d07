import { createEffect, createSignal, For, type JSX, on, Show } from 'solid-js';
import { Controls } from './controls.tsx';
import { countdown, fixed, fixedOr, signed } from './format.ts';
import { chooseSymbol, isConnected, isFresh, linkState, market, serverNow, view } from './state.ts';

export function Header(): JSX.Element {
  return (
    <header>
      <Show when={view()} fallback={<span class="badge">—</span>}>
        {(known) => (
          <span class={`badge ${known().mode}`} data-field="mode">
            <b>{known().mode}</b> / {known().venue}
          </span>
        )}
      </Show>
      <Symbols />
      <Price />
      <Quote />
      <Engine />
      <Connection />
      <Controls />
    </header>
  );
}

function Symbols(): JSX.Element {
  const symbols = () => (view()?.markets ?? []).map(({ symbol }) => symbol);
  return (
    <Show
      when={symbols().length > 1}
      fallback={<h1 class="symbol">{market()?.symbol ?? 'no market yet'}</h1>}
    >
      <select
        class="symbol"
        aria-label="Market"
        value={market()?.symbol ?? ''}
        onChange={(event) => chooseSymbol(event.currentTarget.value)}
      >
        <For each={symbols()}>{(symbol) => <option value={symbol}>{symbol}</option>}</For>
      </select>
    </Show>
  );
}

function Price(): JSX.Element {
  const [move, setMove] = createSignal<'' | 'up' | 'down'>('');
  createEffect(
    on(
      () => market()?.last ?? null,
      (last, before) => {
        if (last !== null && before !== null && before !== undefined && last !== before)
          setMove(last > before ? 'up' : 'down');
      },
    ),
  );
  return (
    <div class="last price">
      <span data-field="last">{fixedOr(market()?.last, market()?.priceDecimals ?? 1)}</span>
      <i class={isFresh() ? move() : ''} aria-hidden="true" />
    </div>
  );
}

function Quote(): JSX.Element {
  const decimals = () => market()?.priceDecimals ?? 1;
  /** In ticks: the unit in which a spread is thought of; from rounded quotients, as prices here are plain numbers. */
  const spread = () => {
    const now = market();
    if (now === null || now.bid === null || now.ask === null) return null;
    return Math.round((now.ask - now.bid) / now.tickSize);
  };
  const staleNote = () => {
    const now = market();
    if (!isConnected() || now === null || now.live) return null;
    return now.liveNote === '' ? 'the feed is not live' : now.liveNote;
  };
  return (
    <dl class="cells" data-field="quote">
      <div class="cell">
        <dt>Bid</dt>
        <dd class="price long">{fixedOr(market()?.bid, decimals())}</dd>
      </div>
      <div class="cell">
        <dt>Ask</dt>
        <dd class="price short">{fixedOr(market()?.ask, decimals())}</dd>
      </div>
      <div class="cell">
        <dt>Spread</dt>
        <dd class="price">
          {spread() === null ? '–' : `${fixed(spread() ?? 0, 0)} ${spread() === 1 ? 'tick' : 'ticks'}`}
        </dd>
      </div>
      <div class="cell optional">
        <dt>Mark</dt>
        <dd class="price">{fixedOr(market()?.mark, decimals())}</dd>
      </div>
      <Funding rate={market()?.fundingRate ?? null} at={market()?.fundingAt ?? null} />
      <Show when={staleNote()}>
        {(note) => (
          <div class="stale-note" role="alert" title={note()}>
            <b>Prices are stale</b> {note()}
          </div>
        )}
      </Show>
    </dl>
  );
}

function Funding(props: { rate: number | null; at: number | null }): JSX.Element {
  return (
    <div class="cell optional">
      <dt>Funding{props.at === null ? '' : ` in ${countdown(props.at - serverNow())}`}</dt>
      <dd class="price">{props.rate === null ? '–' : `${signed(props.rate * 100, 4)}%`}</dd>
    </div>
  );
}

function Engine(): JSX.Element {
  const state = () => view()?.engine;
  const shown = () => {
    const engine = state();
    if (engine === undefined) return { word: '–', tone: '' };
    if (engine.state === 'halted') return { word: 'Halted', tone: 'bad' };
    if (engine.killed) return { word: `Killed, ${engine.state}`, tone: 'bad' };
    if (engine.state === 'recovering') return { word: 'Recovering', tone: 'warn' };
    if (engine.paused) return { word: `Paused, ${engine.state}`, tone: 'warn' };
    const word = { idle: 'Idle, watching', entering: 'Entering', open: 'In position', exiting: 'Exiting' };
    return { word: word[engine.state], tone: engine.state === 'idle' ? '' : 'good' };
  };
  return (
    <div class="cell engine" role="status" data-field="engine">
      <span class="label">Engine</span>
      <span class={`value ${shown().tone}`}>{shown().word}</span>
    </div>
  );
}

/** Why the engine does not trade, in full: whoever sees it must not have to hover for the end of the sentence. */
export function EngineNote(): JSX.Element {
  return (
    <Show when={view()?.engine.note}>
      {(note) => (
        <p class="engine-note" role="alert">
          {note()}
        </p>
      )}
    </Show>
  );
}

function Connection(): JSX.Element {
  const shown = () => {
    switch (linkState().kind) {
      case 'live':
        return { word: 'Connected', tone: 'good' };
      case 'connecting':
        return { word: 'Connecting', tone: 'warn' };
      case 'tokenWanted':
        return { word: 'Token wanted', tone: 'warn' };
      case 'lost':
        return { word: 'Disconnected', tone: 'bad' };
    }
  };
  const latency = () => {
    const feed = view()?.heartbeat.feedLatencyMs;
    return feed ? `Feed ${fixed(feed.p50, 0)} ms` : 'Page';
  };
  return (
    <div class="cell connection" role="status" data-field="connection">
      <span class="label">{isConnected() ? latency() : 'Page'}</span>
      <span class={`value ${shown().tone}`}>
        <i class="dot" />
        {shown().word}
      </span>
    </div>
  );
}
