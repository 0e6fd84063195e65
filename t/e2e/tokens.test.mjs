// Tokens that are bound to a key (DPoP) or to a certificate, from a real
// authorization server to real clients: the libraries oauth4webapi and
// openid-client, both generations of the MCP client, and mcp-remote.  Clients
// that know nothing of DPoP get in where it is optional.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport }
    from '@modelcontextprotocol/sdk/client/stdio.js';
import { DpopSession } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { certificate, fetchBy } from './certificates.mjs';
import { Host, connect, whoami } from './mcp_client.mjs';
import { MCP_REMOTE, freePort, newHome } from './programs.mjs';
import * as requests from './requests.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT, READ, recorder, startWorld } from './world.mjs';


const { ask, discover, refused } = requests;

const SECRET = 'a secret for the client of these tests';

// The service is a client of its own account; the bound one has a certificate.

const service = {
    client_id: 'service',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: READ,
};

const bound = { ...service, client_id: 'bound-service',
                tls_client_certificate_bound_access_tokens: true };


const folder = await mkdtemp(join(tmpdir(), 'oauth-certificates-'));
const certificates = {};

for (const name of ['server', 'client', 'other']) {
    certificates[name] = await certificate(folder, name);
}

const plain = await freePort();
const tls = await freePort();
const open = `http://127.0.0.1:${plain}`;
const secure = `https://127.0.0.1:${tls}`;

const world = await startWorld({
    as: {
        clients: [service, bound],
        features: {
            clientCredentials: { enabled: true },
            dPoP: { enabled: true },
            mTLS: {
                enabled: true,
                certificateBoundAccessTokens: true,
                getCertificate: (ctx) => decodeURIComponent(
                    ctx.get('x-client-cert')) || undefined,
            },
        },
        discovery: {
            mtls_endpoint_aliases: { token_endpoint: `${secure}/token` },
        },
    },
    site,
});

for (const name of ['required', 'nonce', 'optional', 'mcp-optional']) {
    world.as.resources.add(`${open}/${name}`);
}

world.as.resources.add(`${secure}/notes`);

let as;

after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
});

before(async () => { as = await discover(world.as.issuer); });


for (const algorithm of ['ES256', 'Ed25519']) {
    test(`oauth4webapi: DPoP with ${algorithm}`, async () => {
        const DPoP = await handle(algorithm);
        const url = `${open}/required`;
        const token = await grant(url, service, { DPoP });

        assert.equal(token.token_type, 'dpop');

        for (let i = 0; i < 3; i++) {
            const response = await ask(url, token.access_token, { DPoP });

            assert.equal(response.status, 200);
            assert.equal((await response.json()).headers['x-user'],
                         service.client_id);
        }

        await refused(ask(url, token.access_token,
                          { DPoP: await handle(algorithm) }),
                      'invalid_dpop_proof');
        assert.equal((await fetch(url, { headers: {
            authorization: `Bearer ${token.access_token}`,
        } })).status, 401);
        assert.equal((await ask(url, token.access_token, { DPoP })).status,
                     200);
    });
}


test('a proof that was seen is not good again', async () => {
    const DPoP = await handle();
    const url = `${open}/required`;
    const token = await grant(url, service, { DPoP });
    let sent;

    const first = await ask(url, token.access_token, {
        DPoP,
        [oauth.customFetch]: (address, init) => {
            sent = { ...init };
            return fetch(address, init);
        },
    });

    assert.equal(first.status, 200);

    const second = await fetch(url, sent);

    assert.equal(second.status, 401);
    assert.match(second.headers.get('www-authenticate'),
                 /DPoP .*error="invalid_dpop_proof"/);
    assert.equal((await ask(url, token.access_token, { DPoP })).status, 200);
});


test('a token that is not bound is not good where DPoP is required',
    async () => {
        const url = `${open}/required`;
        const token = await grant(url, service);

        await refused(ask(url, token.access_token), 'invalid_token');

        const other = `${open}/optional`;
        const second = await grant(other, service);

        assert.equal((await ask(other, second.access_token)).status, 200);
    });


test('oauth4webapi: the nonce of a refusal is good for the next call',
    async () => {
        const DPoP = await handle();
        const url = `${open}/nonce`;
        const token = await grant(url, service, { DPoP });

        await refused(ask(url, token.access_token, { DPoP }),
                      'use_dpop_nonce');
        assert.equal((await ask(url, token.access_token, { DPoP })).status,
                     200);
    });


