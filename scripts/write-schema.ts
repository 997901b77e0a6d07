/** Writes the published JSON Schema and a commented settings file from the one schema: `npx node scripts/write-schema.ts`. */
import { writeFileSync } from 'node:fs';
import { settingsJsonSchema, settingsTemplate } from '../src/config/publish.ts';

writeFileSync('config/settings.schema.json', settingsJsonSchema());
writeFileSync('config/settings.yaml', settingsTemplate());
