// Opaque tokens of a real authorization server, about which the module asks the
// server (RFC 7662): plain ones, and those that are bound to a key or to a
// certificate.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { DpopSession } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';

import { certificate, fetchBy } from './certificates.mjs';
import { Host, connect, whoami } from './mcp_client.mjs';
import { freePort } from './programs.mjs';
import * as requests from './requests.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT, READ, recorder, startWorld } from './world.mjs';


const { ask, discover, ended, refused, revoke } = requests;

// A secret that differs when it is form-encoded, as this server wants it.

const SECRET = 's:e+c r%t/= of these tests';

const service = {
    client_id: 'service',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: READ,
};

const bound = { ...service, client_id: 'bound-service',
                tls_client_certificate_bound_access_tokens: true };
const gateway = { ...service, client_id: 'gateway' };

// What nginx is where it signs an assertion (RFC 7523).

const signers = {
    RS256: signer('RS256', 'rsa', { modulusLength: 2048 },
                  ({ e, kty, n }) => ({ e, kty, n })),
    ES256: signer('ES256', 'ec', { namedCurve: 'P-256' },
                  ({ crv, kty, x, y }) => ({ crv, kty, x, y })),
};


const folder = await mkdtemp(join(tmpdir(), 'oauth-opaque-'));
const certificates = {};

for (const name of ['server', 'client', 'other']) {
    certificates[name] = await certificate(folder, name);
}

await writeFile(join(folder, 'secret'), SECRET, { mode: 0o600 });

for (const [name, { pem }] of Object.entries(signers)) {
    await writeFile(join(folder, name), pem, { mode: 0o600 });
}

const plain = await freePort();
const tls = await freePort();
const open = `http://127.0.0.1:${plain}`;
const secure = `https://127.0.0.1:${tls}`;

const world = await startWorld({
    as: {
        clients: [service, bound, gateway,
                  ...Object.values(signers).map(({ client }) => client)],
        opaque: () => true,
        features: {
            clientCredentials: { enabled: true },
            introspection: { enabled: true },
            revocation: { enabled: true },
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

for (const name of ['notes', 'mcp-opaque', 'impostor',
                    ...Object.keys(signers)]) {
    world.as.resources.add(`${open}/${name}`);
}

world.as.resources.add(`${secure}/bound`);

let as;

after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
});

before(async () => { as = await discover(world.as.issuer); });


test('an opaque token', async () => {
    const url = `${open}/notes`;
    const { access_token: token } = await grant(url, service);

    assert.ok(!token.includes('.'), token);

    const response = await ask(url, token);

    assert.equal(response.status, 200);
    assert.equal((await response.json()).headers['x-client'],
                 service.client_id);
    await refused(ask(url, `${token}x`), 'invalid_token');
});


test('a token for another resource', async () => {
    const { access_token: token } = await grant(`${open}/mcp-opaque`, service);

    await refused(ask(`${open}/notes`, token), 'invalid_token');
});


test('a token that was revoked', async () => {
    const url = `${open}/notes`;
    const { access_token: token } = await grant(url, service);

    assert.equal((await ask(url, token)).status, 200);

    await revoke(as, service, token);
    await ended(url, token);
});


for (const name of Object.keys(signers)) {
    test(`nginx authenticates by private_key_jwt with ${name}`, async () => {
        const url = `${open}/${name}`;
        const { access_token: token } = await grant(url, service);

        assert.equal((await ask(url, token)).status, 200);
        await refused(ask(url, `${token}x`), 'invalid_token');
    });
}


test('nginx has the key of another client', async () => {
    const url = `${open}/impostor`;
    const { access_token: token } = await grant(url, service);
    const response = await ask(url, token);

    assert.equal(response.status, 503);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    assert.equal(response.headers.get('www-authenticate'), null);
});


test('a token that is bound to a key', async () => {
    const url = `${open}/notes`;
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
    const { access_token: token } = await grant(url, service, { DPoP });

    assert.equal((await ask(url, token, { DPoP })).status, 200);
    assert.equal((await ask(url, token, { DPoP })).status, 200);
    assert.equal((await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
    })).status, 401);
});


