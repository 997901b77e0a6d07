/** Loaded before every test: properties without a seed of their own draw the same cases on every run, here and in CI. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_122 });
