/** Writes `config/scenarios/btc-like.yaml` from the schema's defaults: `npx node scripts/write-scenario.ts`. */
import { writeFileSync } from 'node:fs';
import { scenarioTemplate } from '../src/exchange/scenarios/publish.ts';

writeFileSync('config/scenarios/btc-like.yaml', scenarioTemplate());
