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
import type { TradeReport } from '../../src/study/report/report-data.ts';
import type { Shown } from './page.tsx';
import { ANY, chosen, filter, passes, setChosen, setFilter, type TradeFilter } from './state.ts';
import {
  ABSENT,
  duration,
  fixed,
  minute,
  moneyDecimals,
  monthName,
  reasonName,
  share,
  shortSymbol,
  signed,
  toneOf,
} from './text.ts';

const ROW_PX = 27;
/** Rows drawn beyond both edges of what is in sight. */
const SPARE = 12;

interface Column {
  readonly name: string;
  readonly title?: string;
  readonly value: (row: Row) => number | string;
  readonly text: (row: Row) => string;
  readonly tone?: (row: Row) => string;
  readonly words?: boolean;
}

interface Row {
  readonly trade: TradeReport;
  /** Place among the account's trades, by time of closing, from 0. */
  readonly index: number;
  readonly net: number;
  readonly r: number | null;
  readonly priceDecimals: number;
}

/** All trades; only the rows in sight exist in the page. */
export function Trades(props: { readonly shown: Shown }): JSX.Element {
  const { trades, data, account } = props.shown;
  const decimals = moneyDecimals(account.currency);
  const priceDecimals = new Map(
    data.instruments.map(({ symbol, priceDecimals: digits }) => [symbol, digits]),
  );
  const rows = trades.map((trade, index): Row => {
    const net = Number(trade.net);
    const risk = Number(trade.initialRisk ?? 0);
    return {
      trade,
      index,
      net,
      r: risk > 0 ? net / risk : null,
      priceDecimals: priceDecimals.get(trade.symbol) ?? 2,
    };
  });
  const columns = columnsFor(decimals, rows);
  const [sort, setSort] = createSignal({ column: 0, isDown: false });
  const seen = createMemo(() => {
    const { column, isDown } = sort();
    const wanted = filter();
    const { value } = columns[column]!;
    const passing = rows.filter(({ trade }) => passes(trade, wanted));
    return passing.sort((a, b) => {
      const order = compare(value(a), value(b));
      return (isDown ? -order : order) || a.index - b.index;
    });
  });
  const summary = createMemo(() => {
    const list = seen();
    const net = list.reduce((sum, row) => sum + row.net, 0);
    const wins = list.filter((row) => row.net > 0).length;
    return { net, wins, count: list.length };
  });
  const [top, setTop] = createSignal(0);
  const [tall, setTall] = createSignal(600);
  const [active, setActive] = createSignal(0);
  const first = (): number => Math.max(0, Math.floor(top() / ROW_PX) - SPARE);
  const last = (): number => Math.min(seen().length, Math.ceil((top() + tall()) / ROW_PX) + SPARE);
  let box!: HTMLElement;

  onMount(() => {
    if (trades.length === 0) return;
    const size = new ResizeObserver(() => setTall(box.clientHeight));
    size.observe(box);
    onCleanup(() => size.disconnect());
  });
  // another choice of rows starts at its top
  createEffect(
    on([filter, sort], () => {
      if (trades.length === 0) return;
      setActive(0);
      box.scrollTop = 0;
      setTop(0);
    }),
  );

  const sortBy = (column: number): void => {
    const before = sort();
    // numbers are wanted largest first, words and times from the start
    const startsDown = column > 0 && typeof columns[column]!.value(rows[0]!) === 'number';
    setSort(before.column === column ? { column, isDown: !before.isDown } : { column, isDown: startsDown });
  };
  const jump = (row: Row): void => {
    setChosen(null);
    setChosen(row.index);
    document.getElementById('chart')?.scrollIntoView();
  };
  const reveal = (index: number): void => {
    const head = 34;
    const y = index * ROW_PX;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + ROW_PX > box.scrollTop + box.clientHeight - head)
      box.scrollTop = y + ROW_PX - box.clientHeight + head;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.target !== box) return;
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_PX) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: active() + 1,
      ArrowUp: active() - 1,
      PageDown: active() + page,
      PageUp: active() - page,
      Home: 0,
      End: seen().length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const kept = Math.max(0, Math.min(seen().length - 1, next));
      setActive(kept);
      reveal(kept);
    } else if (event.key === 'Enter') {
      const row = seen()[active()];
      if (row !== undefined) jump(row);
    }
  };

  return (
    <section id="trades" aria-labelledby="trades-title" data-section="trades">
      <div class="bar">
        <h2 id="trades-title">Trades</h2>
        <span class="quiet" data-field="trades-summary" role="status">
          {summary().count === trades.length
            ? `${fixed(trades.length, 0)} trades`
            : `${fixed(summary().count, 0)} of ${fixed(trades.length, 0)} trades`}
          , net {signed(summary().net, decimals)} {account.currency}
          {summary().count === 0 ? '' : `, ${share(summary().wins / summary().count)} won`}
        </span>
      </div>
      <Show when={trades.length > 0} fallback={<p class="empty">No trade was closed.</p>}>
        <Filters trades={trades} />
        <section
          class="rows"
          ref={box}
          tabindex="0"
          onScroll={() => setTop(box.scrollTop)}
          onKeyDown={onKey}
          aria-label="Trades. Arrow keys walk the rows, Enter shows one on the chart."
        >
          <table class="trades" aria-rowcount={seen().length + 1}>
            <thead>
              <tr>
                <For each={columns}>
                  {(column, index) => (
                    <th
                      scope="col"
                      class={column.words ? 'words' : ''}
                      aria-sort={
                        sort().column !== index() ? 'none' : sort().isDown ? 'descending' : 'ascending'
                      }
                      title={column.title}
                    >
                      <button type="button" onClick={() => sortBy(index())}>
                        {column.name}
                        <i aria-hidden="true">
                          {sort().column !== index() ? '' : sort().isDown ? ' ▾' : ' ▴'}
                        </i>
                      </button>
                    </th>
                  )}
                </For>
              </tr>
            </thead>
            <tbody>
              <tr style={{ height: `${first() * ROW_PX}px` }} />
              <For each={seen().slice(first(), last())}>
                {(row, offset) => (
                  <tr
                    class="row"
                    classList={{
                      active: first() + offset() === active(),
                      chosen: row.index === chosen(),
                    }}
                    aria-rowindex={first() + offset() + 2}
                    aria-selected={row.index === chosen()}
                    data-trade={row.index}
                    onClick={() => {
                      setActive(first() + offset());
                      jump(row);
                    }}
                  >
                    <For each={columns}>
                      {(column) => (
                        <td class={`${column.words ? 'words' : ''} ${column.tone?.(row) ?? ''}`}>
                          {column.text(row)}
                        </td>
                      )}
                    </For>
                  </tr>
                )}
              </For>
              <tr style={{ height: `${(seen().length - last()) * ROW_PX}px` }} />
            </tbody>
          </table>
          <Show when={seen().length === 0}>
            <p class="empty">No trade is of this kind.</p>
          </Show>
        </section>
      </Show>
    </section>
  );
}

