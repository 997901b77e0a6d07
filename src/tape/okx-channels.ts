/** What a channel carries, as far as a tape is concerned. */
export type ChannelKind = 'book' | 'trade' | 'candle' | 'mark' | 'funding' | 'other';

/** The channels that give a book, best first: a tape holds one book per instrument. */
export const BOOK_CHANNELS = ['books-l2-tbt', 'books', 'books50-l2-tbt', 'books5', 'bbo-tbt'];

export function channelKind(channel: string): ChannelKind {
  if (BOOK_CHANNELS.includes(channel)) return 'book';
  if (channel === 'trades') return 'trade';
  if (/^candle\d/.test(channel)) return 'candle';
  if (channel === 'mark-price') return 'mark';
  if (channel === 'funding-rate') return 'funding';
  return 'other';
}
