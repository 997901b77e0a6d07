import {
  createEffect,
  createMemo,
  createSignal,
  For,
  type JSX,
  on,
  onCleanup,
  onMount,
  Show,
} from 'solid-js';
import type { FillReport, TradeReport } from '../../src/study/report/report-data.ts';
import { lookVersion } from './look.ts';
import type { Shown } from './page.tsx';
import { chosen, setChosen } from './state.ts';
import {
  ABSENT,
  barName,
  duration,
  fixed,
  minute,
  moneyDecimals,
  percent,
  reasonName,
  second,
  shortSymbol,
  signed,
  toneOf,
} from './text.ts';
import { TradeDrawing } from './trade-drawing.ts';

export function TradeChart(props: { readonly shown: Shown }): JSX.Element {
  const { data, trades, account } = props.shown;
  const symbols = account.symbols.filter((symbol) =>
    data.candles.some((candles) => candles.symbol === symbol && candles.openAt.length > 0),
  );
  const [symbol, setSymbol] = createSignal(symbols[0] ?? '');
  const candles = createMemo(() => data.candles.find((known) => known.symbol === symbol()) ?? null);
  const instrument = createMemo(() => data.instruments.find((known) => known.symbol === symbol()) ?? null);
  const mine = createMemo(() =>
    trades.flatMap((trade, index) => (trade.symbol === symbol() ? [{ trade, index }] : [])),
  );
  const trade = (): TradeReport | null => {
    const index = chosen();
    return index === null ? null : (trades[index] ?? null);
  };
  const [bar, setBar] = createSignal<number | null>(null);
  let place!: HTMLDivElement;

  onMount(() => {
    if (symbols.length === 0) return;
    const drawing = new TradeDrawing(place);
    drawing.onHover(setBar);
    drawing.onPick((index) => setChosen(index));
    let drawn = '';
    const draw = (): void => {
      const known = candles();
      const spec = instrument();
      if (known === null || spec === null || drawn === known.symbol) return;
      drawn = known.symbol;
      drawing.show(known, mine(), spec.priceDecimals, Number(spec.tickSize));
      drawing.newest();
    };
    createEffect(() => {
      symbol();
      draw();
      drawing.choose(chosen(), false);
    });
    createEffect(
      on(chosen, (index) => {
        const wanted = index === null ? null : trades[index];
        if (wanted === undefined || wanted === null) return;
        if (wanted.symbol !== symbol() && symbols.includes(wanted.symbol)) setSymbol(wanted.symbol);
        draw();
        drawing.choose(index, true);
      }),
    );
    createEffect(on(lookVersion, () => drawing.look(), { defer: true }));
    onCleanup(() => drawing.remove());
  });

  const changeSymbol = (next: string): void => {
    setChosen(null);
    setSymbol(next);
  };
  /** To the neighbour of the same instrument, by time of closing. */
  const step = (by: 1 | -1): void => {
    const list = mine();
    const at = list.findIndex(({ index }) => index === chosen());
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by;
    const found = list[next];
    if (found !== undefined) setChosen(found.index);
  };
  const reading = (): string => {
    const known = candles();
    const spec = instrument();
    if (known === null || spec === null) return '';
    const index = bar() ?? known.openAt.length - 1;
    const price = (value: number): string => fixed(value, spec.priceDecimals);
    return `${minute(known.openAt[index]!)}  O ${price(known.open[index]!)}  H ${price(known.high[index]!)}  L ${price(known.low[index]!)}  C ${price(known.close[index]!)}  V ${fixed(known.volume[index]!, 0)}`;
  };

  return (
    <section id="chart" aria-labelledby="chart-title" data-section="chart">
      <div class="bar">
        <h2 id="chart-title">Trades on the chart</h2>
        <span class="tools">
          <Show when={symbols.length > 0}>
            <select
              aria-label="Instrument"
              value={symbol()}
              onChange={(event) => changeSymbol(event.currentTarget.value)}
            >
              <For each={symbols}>{(name) => <option value={name}>{shortSymbol(name)}</option>}</For>
            </select>
          </Show>
          <button type="button" disabled={mine().length === 0} onClick={() => step(-1)}>
            Previous trade
          </button>
          <button type="button" disabled={mine().length === 0} onClick={() => step(1)}>
            Next trade
          </button>
        </span>
      </div>
      <Show
        when={candles()}
        fallback={<p class="empty">The run keeps no candles, so there is nothing to draw trades on.</p>}
      >
        {(known) => (
          <>
            <p class="reading">
              <span data-field="candle">{reading()}</span>
            </p>
            <div class="beside-chart">
              <div
                class="drawing tall"
                ref={place}
                tabindex="0"
                role="img"
                aria-label={`${barName(known().barMs)} candles of ${shortSymbol(symbol())} with ${mine().length} trades. Arrow keys move, plus and minus zoom, 0 shows all.`}
              />
              <aside aria-live="polite" data-field="trade">
                <Show
                  when={trade()}
                  fallback={
                    <p class="empty">
                      {mine().length === 0
                        ? 'No trade was closed in this instrument.'
                        : `${fixed(mine().length, 0)} trades here. Click one in the chart or in the table below to see its prices, its reasons and its fills.`}
                    </p>
                  }
                >
                  {(current) => (
                    <Detail
                      trade={current()}
                      fills={data.fills}
                      currency={account.currency}
                      decimals={
                        data.instruments.find(({ symbol: name }) => name === current().symbol)
                          ?.priceDecimals ?? 2
                      }
                    />
                  )}
                </Show>
              </aside>
            </div>
            <p class="note">
              {barName(known().barMs)} candles
              <Show when={known().runBarMs !== 0 && known().runBarMs !== known().barMs}>
                , drawn from the {barName(known().runBarMs)} candles of the run to keep this file small
              </Show>
              . A triangle is an entry, its tip the price; a dot an exit; green lines and dots won after
              costs, red lost. Dashed: target and stop, with steps where they were moved. With many trades in
              sight only the exits are drawn. The wheel zooms once the chart was clicked.
            </p>
          </>
        )}
      </Show>
    </section>
  );
}

