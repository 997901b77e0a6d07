import { z } from 'zod';
import { EXIT_METHODS } from '../core/exits/method.ts';

/**
 * The one schema of `config/settings.yaml`. Every number states unit, default and range here and nowhere else: the loader,
 * the published JSON Schema (`config/settings.schema.json`) and later the search space are read from it.
 */
const whole = (fallback: number, min: number, max: number, description: string) =>
  z.int().min(min).max(max).default(fallback).describe(description);
const real = (fallback: number, min: number, max: number, description: string) =>
  z.number().min(min).max(max).default(fallback).describe(description);
/** A number that a tuning study may vary; `tune` is its search range. */
const tunable = (
  fallback: number,
  min: number,
  max: number,
  tune: readonly [number, number],
  description: string,
) => real(fallback, min, max, description).meta({ tune });
const DECIMAL_WANTED = 'expected a decimal number in quotes, such as "0.0005"';
/** Money and rates: exact, so text. */
const decimal = (fallback: string, description: string) =>
  z
    .string(DECIMAL_WANTED)
    .regex(/^\d+(\.\d+)?$/, DECIMAL_WANTED)
    .default(fallback)
    .describe(description);
/** Of a candle strategy: its threshold follows from it. */
const falseAlarms = (fallback: number) =>
  tunable(
    fallback,
    0,
    20,
    [0.5, 5],
    'Entries per 1,000 candles that chance alone may cause on a driftless market; 0 = never enter.',
  );
const hold = (fallback: number) =>
  real(fallback, 0, 1, 'The setting stands while its statistic is at least this share of the threshold.');
const group = <Shape extends z.ZodRawShape>(shape: Shape, description: string) =>
  z
    .strictObject(shape)
    .prefault({} as z.input<z.ZodObject<Shape>>)
    .describe(description);

