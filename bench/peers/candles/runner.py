"""The manners of a runner, as runner.ts says them."""
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

FOLDER = Path(sys.argv[1])
MINUTE = 60_000


def handed():
    """Candles as rows of [ts, open, high, low, close, volume], and the signals."""
    candles = np.fromfile(FOLDER / "candles.bin").reshape(-1, 6)
    signals = json.loads((FOLDER / "signals.json").read_text())
    return candles, signals


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def serve(run, trades_of):
    name = sys.argv[-1]
    (FOLDER / f"{name}.json").write_text(json.dumps(trades_of(run())))
    print("ready", flush=True)
    for _ in sys.stdin:
        before, started = cpu(), time.perf_counter()
        run()
        wall, used = time.perf_counter() - started, cpu() - before
        print(json.dumps({"cpu": used, "wall": wall}), flush=True)