function Detail(props: {
  readonly trade: TradeReport;
  readonly fills: readonly FillReport[];
  readonly currency: string;
  readonly decimals: number;
}): JSX.Element {
  const price = (value: number | null): string => (value === null ? ABSENT : fixed(value, props.decimals));
  const money = (text: string): string => signed(Number(text), moneyDecimals(props.currency));
  const risk = (): number => Number(props.trade.initialRisk ?? 0);
  const sign = (): number => (props.trade.direction === 'long' ? 1 : -1);
  const excursion = (value: number | null): string =>
    value === null ? ABSENT : percent((value / props.trade.entry - 1) * sign(), 2);
  const fills = (): readonly FillReport[] =>
    props.fills.filter(
      ({ symbol, at }) =>
        symbol === props.trade.symbol && at >= props.trade.openedAt && at <= props.trade.closedAt,
    );
  return (
    <>
      <h3>
        <span>
          {props.trade.direction} {props.trade.size} {shortSymbol(props.trade.symbol)}
        </span>
        <span class={toneOf(Number(props.trade.net))}>
          {money(props.trade.net)}
          {risk() > 0 ? `, ${signed(Number(props.trade.net) / risk(), 2)} R` : ''}
        </span>
      </h3>
      <dl class="ledger">
        <div>
          <dt>Entered</dt>
          <dd>
            {price(props.trade.entry)}
            <small>{second(props.trade.openedAt)}</small>
          </dd>
        </div>
        <div>
          <dt>Left</dt>
          <dd>
            {price(props.trade.exit)}
            <small>{second(props.trade.closedAt)}</small>
          </dd>
        </div>
        <div>
          <dt>Held</dt>
          <dd>{duration(props.trade.closedAt - props.trade.openedAt)}</dd>
        </div>
        <div>
          <dt>Stop, target</dt>
          <dd>
            {price(props.trade.stop)}, {price(props.trade.target)}
            <Show when={props.trade.moves.length > 0}>
              <small>
                moved {props.trade.moves.length === 1 ? 'once' : `${props.trade.moves.length} times`}
              </small>
            </Show>
          </dd>
        </div>
        <div>
          <dt>Against, for</dt>
          <dd>
            {excursion(props.trade.worst)}, {excursion(props.trade.best)}
          </dd>
        </div>
        <div>
          <dt>Before costs</dt>
          <dd>{money(props.trade.realized)}</dd>
        </div>
        <div>
          <dt>Fees, funding</dt>
          <dd>
            {money(props.trade.fees)}, {money(props.trade.funding)}
          </dd>
        </div>
        <div>
          <dt>Value</dt>
          <dd>
            {fixed(Number(props.trade.entryValue), 0)} {props.currency}
          </dd>
        </div>
      </dl>
      <p>
        <b>Why in:</b> {props.trade.strategy}
        {props.trade.confidence === null ? '' : `, confidence ${fixed(props.trade.confidence, 2)}`}
      </p>
      <ul class="reasons">
        <For each={props.trade.reasons}>{(reason) => <li>{reason}</li>}</For>
      </ul>
      <p>
        <b>Why out:</b> {reasonName(props.trade.exitReason)}
      </p>
      <ul class="reasons">
        <For each={fills()}>
          {(fill) => (
            <li>
              {second(fill.at)} {fill.side} {fixed(fill.size, 0)} at {price(fill.price)}
              {fill.maker ? ', maker' : ''}
              {fill.why === '' ? '' : `: ${fill.why}`}
            </li>
          )}
        </For>
      </ul>
    </>
  );
}
