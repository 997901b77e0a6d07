import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from './signing.ts';

test('the signature is that of the published example', () => {
  assert.equal(
    sign(
      'chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO',
      '2020-12-08T09:08:57.715Z',
      'GET',
      '/api/v5/account/balance',
    ),
    'PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=',
  );
});
