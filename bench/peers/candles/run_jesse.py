"""
jesse as a runner: `python run_jesse.py FOLDER jesse`. Its market order fills at the close of the candle that it was decided
on: here the open of the next one, since each opens where the last closed.
"""
import os
import tempfile

os.chdir(tempfile.mkdtemp())
import numpy as np
from jesse import research
from jesse.strategies import Strategy

from runner import MINUTE, handed, serve

candles, signals = handed()
START = candles[0, 0]
given = {START + signal["bar"] * MINUTE: signal for signal in signals}
# its columns: time, open, close, high, low, volume
rows = candles[:, [0, 1, 4, 2, 3, 5]].copy()


class Handed(Strategy):
    @property
    def signal(self):
        return given.get(self.current_candle[0])

    def should_long(self):
        return self.signal is not None and self.signal["long"]

    def should_short(self):
        return self.signal is not None and not self.signal["long"]

    def go_long(self):
        self.enter()

    def go_short(self):
        self.enter()

    def enter(self):
        signal = self.signal
        order = (1, self.price)
        if signal["long"]:
            self.buy = order
        else:
            self.sell = order
        self.stop_loss = 1, signal["stop"] / 10
        self.take_profit = 1, signal["target"] / 10

    def should_cancel_entry(self):
        return False


CONFIG = {
    "starting_balance": 1e9,
    "fee": 0.0005,
    "type": "futures",
    "futures_leverage": 1,
    "futures_leverage_mode": "cross",
    "exchange": "Binance Perpetual Futures",
    "warm_up_candles": 0,
}
EXCHANGE = CONFIG["exchange"]


def run():
    return research.backtest(
        CONFIG,
        [{"exchange": EXCHANGE, "strategy": Handed, "symbol": "BTC-USDT", "timeframe": "1m"}],
        [],
        {f"{EXCHANGE}-BTC-USDT": {"exchange": EXCHANGE, "symbol": "BTC-USDT", "candles": rows}},
        fast_mode=True,
    )["trades"]


def bar(at):
    return int((at - START) // MINUTE)


def trades_of(trades):
    return [
        [
            1 if t["type"] == "long" else -1,
            bar(t["opened_at"]),
            bar(t["closed_at"]) - 1,  # it stamps an exit at the end of its candle
            t["entry_price"],
            t["exit_price"],
            t["PNL"],
        ]
        for t in trades
    ]


serve(run, trades_of)
