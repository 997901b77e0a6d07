"""vectorbt as a runner: `python run_vectorbt.py FOLDER vectorbt`. Numba compiles before the clock runs."""
import numpy as np
import pandas as pd
import vectorbt as vbt

from runner import handed, serve

candles, signals = handed()
index = pd.to_datetime(candles[:, 0], unit="ms")
open_, high, low, close = (pd.Series(candles[:, i], index=index) for i in range(1, 5))
longs = np.zeros(len(candles), dtype=bool)
shorts = np.zeros(len(candles), dtype=bool)
stops = np.full(len(candles), np.nan)
targets = np.full(len(candles), np.nan)
for signal in signals:
    # it knows no "at the next open": the signal stands on that candle, its stop and target are shares of the entry
    at = signal["bar"] + 1
    entry = candles[at, 1]
    (longs if signal["long"] else shorts)[at] = True
    stops[at] = abs(signal["stop"] / 10 - entry) / entry
    targets[at] = abs(signal["target"] / 10 - entry) / entry


def run():
    portfolio = vbt.Portfolio.from_signals(
        close, entries=longs, short_entries=shorts, open=open_, high=high, low=low, price=open_,
        size=1, fees=0.0005, init_cash=1e9, sl_stop=stops, tp_stop=targets, stop_entry_price="fillprice", freq="1min",
    )
    return portfolio.trades.records


def trades_of(records):
    return [
        [1 if t.direction == 0 else -1, int(t.entry_idx), int(t.exit_idx), t.entry_price, t.exit_price, t.pnl]
        for t in records.itertuples()
        if t.status == 1
    ]


serve(run, trades_of)