test('a token that is bound to a certificate', async () => {
    const url = `${secure}/bound`;
    const { access_token: token } = await grant(url, bound, by('client'));

    assert.equal((await ask(url, token, by('client'))).status, 200);
    await refused(ask(url, token, by('other')), 'invalid_token');
    await refused(ask(url, token, by()), 'invalid_token');
});


for (const [name, sdk] of Object.entries({ v1, v2 })) {
    test(`MCP client ${name}: from the URL to a tool call`, async () => {
        const client = await connect(sdk, `${open}/mcp-opaque`, new Host(),
                                     recorder());

        assert.deepEqual(await whoami(client), { user: ACCOUNT });
        await client.close();
    });
}


test('MCP client v2: with DPoP', async () => {
    const session = await DpopSession.create();
    const host = Object.assign(new Host(), { dpop: () => session });
    const client = await connect(v2, `${open}/mcp-opaque`, host, recorder());

    assert.deepEqual(await whoami(client), { user: ACCOUNT });
    await client.close();
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['inactive', 'wrong_audience',
                                     'sender_constrained',
                                     'wrong_certificate', 'no_certificate',
                                     'introspection_unavailable'] });

    const log = await world.nginx.log();

    assert.ok(world.as.issued.length > 0);
    assert.ok(!log.includes(SECRET), 'the secret is in the error log');

    for (const token of world.as.issued) {
        assert.ok(!log.includes(token), 'a token is in the error log');
    }
});


// A client whose key has its thumbprint (RFC 7638) as its name, as nginx names
// its own; required are the members that a thumbprint is made of.

function signer(alg, type, options, required) {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    const jwk = required(publicKey.export({ format: 'jwk' }));
    const kid = createHash('sha256').update(JSON.stringify(jwk))
        .digest('base64url');

    const { client_secret: _, ...metadata } = service;

    return {
        pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        client: {
            ...metadata,
            client_id: `gateway-${alg}`,
            token_endpoint_auth_method: 'private_key_jwt',
            token_endpoint_auth_signing_alg: alg,
            jwks: { keys: [{ ...jwk, alg, kid, use: 'sig' }] },
        },
    };
}


function by(name) {
    return { [oauth.customFetch]: fetchBy(certificates[name]) };
}


async function grant(resource, client, options) {
    return await requests.grant(as, client, { resource, scope: READ }, options);
}


// A token of the client itself has no subject, so that its name is forwarded.

function site(self) {
    const to = (where) => `
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass ${where};`;

    const clients = [
        ...Object.entries(signers).map(([name, { client }]) =>
            [name, client.client_id, name]),
        ['impostor', signers.RS256.client.client_id, 'ES256'],
    ];

    const signing = clients.map(([name, id, key]) => ({
        issuer: `
oauth_issuer ${name} {
    issuer ${self.as.issuer};
    introspect opaque;
    client_id ${id};
    client_key_file ${join(folder, key)};
}`,
        location: `
    location /${name} {
        oauth ${name};
        oauth_scope ${READ};
        oauth_resource ${open}/${name};${to(self.app.url)}
    }`,
    }));

    return `
${signing.map(({ issuer }) => issuer).join('')}

oauth_issuer opaque {
    issuer ${self.as.issuer};
    introspect opaque;
    introspection_cache 1s;
    client_id ${gateway.client_id};
    client_secret_file ${join(folder, 'secret')};
}

server {
    listen 127.0.0.1:${plain};

    oauth_dpop optional;

    location /notes {
        oauth opaque;
        oauth_scope ${READ};
        oauth_resource ${open}/notes;
        oauth_header X-Client client_id;${to(self.app.url)}
    }

    ${signing.map(({ location }) => location).join('')}

    location /mcp-opaque {
        oauth opaque;
        oauth_scope ${READ};
        oauth_resource ${open}/mcp-opaque;
        oauth_header X-User sub;${to(self.mcp.url)}
    }
}

server {
    listen 127.0.0.1:${tls} ssl;

    ssl_certificate ${join(folder, 'server.pem')};
    ssl_certificate_key ${join(folder, 'server.key')};
    ssl_verify_client optional_no_ca;

    location /bound {
        oauth opaque;
        oauth_resource ${secure}/bound;
        oauth_scope ${READ};
        oauth_mtls required;${to(self.app.url)}
    }

    location = /token {
        proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
        proxy_pass ${self.as.issuer}/token;
    }
}
`;
}
