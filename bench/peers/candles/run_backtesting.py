"""backtesting.py as a runner: `python run_backtesting.py FOLDER backtesting.py`."""
import warnings

import pandas as pd
from backtesting import Backtest, Strategy

from runner import handed, serve

warnings.filterwarnings("ignore")
candles, signals = handed()
frame = pd.DataFrame(
    candles[:, 1:], columns=["Open", "High", "Low", "Close", "Volume"], index=pd.to_datetime(candles[:, 0], unit="ms")
)
given = {signal["bar"]: signal for signal in signals}


class Handed(Strategy):
    def init(self):
        pass

    def next(self):
        signal = given.get(len(self.data) - 1)
        if signal is not None:
            send = self.buy if signal["long"] else self.sell
            send(size=1, sl=signal["stop"] / 10, tp=signal["target"] / 10)


backtest = Backtest(frame, Handed, cash=1e9, commission=0.0005)


def run():
    return backtest.run()._trades


def trades_of(trades):
    return [
        [1 if t.Size > 0 else -1, int(t.EntryBar), int(t.ExitBar), t.EntryPrice, t.ExitPrice, t.PnL]
        for t in trades.itertuples()
    ]


serve(run, trades_of)