function Filters(props: { readonly trades: readonly TradeReport[] }): JSX.Element {
  const change = (part: Partial<TradeFilter>): void => {
    setFilter({ ...filter(), ...part });
  };
  const kinds = (take: (trade: TradeReport) => string): string[] =>
    [...new Set(props.trades.map(take))].sort();
  const choices: readonly {
    readonly key: 'symbol' | 'direction' | 'exitReason' | 'strategy' | 'result';
    readonly label: string;
    readonly values: readonly string[];
    readonly name: (value: string) => string;
  }[] = [
    { key: 'symbol', label: 'Instrument', values: kinds(({ symbol }) => symbol), name: shortSymbol },
    { key: 'direction', label: 'Direction', values: ['long', 'short'], name: (value) => value },
    { key: 'exitReason', label: 'Exit', values: kinds(({ exitReason }) => exitReason), name: reasonName },
    { key: 'strategy', label: 'Strategy', values: kinds(({ strategy }) => strategy), name: (value) => value },
    { key: 'result', label: 'Result', values: ['won', 'lost'], name: (value) => value },
  ];
  const calendar = (): string =>
    [
      filter().hour === '' ? '' : `entered ${filter().hour}:00 to ${filter().hour}:59`,
      filter().weekday === '' ? '' : `entered on ${filter().weekday}`,
      filter().month === ''
        ? ''
        : `left in ${monthName(Number(filter().month.slice(5)))} ${filter().month.slice(0, 4)}`,
    ]
      .filter((text) => text !== '')
      .join(', ');
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <For each={choices}>
        {({ key, label, values, name }) => (
          <label>
            {label}
            <select
              name={key}
              value={filter()[key]}
              onChange={(event) => change({ [key]: event.currentTarget.value })}
            >
              <option value="">any</option>
              <For each={values}>{(value) => <option value={value}>{name(value)}</option>}</For>
            </select>
          </label>
        )}
      </For>
      <label class="words">
        Words
        <input
          type="search"
          name="words"
          value={filter().words}
          placeholder="in the reasons"
          onInput={(event) => change({ words: event.currentTarget.value })}
        />
      </label>
      <Show when={calendar() !== ''}>
        <span class="calendar">{calendar()}</span>
      </Show>
      <Show when={filter() !== ANY}>
        <button type="button" onClick={() => setFilter(ANY)}>
          Show all
        </button>
      </Show>
    </form>
  );
}

