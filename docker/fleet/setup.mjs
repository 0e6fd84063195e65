// Makes what the containers of the fleet share: the key of the fleet, the bus's
// configuration with its user, the key that signs tokens, and a token that is
// good for an hour, of a person who was never revoked.  A real fleet has an
// authorization server in place of the last two.
//
// node docker/fleet/setup.mjs folder

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';


const folder = process.argv[2];
const password = randomBytes(32).toString('hex');
const { privateKey, publicKey } = generateKeyPairSync('ec',
                                                      { namedCurve: 'P-256' });

write('fleet.key', `${randomBytes(32).toString('base64')}\n`);
write('bus.password', `${password}\n`);

// The bus runs as another user, so these two have nothing that is secret.

write('bus.conf', `bind 127.0.0.1
port 16379
maxmemory 64mb
maxmemory-policy noeviction
save ""
aclfile ${join(folder, 'users.acl')}
`, 0o644);

write('users.acl', `user default off
user nginx on #${sha256(password)} ~oauth:revocations \
~oauth:revocations:heartbeats resetchannels \
-@all +xadd +xtrim +xread +xinfo|stream +info
`, 0o644);

write('jwks.json', JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'demo' }],
}), 0o644);
write('token', token());


function write(name, text, mode = 0o600) {
    writeFileSync(join(folder, name), text, { mode });
}


function sha256(text) {
    return createHash('sha256').update(text).digest('hex');
}


function token() {
    const now = Math.floor(Date.now() / 1000);
    const text = [
        { alg: 'ES256', typ: 'at+jwt', kid: 'demo' },
        { iss: 'https://login.example.com', aud: 'http://fleet.example.com',
          sub: `alice-${randomBytes(4).toString('hex')}`, iat: now - 10,
          client_id: 'coding-agent', exp: now + 3600 },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');

    return `${text}.${sign('sha256', Buffer.from(text), {
        key: privateKey, dsaEncoding: 'ieee-p1363',
    }).toString('base64url')}`;
}
