/**
 * The journal's tables, as steps from one schema version to the next: a step that was released is never edited, a
 * new one is added. Portable to PostgreSQL as it stands: BIGINT for times and numbers, TEXT for ids, money, prices
 * and sizes (decimal text, exact and independent of today's tick size), DOUBLE PRECISION for statistics, SMALLINT
 * for yes and no.
 *
 * Times: `_at` columns are µs of our clock, except `exchange_at` and `minute`, ms. `entry_id` counts the rows of a
 * table in the order in which they were written.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    session_id BIGINT PRIMARY KEY,
    mode TEXT NOT NULL,
    venue TEXT NOT NULL,
    symbols TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_how TEXT
  );

  CREATE TABLE orders (
    client_order_id TEXT PRIMARY KEY,
    order_number BIGINT,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    purpose TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    size TEXT NOT NULL,
    price TEXT NOT NULL,
    reduce_only SMALLINT NOT NULL,
    leverage DOUBLE PRECISION NOT NULL,
    take_profit TEXT NOT NULL,
    stop_loss TEXT NOT NULL,
    protection_id TEXT NOT NULL,
    intended_at BIGINT NOT NULL,
    venue_order_id TEXT NOT NULL,
    state TEXT NOT NULL,
    filled TEXT NOT NULL,
    reason TEXT NOT NULL,
    updated_at BIGINT NOT NULL
  );
  CREATE INDEX orders_by_number ON orders (order_number);
  CREATE INDEX orders_by_state ON orders (state);

  CREATE TABLE cancels (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    target TEXT NOT NULL,
    intended_at BIGINT NOT NULL
  );

  CREATE TABLE order_events (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    venue_order_id TEXT NOT NULL,
    state TEXT NOT NULL,
    filled TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_at BIGINT NOT NULL
  );
  CREATE INDEX order_events_by_order ON order_events (client_order_id, entry_id);

  CREATE TABLE fills (
    instrument TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    entry_id BIGINT NOT NULL UNIQUE,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    client_order_id TEXT NOT NULL,
    venue_order_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    exchange_at BIGINT NOT NULL,
    side TEXT NOT NULL,
    price TEXT NOT NULL,
    size TEXT NOT NULL,
    fee TEXT NOT NULL,
    maker SMALLINT NOT NULL,
    purpose TEXT NOT NULL,
    why TEXT NOT NULL,
    realized TEXT NOT NULL,
    position_after TEXT NOT NULL,
    PRIMARY KEY (instrument, trade_id)
  );
  CREATE INDEX fills_by_entry ON fills (instrument, entry_id);

  CREATE TABLE funding_payments (
    instrument TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    entry_id BIGINT NOT NULL UNIQUE,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    received_at BIGINT NOT NULL,
    exchange_at BIGINT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (instrument, payment_id)
  );

  CREATE TABLE decisions (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    direction TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    reasons TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    client_order_id TEXT NOT NULL
  );

  CREATE TABLE signals (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    sampled_at BIGINT NOT NULL,
    direction TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    readings TEXT NOT NULL
  );

  CREATE TABLE trades (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    direction TEXT NOT NULL,
    size TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    entry_price DOUBLE PRECISION NOT NULL,
    exit_price DOUBLE PRECISION NOT NULL,
    realized TEXT NOT NULL,
    fees TEXT NOT NULL,
    funding TEXT NOT NULL,
    exit_reason TEXT NOT NULL,
    client_order_id TEXT NOT NULL
  );

  CREATE TABLE equity (
    minute BIGINT PRIMARY KEY,
    equity DOUBLE PRECISION NOT NULL,
    drawdown DOUBLE PRECISION NOT NULL
  );

  CREATE TABLE venue_states (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL
  );
  `,
  // who proposed it (before there were strategies, everything came from the fused signal), and the kind of refusal
  `
  ALTER TABLE decisions ADD COLUMN proposer TEXT NOT NULL DEFAULT 'signal';
  ALTER TABLE decisions ADD COLUMN refusal TEXT NOT NULL DEFAULT '';
  `,
  // moves of standing take profit / stop loss pairs: what was asked, and where the venue said that they are
  `
  CREATE TABLE amends (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    protection_id TEXT NOT NULL,
    take_profit TEXT NOT NULL,
    stop_loss TEXT NOT NULL,
    cause TEXT NOT NULL,
    intended_at BIGINT NOT NULL
  );
  CREATE INDEX amends_by_protection ON amends (protection_id, entry_id);

  CREATE TABLE protection_events (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    protection_id TEXT NOT NULL,
    take_profit TEXT NOT NULL,
    stop_loss TEXT NOT NULL,
    refusal TEXT NOT NULL,
    received_at BIGINT NOT NULL
  );
  CREATE INDEX protection_events_by_protection ON protection_events (protection_id, entry_id);
  `,
  // empty: the settlement currency. Only those are added up
  `
  ALTER TABLE fills ADD COLUMN fee_currency TEXT NOT NULL DEFAULT '';
  `,
  // what liquidations took beyond the loss of their fills, or the venue's fund made up
  `
  CREATE TABLE settlements (
    instrument TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    entry_id BIGINT NOT NULL UNIQUE,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    received_at BIGINT NOT NULL,
    exchange_at BIGINT NOT NULL,
    trade_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (instrument, settlement_id)
  );
  `,
  // changes of resting orders: what was asked, and with the answers, how the venue said that they stand
  `
  CREATE TABLE order_amends (
    entry_id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES sessions (session_id),
    instrument TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    price TEXT NOT NULL,
    size TEXT NOT NULL,
    intended_at BIGINT NOT NULL
  );
  CREATE INDEX order_amends_by_order ON order_amends (client_order_id, entry_id);
  ALTER TABLE order_events ADD COLUMN amended_price TEXT NOT NULL DEFAULT '';
  ALTER TABLE order_events ADD COLUMN amended_size TEXT NOT NULL DEFAULT '';
  `,
];