function columnsFor(decimals: number, rows: readonly Row[]): readonly Column[] {
  const sign = ({ trade }: Row): number => (trade.direction === 'long' ? 1 : -1);
  const moved = (row: Row, price: number | null): number | null =>
    price === null ? null : (price / row.trade.entry - 1) * sign(row);
  const price = (row: Row, value: number | null): string =>
    value === null ? ABSENT : fixed(value, row.priceDecimals);
  const last = (value: number | null): number => value ?? Number.NEGATIVE_INFINITY;
  const all: readonly (Column & { readonly isKnown?: boolean })[] = [
    {
      name: '#',
      title: 'By time of closing',
      value: ({ index }) => index,
      text: ({ index }) => fixed(index + 1, 0),
    },
    {
      name: 'Instrument',
      words: true,
      value: ({ trade }) => trade.symbol,
      text: ({ trade }) => shortSymbol(trade.symbol),
    },
    {
      name: 'Side',
      words: true,
      value: ({ trade }) => trade.direction,
      text: ({ trade }) => trade.direction,
    },
    {
      name: 'Entered',
      words: true,
      value: ({ trade }) => minute(trade.openedAt),
      text: ({ trade }) => minute(trade.openedAt),
    },
    {
      name: 'Held',
      value: ({ trade }) => trade.closedAt - trade.openedAt,
      text: ({ trade }) => duration(trade.closedAt - trade.openedAt),
    },
    {
      name: 'Size',
      title: 'Contracts',
      value: ({ trade }) => Number(trade.size),
      text: ({ trade }) => trade.size,
    },
    { name: 'Entry', value: ({ trade }) => trade.entry, text: (row) => price(row, row.trade.entry) },
    { name: 'Exit', value: ({ trade }) => trade.exit, text: (row) => price(row, row.trade.exit) },
    { name: 'Stop', value: ({ trade }) => last(trade.stop), text: (row) => price(row, row.trade.stop) },
    { name: 'Target', value: ({ trade }) => last(trade.target), text: (row) => price(row, row.trade.target) },
    {
      name: 'R',
      title: 'Net ÷ loss at the first stop',
      value: ({ r }) => last(r),
      text: ({ r }) => (r === null ? ABSENT : signed(r, 2)),
      tone: ({ r }) => toneOf(r),
    },
    {
      name: 'Net',
      title: 'After fees and funding',
      value: ({ net }) => net,
      text: ({ net }) => signed(net, decimals),
      tone: ({ net }) => toneOf(net),
    },
    {
      name: 'Fees',
      value: ({ trade }) => Number(trade.fees),
      text: ({ trade }) => signed(Number(trade.fees), decimals),
    },
    {
      name: 'Funding',
      isKnown: rows.some(({ trade }) => Number(trade.funding) !== 0),
      value: ({ trade }) => Number(trade.funding),
      text: ({ trade }) => signed(Number(trade.funding), decimals),
    },
    {
      name: 'Against',
      title: 'Most adverse move while open',
      isKnown: rows.some(({ trade }) => trade.worst !== null),
      value: (row) => last(moved(row, row.trade.worst)),
      text: (row) => percentOr(moved(row, row.trade.worst)),
    },
    {
      name: 'For',
      title: 'Most favourable move while open',
      isKnown: rows.some(({ trade }) => trade.best !== null),
      value: (row) => last(moved(row, row.trade.best)),
      text: (row) => percentOr(moved(row, row.trade.best)),
    },
    {
      name: 'Exit reason',
      words: true,
      value: ({ trade }) => reasonName(trade.exitReason),
      text: ({ trade }) => reasonName(trade.exitReason),
    },
    {
      name: 'Strategy',
      words: true,
      value: ({ trade }) => trade.strategy,
      text: ({ trade }) => trade.strategy,
    },
    {
      name: 'Confidence',
      isKnown: rows.some(({ trade }) => trade.confidence !== null),
      value: ({ trade }) => last(trade.confidence),
      text: ({ trade }) => (trade.confidence === null ? ABSENT : fixed(trade.confidence, 2)),
    },
  ];
  return all.filter(({ isKnown }) => isKnown !== false);
}

const percentOr = (value: number | null): string => (value === null ? ABSENT : `${signed(value * 100, 2)} %`);

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a - b;
  return a < b ? -1 : a > b ? 1 : 0;
}