export const settingsSchema = z
  .strictObject({
    symbols: z
      .array(
        z
          .string()
          .regex(
            /^[A-Z0-9]+-[A-Z0-9]+(-[A-Z0-9]+)*$/,
            'expected an OKX instrument id, such as BTC-USDT-SWAP',
          ),
      )
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'a symbol is listed twice')
      .default(['BTC-USDT-SWAP'])
      .describe('Instruments to trade, by OKX id. All must settle in the same currency.'),
    venue: z
      .enum(['embedded', 'okx'])
      .default('embedded')
      .describe('Where the market comes from: the exchange on this machine, or OKX itself.'),
    mode: z
      .enum(['paper', 'demo', 'live'])
      .default('paper')
      .describe(
        'Where orders go: paper (no exchange is told), demo (the venue, with play money), live (real money).',
      ),
    data_dir: z
      .string()
      .min(1)
      .default('data')
      .describe('Journal, locks and logs live here. Relative to the working directory.'),
    dashboard: group(
      {
        host: z
          .string()
          .default('127.0.0.1')
          .describe('Address to listen on. Anything but loopback exposes the page to others.'),
        port: whole(8420, 0, 65_535, 'Port of the page; 0 takes any free one.'),
      },
      'The live page.',
    ),
    market: group(
      {
        // OKX's bars that open on UTC: longer ones open on UTC+8 unless asked otherwise
        bar: z
          .enum(['1s', '1m', '3m', '5m', '15m', '30m', '1H', '2H', '4H'])
          .default('1m')
          .describe('Candle length for ATR and volatility.'),
        atr_period: whole(14, 2, 500, 'Candles in the average true range (Wilder).'),
        volatility_window: whole(60, 10, 1440, 'Candles in the volatility window.'),
        volatility_window_long: whole(
          480,
          10,
          10_000,
          'Candles in the slow volatility, which says what is usual.',
        ),
        assumed_spread_bp: real(
          1,
          0,
          100,
          'Spread where a recording holds no book, basis points; at least one tick, or none for 0.',
        ),
      },
      'What is measured from candles.',
    ),
    brain: group(
      {
        order_flow: group(
          {
            half_life_ms: whole(
              10_000,
              100,
              3_600_000,
              'Half-life of the memory of trades and book changes, ms.',
            ),
            threshold: tunable(
              0.15,
              0,
              1,
              [0.05, 0.3],
              'Imbalance below which order flow counts as none, fraction.',
            ),
            near_ticks: whole(
              50,
              1,
              100_000,
              'Book changes within this many ticks of the touch count as passive flow.',
            ),
            levels: whole(10, 1, 50, 'Levels a side in the multi-level order flow imbalance.'),
            parent_half_life_ms: whole(
              15_000,
              100,
              3_600_000,
              'Half-life of the count of orders that shows a hidden parent, ms.',
            ),
            usual_half_life_ms: whole(
              120_000,
              100,
              36_000_000,
              'Half-life of what is usual in that count, ms.',
            ),
          },
          'Detector B1.',
        ),
        spoof: group(
          {
            half_life_ms: whole(60_000, 100, 3_600_000, 'Half-life of the memory of what was found, ms.'),
            tell_from: real(0.02, 0, 1, 'Less likely findings are not told.'),
          },
          'Detector B3.',
        ),
        liquidity: group(
          {
            half_life_ms: whole(
              60_000,
              100,
              3_600_000,
              'Half-life of what is usual: depth, size of a level, withdrawal, ms.',
            ),
            withdrawal_ms: whole(500, 100, 3_600_000, 'What has gone within so long is withdrawn, ms.'),
            level_multiple: real(
              4,
              1,
              1_000,
              'A level is large, and so a support or resistance, from so many times the usual one on.',
            ),
          },
          'Detector B2.',
        ),
        iceberg: group(
          {
            told_from: real(0.1, 0, 1, 'Suspected icebergs less likely than this are not told of, fraction.'),
            half_life_ms: whole(
              30_000,
              1000,
              3_600_000,
              'Half-life of what an order that came back says, ms.',
            ),
          },
          'Detector B4.',
        ),
        microstructure: group(
          {
            half_life_ms: whole(60_000, 100, 3_600_000, 'Half-life of the spread’s mean and deviation, ms.'),
            levels: whole(10, 1, 400, 'Levels a side in the depth imbalance.'),
          },
          'Detector B5.',
        ),
        impact: group(
          {
            bar_ms: whole(
              1_000,
              100,
              600_000,
              'Flow and move over so long are one pair of the regressions, ms.',
            ),
            bars: whole(300, 10, 10_000, 'Pairs in the regressions.'),
            half_life_ms: whole(
              10_000,
              100,
              3_600_000,
              'Half-life of the flow that the score speaks of, of usual depth and volume, ms.',
            ),
            vpin_buckets: whole(50, 2, 1_000, 'Buckets in VPIN’s mean.'),
            vpin_bucket_seconds: real(
              5,
              0.1,
              3_600,
              'A bucket is what is usually traded in so many seconds.',
            ),
          },
          'Detector B7.',
        ),
      },
      'The detectors.',
    ),
    signal: group(
      {
        model: z
          .string()
          .min(1)
          .default('auto')
          .describe(
            'Where its confidence comes from: a model file of hunter learn; embedded, the one fitted on the embedded exchange’s market; priors, weights stated by hand; auto, embedded on that market and priors on any other.',
          ),
        confidence_threshold: tunable(
          0.6,
          0,
          1,
          [0.4, 0.7],
          'Confidence from which an entry is considered, 0…1.',
        ),
      },
      'The fused signal.',
    ),
    strategy: group(
      {
        trend: group(
          {
            window: whole(100, 20, 1_000, 'Candles in the regression.'),
            false_alarms: falseAlarms(1),
            r_squared_min: real(
              0.6,
              0,
              1,
              'Least share of the variance that the line must explain, fraction.',
            ),
            momentum_window: whole(
              20,
              1,
              1_000,
              'Candles over which the price must have gone the trend’s way.',
            ),
            hold: hold(0.5),
          },
          'Row S1: a slope that a random walk seldom has.',
        ),
        range: group(
          {
            window: whole(100, 20, 1_000, 'Candles in the band.'),
            false_alarms: falseAlarms(1),
            edge: real(0.25, 0.01, 0.49, 'Zones at support and resistance, share of the band.'),
            r_squared_max: real(0.5, 0, 1, 'A line that explains more of the variance is a trend, fraction.'),
            volatility_window: whole(20, 5, 1_000, 'Candles of the recent volatility.'),
            volatility_ratio_max: real(
              1.2,
              0.1,
              10,
              'Recent volatility over that of the window, above which the band is about to break.',
            ),
            hold: hold(0.8),
          },
          'Row S2: a band much tighter than a random walk’s; entries at its edges.',
        ),
        breakout: group(
          {
            window: whole(60, 20, 1_000, 'Candles of the levels, and of the usual volume and range.'),
            false_alarms: falseAlarms(1),
            atr_period: whole(14, 2, 500, 'Candles in the average true range (Wilder).'),
            margin: real(0.2, 0, 10, 'How far beyond the level a close must lie, multiples of ATR.'),
            tightness_min: real(
              1.4,
              0,
              10,
              'How tight the band before the break must be: 1 = as a random walk’s on average.',
            ),
            surge_min: real(
              0.5,
              0,
              10,
              'Least surge of volume, and of range, deviations of their logarithms.',
            ),
            confirm_candles: whole(2, 0, 20, 'Candles that must close beyond the level after the break.'),
            hold_candles: whole(20, 1, 1_000, 'A break is acted on for so many candles.'),
          },
          'Row S3: a level broken on a surge of volume and range.',
        ),
        reversal: group(
          {
            window: whole(60, 10, 1_000, 'Candles of the leg that is to end.'),
            turn_window: whole(15, 5, 500, 'Candles of the turn after it.'),
            false_alarms: falseAlarms(1),
            leg_min: real(1, 0, 10, 'Least slope of the leg, deviations of a random walk’s.'),
            turn_min: real(1, 0, 10, 'Least slope of the turn against it, deviations of a random walk’s.'),
            rsi_period: whole(14, 2, 500, 'Candles in the RSI (Wilder).'),
            rsi_extreme: real(
              35,
              1,
              50,
              'The leg is exhausted if the RSI came this near to 0, or to 100, points.',
            ),
            divergence_weight: real(
              0.3,
              0,
              3,
              'What a divergence of price and RSI adds to the change of slope, deviations.',
            ),
            hold: hold(0.5),
          },
          'Row S4: a leg exhausted at an extreme, and turned.',
        ),
      },
      'The candle strategies. Their thresholds follow from false_alarms: see docs/strategies.md.',
    ),
    execution: group(
      {
        lead: z
          .enum(['signal', 'strategies'])
          .default('signal')
          .describe(
            'Who proposes entries: signal (the detectors, at each book) or strategies (the best one, at each candle’s close).',
          ),
        confirmation: z
          .enum(['none', 'not_against', 'agree'])
          .default('not_against')
          .describe(
            'What the other of the two must say of an entry: nothing, not the opposite direction, or the same one.',
          ),
        entry: z
          .enum(['market', 'post_only'])
          .default('market')
          .describe(
            'market: at once, never worse than slippage_bp_max; post_only: joins the best price and waits.',
          ),
        slippage_bp_max: real(5, 0, 100, 'Worst price of a market entry, basis points beyond the touch.'),
        entry_timeout_ms: whole(5_000, 100, 600_000, 'How long a post-only entry may wait, ms.'),
        entry_follow_ticks: whole(
          0,
          0,
          10_000,
          'A post-only entry is moved to its side’s best price when that is more than so many ticks better; 0 = it stays where it was placed.',
        ),
        entry_follow_interval_ms: whole(1_000, 100, 600_000, 'Between two such moves, ms.'),
        entry_follow_moves_max: whole(
          5,
          1,
          1_000,
          'Such moves of one entry. None goes beyond slippage_bp_max from where it was placed.',
        ),
        cooldown_ms: whole(
          5_000,
          0,
          86_400_000,
          'Pause after a trade or a missed entry before the next entry, ms.',
        ),
        exit_retry_ms: whole(
          1_000,
          100,
          60_000,
          'Pause before a failed exit, or an unheard cancel, is sent again, ms.',
        ),
      },
      'How entries and exits are sent.',
    ),
    exits: group(
      {
        method: z
          .enum([...EXIT_METHODS, 'smart'])
          .default('smart')
          .describe(
            'percentage, atr, volatility or microstructure: that one or no trade; smart: the most informed that the data at hand allows.',
          ),
        tp_multiplier: tunable(
          2,
          0.01,
          20,
          [1.5, 3],
          'Take profit distance, multiples of ATR (volatility, microstructure: of their own range).',
        ),
        sl_multiplier: tunable(
          1,
          0.01,
          20,
          [0.8, 1.5],
          'Stop loss distance, multiples of ATR (volatility, microstructure: of their own range).',
        ),
        tp_fraction: real(0.02, 0.0001, 1, 'percentage: take profit distance, fraction of the price.'),
        sl_fraction: real(0.01, 0.0001, 0.99, 'percentage: stop loss distance, fraction of the price.'),
        volatility_horizon: real(
          2.55,
          0.1,
          1_000,
          'volatility: the range is σ·√horizon, in bars; 8/π makes it the mean range of one bar.',
        ),
        volatility_bound: real(
          2,
          1,
          100,
          'volatility: σ counts as its slow level times or divided by this at most.',
        ),
        imbalance_shift: real(
          0.1,
          0,
          0.5,
          'microstructure: both exits move by this share of the stop distance when the book leans wholly to one side.',
        ),
        spread_multiple: real(1, 0, 100, 'microstructure: both exits move out by so many spreads.'),
        level_reach: real(
          1.5,
          1,
          10,
          'microstructure: the stop goes behind a level that lies within this multiple of its distance.',
        ),
        level_buffer: real(
          0.1,
          0,
          1,
          'microstructure: room between the level and the stop behind it, share of the stop distance.',
        ),
        level_band_bp: real(
          0.5,
          0.01,
          100,
          'microstructure: the book is cut into bands of this width from the touch on, basis points.',
        ),
        level_bands: whole(60, 5, 1_000, 'microstructure: bands a side that are looked at.'),
        level_multiple: real(
          3,
          1,
          1_000,
          'microstructure: a band counts as a level from so many times the median band on.',
        ),
        rr_min: real(1.5, 0, 20, 'Reward to risk below this is mended or refused.'),
        rr_default: real(2, 0.1, 20, 'What a poor reward to risk is mended to.'),
        move_tp: z
          .boolean()
          .default(true)
          .describe('true: move the take profit out to keep the ratio; false: refuse the trade.'),
        cost_multiple_min: real(
          1.5,
          0,
          100,
          'The take profit must lie this many round-trip costs away (two taker fees and the spread).',
        ),
        time_stop_ms: whole(
          0,
          0,
          2_592_000_000,
          'A position open for so long is closed at market, ms; 0: it may last.',
        ),
        break_even_r: real(
          0,
          0,
          100,
          'Gain from which the stop moves to the entry and two taker fees, multiples of the first risk; 0: it does not.',
        ),
        trailing_stop: real(
          0,
          0,
          100,
          'The stop follows the best price at this distance, in trailing_unit; 0: it stays.',
        ),
        trailing_unit: z
          .enum(['r', 'atr'])
          .default('r')
          .describe('r: multiples of the first risk (entry to first stop); atr: multiples of ATR.'),
        trailing_step: real(
          0.1,
          0,
          1,
          'It follows in steps of at least this share of the distance, and a tick.',
        ),
        trailing_interval_ms: whole(1_000, 0, 86_400_000, 'Least time between two of its steps, ms.'),
      },
      'Take profit and stop loss.',
    ),
    position: group(
      {
        base_size: real(0.01, 0.000001, 1_000_000, 'Base position size, in units of base_unit.'),
        base_unit: z
          .enum(['coin', 'quote'])
          .default('coin')
          .describe(
            'coin: base_size counts base coin (0.01 BTC); quote: quote currency, for many symbols alike.',
          ),
        multiplier: real(2, 1, 100, 'Size at confidence 1 is base_size × multiplier, before volatility.'),
        leverage_min: real(1, 1, 125, 'Leverage at confidence 0.'),
        leverage_max: real(5, 1, 125, 'Leverage at confidence 1 in a still market.'),
        leverage_curve: real(2, 0.1, 10, 'Exponent on confidence: higher keeps leverage low for longer.'),
        volatility_factor: real(5, 0, 100, 'The k of 1 / (1 + k·σ), σ the daily volatility as a fraction.'),
        sizing: z
          .enum(['auto', 'kelly'])
          .default('kelly')
          .describe(
            'auto: base_size and what follows it; kelly: the same, but never more than Kelly allows for the trades so far.',
          ),
        kelly_fraction: real(0.5, 0, 1, 'Share of the Kelly fraction that is used, after shrinkage.'),
        kelly_prior_trades: whole(
          100,
          0,
          100_000,
          'Shrinkage: Kelly is taken times n / (n + this) for n closed trades.',
        ),
        kelly_trades_min: whole(30, 0, 100_000, 'With fewer closed trades kelly_risk_min holds.'),
        kelly_risk_min: real(
          0.0025,
          0,
          1,
          'Fraction of equity that a trade may lose at its stop while no edge is known; 0: no trade without one.',
        ),
        kelly_risk_max: real(0.02, 0, 1, 'The most it may be, however good the record.'),
      },
      'Size and leverage.',
    ),
    risk: group(
      {
        daily_loss_max: real(
          0.03,
          0.0001,
          1,
          'Loss since 00:00 UTC, fees, funding and open positions in it, at which entries end for the day; fraction of the day’s first equity.',
        ),
        drawdown_max: real(
          0.15,
          0.0001,
          1,
          'Fraction below the highest equity at which entries end until a person arms again.',
        ),
        breach_flattens: z
          .boolean()
          .default(false)
          .describe('true: these two also close what is open; false: positions keep their stops.'),
        kill_flattens: z
          .boolean()
          .default(true)
          .describe(
            'What the kill switch does with open positions unless it is told: true closes them, false leaves them their stops.',
          ),
        loss_streak_max: whole(
          3,
          0,
          1_000,
          'So many losing trades in a row begin a pause; 0: no such pause.',
        ),
        loss_streak_pause_ms: whole(1_800_000, 0, 604_800_000, 'Length of that pause, ms.'),
        stop_loss_pause_ms: whole(
          60_000,
          0,
          604_800_000,
          'Pause of a symbol after a stop loss on it that cost money, ms.',
        ),
        open_positions_max: whole(1, 1, 100, 'Positions open at the same time, over all symbols.'),
        notional_max: real(5_000, 1, 1e9, 'Notional of one position, settlement currency.'),
        notional_total_max: real(
          10_000,
          1,
          1e10,
          'Notional of all positions and entries under way together, settlement currency.',
        ),
        leverage_max: real(5, 1, 125, 'Leverage of any order.'),
        liquidation_distance: real(
          0.05,
          0,
          1,
          'At least this fraction of the price lies between the stop and the liquidation price; leverage is lowered to keep it.',
        ),
        maintenance_rate: real(
          0.01,
          0,
          1,
          'Maintenance margin that the liquidation price is worked out with, fraction of the notional (OKX’s first tiers: 0.004 to 0.015); where the position’s tier asks for more, that.',
        ),
        price_collar_bp: real(50, 1, 1_000, 'Worst price any entry may reach, basis points from the mid.'),
        orders_per_minute_max: whole(20, 1, 1_000, 'New orders a minute, over all symbols.'),
        book_age_ms_max: whole(2_000, 100, 600_000, 'A book older than this is not traded on, ms.'),
        margin_share_max: real(0.5, 0.01, 1, 'Share of the balance that one position’s margin may take.'),
      },
      'Limits. Every entry passes every one of them before it is sent.',
    ),
    paper: group(
      {
        start_balance: decimal('10000', 'Cash of a new paper account, settlement currency.'),
        maker_fee: decimal('0.0002', 'Fraction of the notional a maker pays.'),
        taker_fee: decimal('0.0005', 'Fraction of the notional a taker pays.'),
        latency: z
          .enum(['constant', 'log_normal', 'measured'])
          .default('constant')
          .describe(
            'How long messages take: always the same, skewed around a median, or as recorded (latency_quantiles_ms).',
          ),
        order_latency_ms: real(
          20,
          0,
          60_000,
          'An order’s way to the venue, ms: always, in the median, or at least.',
        ),
        answer_latency_ms: real(20, 0, 60_000, 'An answer’s way back, ms: in the same sense.'),
        latency_sigma: real(
          0.7,
          0,
          3,
          'Of log_normal: 0.7 makes one message in forty take four times the median, as recorded on OKX in 2022.',
        ),
        latency_quantiles_ms: z
          .array(z.number().min(0).max(60_000))
          .default([])
          .describe(
            'Of measured: delays above the quickest, evenly spaced from least to greatest; scripts/measure-latency.ts prints them for a tape.',
          ),
        seed: whole(1, 0, 4_294_967_295, 'Seed of the paper venue’s chance: its latencies.'),
        queue: z
          .enum(['trades_only', 'behind_first', 'power', 'log', 'ahead_first'])
          .default('behind_first')
          .describe(
            'Of lots canceled at the price of a resting order, how many stood before it: none (at first), by the lengths, all.',
          ),
        queue_exponent: real(
          2,
          0,
          10,
          'Of power: 1 = each lot as likely, more = rather from the longer part.',
        ),
        self_impact: z
          .boolean()
          .default(true)
          .describe('Whether what we took from a level of the book stays taken while the level stands.'),
        maintenance_rate: real(
          0.004,
          0,
          1,
          'Maintenance margin where the position tiers of an instrument are not known, fraction of the notional.',
        ),
        volume_share_max: real(
          0.1,
          0.0001,
          1,
          'Over candles: share of a candle’s volume that fills at its price; the rest pays its worst price.',
        ),
        intrabar: z
          .enum(['pessimistic', 'nearest'])
          .default('pessimistic')
          .describe(
            'Within a candle that reached stop and target: the stop first, or whichever is nearer to the open.',
          ),
      },
      'The paper account. Fees also serve the cost check in every mode.',
    ),
    exchange: group(
      {
        seed: whole(7, 0, 4_294_967_295, 'Seed of the embedded exchange’s market.'),
        speed: real(1, 0.1, 100, 'Market seconds per second.'),
      },
      'The exchange on this machine.',
    ),
    okx: group(
      {
        rest: z.url().default('https://openapi.okx.com').describe('REST address of OKX.'),
        ws: z
          .url()
          .default('wss://ws.okx.com/ws/v5')
          .describe('WebSocket base of OKX; /public, /private and /business follow.'),
        ws_demo: z
          .url()
          .default('wss://wspap.okx.com/ws/v5')
          .describe('WebSocket base of OKX’s demo trading.'),
        book_stale_ms: whole(
          5_000,
          500,
          120_000,
          'No book message for so long means the feed is not live, ms.',
        ),
        secrets_file: z
          .string()
          .default('')
          .describe(
            'File with OKX_API_KEY, OKX_SECRET_KEY and OKX_PASSPHRASE lines, readable by its owner alone; empty: environment only.',
          ),
      },
      'OKX itself.',
    ),
  })
  .refine(({ paper }) => paper.latency !== 'measured' || paper.latency_quantiles_ms.length >= 2, {
    message:
      'latency "measured" needs at least two of them: scripts/measure-latency.ts prints them for a tape',
    path: ['paper', 'latency_quantiles_ms'],
  })
  .refine(({ paper }) => paper.latency_quantiles_ms.every((each, i, all) => i === 0 || all[i - 1]! <= each), {
    message: 'must go up, from the least delay to the greatest',
    path: ['paper', 'latency_quantiles_ms'],
  })
  .refine((settings) => settings.position.leverage_min <= settings.position.leverage_max, {
    message: 'leverage_min is larger than leverage_max',
    path: ['position', 'leverage_min'],
  })
  .refine((settings) => settings.position.leverage_max <= settings.risk.leverage_max, {
    message: 'larger than risk.leverage_max: every confident trade would be refused',
    path: ['position', 'leverage_max'],
  })
  .refine((settings) => settings.position.kelly_risk_min <= settings.position.kelly_risk_max, {
    message: 'larger than position.kelly_risk_max',
    path: ['position', 'kelly_risk_min'],
  })
  .refine((settings) => settings.execution.slippage_bp_max < settings.risk.price_collar_bp, {
    message: 'not smaller than risk.price_collar_bp: every market entry would be refused',
    path: ['execution', 'slippage_bp_max'],
  })
  .refine((settings) => settings.exits.rr_default >= settings.exits.rr_min, {
    message: 'smaller than exits.rr_min: a mended trade would still be too poor',
    path: ['exits', 'rr_default'],
  })
  .describe('Settings of okx-stream-hunter');

/** Parsed, defaulted, frozen. */
export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