test('openid-client: DPoP, and a nonce that it learns on the way', async () => {
    const config = await openid.discovery(new URL(world.as.issuer),
        service.client_id, service, openid.ClientSecretPost(SECRET),
        { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' });
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const url = new URL(`${open}/nonce`);
    const token = await openid.clientCredentialsGrant(config,
        { resource: url.href, scope: READ }, { DPoP });
    const trace = [];

    config[openid.customFetch] = async (address, init) => {
        const response = await fetch(address, init);

        trace.push(response.status);

        return response;
    };

    for (let i = 0; i < 2; i++) {
        const response = await openid.fetchProtectedResource(config,
            token.access_token, url, 'GET', undefined, undefined, { DPoP });

        assert.equal(response.status, 200);
    }

    assert.deepEqual(trace, [401, 200, 200]);
});


test('oauth4webapi: a token that is bound to a certificate', async () => {
    const url = `${secure}/notes`;
    const token = await grant(url, bound, by('client'));

    assert.equal(token.token_type, 'bearer');

    const response = await ask(url, token.access_token, by('client'));

    assert.equal(response.status, 200);
    assert.equal((await response.json()).headers['x-user'], bound.client_id);

    await refused(ask(url, token.access_token, by('other')), 'invalid_token');
    await refused(ask(url, token.access_token, by()), 'invalid_token');
    assert.equal((await ask(url, token.access_token, by('client'))).status,
                 200);
});


test('openid-client: a token that is bound to a certificate', async () => {
    const config = await openid.discovery(new URL(world.as.issuer),
        bound.client_id, { ...bound, use_mtls_endpoint_aliases: true },
        openid.ClientSecretPost(SECRET),
        { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' });
    const url = new URL(`${secure}/notes`);
    const get = (accessToken) => openid.fetchProtectedResource(config,
        accessToken, url, 'GET');

    config[openid.customFetch] = fetchBy(certificates.client);

    const token = await openid.clientCredentialsGrant(config,
        { resource: url.href, scope: READ });

    assert.equal((await get(token.access_token)).status, 200);

    config[openid.customFetch] = fetchBy(certificates.other);
    await refused(get(token.access_token), 'invalid_token');
});


test('the metadata says what the resource accepts', async () => {
    const metadata = (base, name) => fetchBy()(
        `${base}/.well-known/oauth-protected-resource/${name}`, {})
        .then((response) => response.json());

    const required = await metadata(open, 'required');
    const optional = await metadata(open, 'optional');
    const notes = await metadata(secure, 'notes');

    assert.ok(required.dpop_signing_alg_values_supported.includes('ES256'));
    assert.equal(required.dpop_bound_access_tokens_required, true);
    assert.ok(optional.dpop_signing_alg_values_supported.includes('ES256'));
    assert.notEqual(optional.dpop_bound_access_tokens_required, true);
    assert.equal(notes.tls_client_certificate_bound_access_tokens, true);
    assert.equal(notes.dpop_signing_alg_values_supported, undefined);
});


test('MCP client v2: DPoP, from the URL to a tool call', async () => {
    const session = await DpopSession.create();
    const host = Object.assign(new Host(), { dpop: () => session });
    const record = recorder();
    const schemes = new Set();
    const client = await connect(v2, `${open}/mcp-optional`, host,
        (url, init) => {
            const { authorization } = Object.fromEntries(
                new Headers(init?.headers));

            if (String(url).startsWith(open) && authorization) {
                schemes.add(authorization.split(' ')[0]);
            }

            return record(url, init);
        });

    assert.deepEqual(await whoami(client), { user: ACCOUNT });
    await client.close();

    assert.deepEqual([...schemes], ['DPoP']);
});


for (const [name, sdk] of Object.entries({ v1, v2 })) {
    test(`MCP client ${name}: without DPoP, where it is optional`, async () => {
        const client = await connect(sdk, `${open}/mcp-optional`,
                                     new Host(), recorder());

        assert.deepEqual(await whoami(client), { user: ACCOUNT });
        await client.close();
    });
}


test('mcp-remote: without DPoP, where it is optional', async () => {
    const home = await newHome();
    const client = new Client({ name: 'host', version: '1.0.0' });

    try {
        await client.connect(new StdioClientTransport({
            command: process.execPath,
            args: [MCP_REMOTE, `${open}/mcp-optional`,
                   String(await freePort()), '--auth-timeout', '60'],
            env: home.env,
            cwd: home.folder,
            stderr: 'ignore',
        }), { timeout: 60_000 });

        assert.deepEqual(await whoami(client), { user: ACCOUNT });

    } finally {
        await client.close();
        await home.stop();
    }
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['proof_other_key', 'proof_replayed',
                                     'proof_nonce', 'not_bound',
                                     'wrong_certificate', 'no_certificate',
                                     'sender_constrained'] });
});


async function handle(algorithm = 'ES256') {
    return oauth.DPoP({}, await oauth.generateKeyPair(algorithm));
}


function by(name) {
    return { [oauth.customFetch]: fetchBy(certificates[name]) };
}


async function grant(resource, client, options) {
    return await requests.grant(as, client, { resource, scope: READ }, options);
}


// The token endpoint is also behind a server that asks for certificates.

function site(self) {
    const to = (where) => `
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass ${where};`;
    const location = (name, dpop, where) => `
    location /${name} {
        oauth e2e;
        oauth_resource ${open}/${name};
        oauth_scope ${READ};
        oauth_header X-User sub;
        oauth_dpop ${dpop};${to(where)}
    }`;

    return `
server {
    listen 127.0.0.1:${plain};
${location('required', 'required', self.app.url)}
${location('nonce', 'required nonce', self.app.url)}
${location('optional', 'optional', self.app.url)}
${location('mcp-optional', 'optional', self.mcp.url)}
}

server {
    listen 127.0.0.1:${tls} ssl;

    ssl_certificate ${join(folder, 'server.pem')};
    ssl_certificate_key ${join(folder, 'server.key')};
    ssl_verify_client optional_no_ca;

    location /notes {
        oauth e2e;
        oauth_resource ${secure}/notes;
        oauth_scope ${READ};
        oauth_header X-User sub;
        oauth_mtls required;${to(self.app.url)}
    }

    location = /token {
        proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
        proxy_pass ${self.as.issuer}/token;
    }
}
`;
}
