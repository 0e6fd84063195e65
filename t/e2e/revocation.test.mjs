// Revocation by those who do it in real life: an authorization server that
// sends logout tokens (oidc-provider), and a client that gives up its token
// (RFC 7009, by oauth4webapi).  A running event stream ends with its token.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { freePort } from './programs.mjs';
import { INSECURE, statusOf } from './requests.mjs';
import { READ, proxy, startWorld } from './world.mjs';


const SESSION = 'session-of-the-test';

const folder = await mkdtemp(join(tmpdir(), 'oauth-revocation-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;

await chmod(folder, 0o777);

// The server signs out a client, which is nginx to it, by subject or by session.

const client = {
    client_secret: 'a secret that nobody needs here',
    redirect_uris: ['https://app.example.com/callback'],
    id_token_signed_response_alg: 'ES256',
    backchannel_logout_uri: `${url}/logout`,
};

const bySubject = { ...client, client_id: 'by-subject' };
const bySession = { ...client, client_id: 'by-session',
                    backchannel_logout_session_required: true };

const world = await startWorld({
    as: {
        clients: [bySubject, bySession],
        features: { backchannelLogout: { enabled: true } },
    },
    site: (self) => `
oauth_revocation_store ${folder} size=8m;

oauth_issuer login { issuer ${self.as.issuer}; }

server {
    listen 127.0.0.1:${port};

    location /notes {
        oauth login;
        oauth_resource ${url};
        oauth_scope ${READ};
        oauth_session_recheck 500ms;${proxy(self.app.url)}
    }

    location = /logout {
        oauth_revoke logout;
        oauth_revocation_audience ${bySubject.client_id} ${bySession.client_id};
    }

    location = /revoke {
        oauth_revoke token;
    }
}
`,
});

after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
});


// A token of a minute ago: a logout ends tokens up to a few seconds from now.

async function token(claims) {
    const now = Math.floor(Date.now() / 1000);

    return await world.as.sign({ aud: url, scope: READ, iat: now - 60,
                                 ...claims });
}


async function status(accessToken) {
    return await statusOf(`${url}/notes`, accessToken);
}


test('a logout token by subject', async () => {
    const [victim, witness] = [await token({ sub: 'mallory' }),
                               await token({ sub: 'trent' })];

    assert.equal(await status(victim), 200);

    const stream = await fetch(`${url}/notes/events`, {
        headers: { authorization: `Bearer ${victim}` },
    });
    const reader = stream.body.getReader();

    assert.equal(stream.status, 200);
    assert.match(new TextDecoder().decode((await reader.read()).value),
                 /^data: /);

    await world.as.logout(bySubject.client_id, 'mallory');

    assert.equal(await status(victim), 401);
    assert.equal(await status(witness), 200);
    await assert.rejects(async () => {
        while (!(await reader.read()).done) { /* more events */ }
    });
});


test('a logout token by session', async () => {
    const [victim, witness] = [await token({ sub: 'peggy', sid: SESSION }),
                               await token({ sub: 'peggy', sid: 'another' })];

    assert.equal(await status(victim), 200);

    await world.as.logout(bySession.client_id, 'peggy', SESSION);

    assert.equal(await status(victim), 401);
    assert.equal(await status(witness), 200);
});


test('a logout token for another client', async () => {
    const victim = await token({ sub: 'victor' });

    await assert.rejects(world.as.logout(bySubject.client_id, 'victor',
                                         undefined, 'another-client'),
                         /got: 400/);
    assert.equal(await status(victim), 200);
});


test('a client gives up its token', async () => {
    const [victim, witness] = [await token({ sub: 'walter' }),
                               await token({ sub: 'walter' })];
    const server = { issuer: world.as.issuer,
                     revocation_endpoint: `${url}/revoke` };

    assert.equal(await status(victim), 200);

    await oauth.processRevocationResponse(await oauth.revocationRequest(server,
        { client_id: 'agent' }, oauth.None(), victim, INSECURE));

    assert.equal(await status(victim), 401);
    assert.equal(await status(witness), 200);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['revoked'],
                           secrets: ['mallory', 'peggy', 'walter', SESSION] });
});
