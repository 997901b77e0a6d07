import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { loginRequest, sign, signedHeaders } from './sign.ts';

const credentials = {
  apiKey: 'key',
  secret: 'chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO',
  passphrase: 'phrase',
};

test('signs the known test vector', () => {
  assert.equal(
    sign(credentials.secret, '2020-12-08T09:08:57.715Z', 'GET', '/api/v5/account/balance', ''),
    'PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=',
  );
});

test('headers carry ISO time with milliseconds and the signature over it', () => {
  const now = Date.parse('2020-12-08T09:08:57.715Z');
  assert.deepEqual(signedHeaders(credentials, now, 'GET', '/api/v5/account/balance', ''), {
    'OK-ACCESS-KEY': 'key',
    'OK-ACCESS-SIGN': 'PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=',
    'OK-ACCESS-TIMESTAMP': '2020-12-08T09:08:57.715Z',
    'OK-ACCESS-PASSPHRASE': 'phrase',
  });
});

test('login is stamped in whole seconds', () => {
  const request = JSON.parse(loginRequest(credentials, 1_795_340_540_999));
  assert.deepEqual(request, {
    op: 'login',
    args: [
      {
        apiKey: 'key',
        passphrase: 'phrase',
        timestamp: '1795340540',
        sign: createHmac('sha256', credentials.secret)
          .update('1795340540GET/users/self/verify')
          .digest('base64'),
      },
    ],
  });
});
