"""
freqtrade as a runner: `python run_freqtrade.py FOLDER freqtrade`. Its exchange asks the network for its markets before it
starts; here the one market is told from a dict, as its own tests do it. What is timed is what its command does for one
strategy once the candles are loaded.
"""
import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.resolvers import ExchangeResolver

from runner import MINUTE, handed, serve

logging.disable(logging.INFO)
candles, signals = handed()
START = candles[0, 0]
PAIR = "BTC/USDT:USDT"
FEE = 0.0005

frame = pd.DataFrame(candles[:, 1:], columns=["open", "high", "low", "close", "volume"])
frame.insert(0, "date", pd.to_datetime(candles[:, 0], unit="ms", utc=True))

data = Path(tempfile.mkdtemp())
config = {
    "runmode": RunMode.BACKTEST,
    "dry_run": True,
    "dry_run_wallet": 1e9,
    "trading_mode": "futures",
    "margin_mode": "isolated",
    "stake_currency": "USDT",
    "stake_amount": 100_000,
    "max_open_trades": 1,
    "timeframe": "1m",
    "fee": FEE,
    "exchange": {"name": "okx", "pair_whitelist": [PAIR], "pair_blacklist": []},
    "pairlists": [{"method": "StaticPairList"}],
    "entry_pricing": {"price_side": "other", "use_order_book": False},
    "exit_pricing": {"price_side": "other", "use_order_book": False},
    "strategy": "Handed",
    "strategy_path": str(Path(__file__).parent / "freqtrade_strategies"),
    "user_data_dir": data,
    "datadir": data,
    "dataformat_ohlcv": "feather",
    "export": "none",
    "handed": signals,
    "handed_at": {
        datetime.fromtimestamp((START + (signal["bar"] + 1) * MINUTE) / 1000, UTC): signal for signal in signals
    },
}

exchange = ExchangeResolver.load_exchange(config, validate=False)
exchange._markets = {
    PAIR: {
        "id": "BTC-USDT-SWAP",
        "symbol": PAIR,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "active": True,
        "type": "swap",
        "spot": False,
        "swap": True,
        "linear": True,
        "inverse": False,
        "contract": True,
        "contractSize": 1,
        "precision": {"amount": 1, "price": 0.1},
        "limits": {"amount": {"min": 1, "max": None}, "cost": {"min": None, "max": None}, "leverage": {"max": 1}},
        "taker": FEE,
        "maker": FEE,
        "info": {},
    }
}
exchange._leverage_tiers[PAIR] = [
    {"minNotional": 0, "maxNotional": 1e9, "maintenanceMarginRate": 0.005, "maxLeverage": 1, "maintAmt": None}
]

backtesting = Backtesting(config, exchange)
strategy = backtesting.strategylist[0]
backtesting.available_pairs = [PAIR]
# nobody pays funding here
backtesting.futures_data = {PAIR: pd.DataFrame()}
backtesting.funding_fee_timeframe_secs = 8 * 3600


def run():
    backtesting.backtest_one_strategy(strategy, {PAIR: frame.copy()}, TimeRange())
    return backtesting.all_bt_content[strategy.get_strategy_name()]["results"]


def bar(at):
    return int((at.timestamp() * 1000 - START) // MINUTE)


def trades_of(trades):
    return [
        [-1 if t.is_short else 1, bar(t.open_date), bar(t.close_date), t.open_rate, t.close_rate, t.profit_abs]
        for t in trades.itertuples()
    ]


serve(run, trades_of)
