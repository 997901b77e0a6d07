/** Lv1 swap rates, decimal text; positive is a cost (the wire prints them negative). */
export const MAKER_RATE = '0.0002';
export const TAKER_RATE = '0.0005';
