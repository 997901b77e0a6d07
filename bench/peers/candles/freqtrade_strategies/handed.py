"""What freqtrade's resolver loads by its name: enters where it is told, with an absolute stop and target."""
from freqtrade.strategy import IStrategy

TICK = 0.1


class Handed(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    can_short = True
    process_only_new_candles = True
    use_exit_signal = False
    minimal_roi = {"0": 100}
    # until the entry is filled; no signal's own is farther away
    stoploss = -0.1
    use_custom_stoploss = True
    use_custom_roi = True
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def populate_indicators(self, frame, metadata):
        return frame

    def populate_entry_trend(self, frame, metadata):
        # told after the close of a candle, filled at the open of the next
        for column, is_long in (("enter_long", True), ("enter_short", False)):
            frame[column] = 0
            bars = [signal["bar"] for signal in self.config["handed"] if signal["long"] == is_long]
            frame.iloc[bars, frame.columns.get_loc(column)] = 1
        return frame

    def populate_exit_trend(self, frame, metadata):
        frame["exit_long"] = frame["exit_short"] = 0
        return frame

    def custom_stake_amount(self, current_rate, **_):
        return current_rate  # one coin

    def custom_stoploss(self, trade, current_rate, after_fill, **_):
        """Once, at the fill. It rounds towards the entry: half a tick from the other side comes out at the tick."""
        if not after_fill:
            return None
        stop = self.signal(trade)["stop"] * TICK
        return (abs(stop - current_rate) + TICK / 2) / current_rate

    def custom_roi(self, trade, **_):
        return trade.calc_profit_ratio(self.signal(trade)["target"] * TICK)

    def signal(self, trade):
        return self.config["handed_at"][trade.open_date_utc]
