import { ASK, BID } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { STEP_MS } from '../crowd.ts';
import { ICEBERGS, Iceberg } from './icebergs.ts';
import { HonestLargeOrder, RequotingMaker } from './look-alikes.ts';
import { ParentOrder } from './parents.ts';
import type { Plant } from './plant.ts';
import { SPOOFS, Spoofer } from './spoofers.ts';
import type { Stage } from './stage.ts';
import { StopRun } from './stop-runs.ts';

/** Only a market with a few seconds behind it has extremes and queues to act on. */
const SETTLED_MS = 5000;

interface Seed {
  /** Chance in a step. */
  readonly chance: number;
  readonly plant: () => Plant;
}

/** Plants participants by chance, at the rates of the scenario, and lets them act. */
export class Planter {
  private readonly stage: Stage;
  private readonly seeds: readonly Seed[];
  private readonly chance: number;
  private plants: Plant[] = [];
  private begunAt = 0;

  constructor(stage: Stage, scenario: Scenario) {
    this.stage = stage;
    const { parents, icebergs, spoofers, stop_runs: stopRuns, look_alikes: lookAlikes } = scenario;
    const seed = (perHour: number, plant: () => Plant): Seed => ({
      chance: (perHour * STEP_MS) / 3_600_000,
      plant,
    });
    this.seeds = [
      seed(parents.per_hour, () => new ParentOrder(stage, parents)),
      ...ICEBERGS.map((way) => seed(icebergs[`${way}_per_hour`], () => new Iceberg(stage, way, icebergs))),
      ...SPOOFS.map((spoof) =>
        seed(spoofers[`${spoof}_per_hour`], () => new Spoofer(stage, spoof, spoofers)),
      ),
      seed(stopRuns.per_hour, () => new StopRun(stage, stopRuns)),
      seed(lookAlikes.honest_per_hour, () => new HonestLargeOrder(stage, lookAlikes)),
      seed(lookAlikes.requoting_per_hour, () => new RequotingMaker(stage, lookAlikes)),
    ].filter(({ chance }) => chance > 0);
    this.chance = this.seeds.reduce((sum, each) => sum + each.chance, 0);
  }

  step(now: number): void {
    const { stage } = this;
    if (this.begunAt === 0) this.begunAt = now;
    if (this.chance === 0) return;
    if (now % 1000 === 0) stage.remember();
    if (this.plants.length > 0) this.act();
    if (now - this.begunAt < SETTLED_MS || !stage.random.chance(this.chance)) return;
    if (Number.isNaN(stage.best(BID)) || Number.isNaN(stage.best(ASK))) return;
    let pick = stage.random.uniform() * this.chance;
    for (const { chance, plant } of this.seeds) {
      pick -= chance;
      if (pick >= 0) continue;
      this.plants.push(plant());
      return;
    }
  }

  finish(): void {
    for (const plant of this.plants) plant.end(false);
    this.plants = [];
  }

  private act(): void {
    const staying: Plant[] = [];
    for (const plant of this.plants)
      if (plant.step()) staying.push(plant);
      else plant.end(true);
    this.plants = staying;
  }
}
