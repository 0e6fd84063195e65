// The recipe of docs/agents/idp.md: agents, and company IdPs that they cannot
// use as they are.  Without the recipe each client fails, for the reason for
// which it fails at the real IdP; with it, each gets in and refreshes its token.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Browser } from '../../demo/browser.mjs';
import { KINDS, curl, inFront, skip } from './front.mjs';
import { API } from './idp.mjs';
import { Host, REDIRECT, connect, registeredClient, whoami }
    from './mcp_client.mjs';
import { ask } from './mcp_remote.mjs';
import { newHome, run } from './programs.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT } from './world.mjs';


const CHECK = fileURLToPath(new URL('../../tools/oauth-check',
                                    import.meta.url));
const SDKS = { 'version 1': v1, 'version 2': v2 };

const IN_SCOPE = {
    entra: `api://${API}/Notes.Read offline_access`,
    okta: 'notes:read offline_access',
    auth0: 'notes:read offline_access',
};


if (skip) {
    test('a front for an IdP', { skip }, () => {});

} else {
    for (const kind of KINDS) {
        withoutFront(kind);
        withFront(kind);
    }

    issuers();
}


// Somebody has registered the client by hand, and the agent has its ID.

function byHand({ idp, client }) {
    return new Host({ issuer: idp.issuer,
                      client: { ...registeredClient(), client_id: client } });
}


function withoutFront(kind) {
    const options = { kind, front: false, redirects: [REDIRECT] };

    for (const [name, sdk] of Object.entries(SDKS)) {
        test(`${kind} itself: ${name} cannot register`, () =>
            inFront(options, async ({ url, idp }) => {
                await assert.rejects(connect(sdk, url, new Host(), fetch),
                    kind === 'entra' ? /does not support dynamic/
                                     : /AccessDenied|rejected|403/);
                assert.deepEqual(idp.asked('authorize'), []);
            }, ['no_token']));
    }

    test(`${kind} itself: mcp-remote cannot register`, () =>
        inFront(options, async ({ url, idp }) => {
            const home = await newHome();

            try {
                const { failure, output } = await ask(home, url);

                assert.ok(failure, output);
                assert.match(output, /Fatal error: .*(regist|AccessDenied)/i);
                assert.deepEqual(await home.opened(), []);
                assert.deepEqual(idp.asked('token'), []);

            } finally {
                await home.stop();
            }
        }, ['no_token']));

    // The ID alone is enough at Okta only.

    test(`${kind} itself: with a client ID`, () =>
        inFront(options, async (front) => {
            const { url, idp } = front;

            if (kind === 'okta') {
                const client = await connect(v2, url, byHand(front), fetch);

                assert.equal((await whoami(client)).user, ACCOUNT);
                await client.close();
                return;
            }

            await assert.rejects(connect(v2, url, byHand(front), fetch));

            assert.ok(idp.asked('authorize').length > 0);
            assert.equal(idp.asked('token').length > 0, kind === 'auth0');
        }, { entra: ['no_token'], okta: ['no_token'],
             auth0: ['malformed_token'] }[kind]));
}


for (const front of [false, true]) {
    test(`what oauth-check finds: a front ${front}`, { skip }, () =>
        inFront({ kind: 'entra', front }, async ({ url }) => {
            const { status, stdout } = await run(CHECK, [url],
                                                 { env: process.env });

            assert.equal(status, front ? 0 : 1, stdout);
            assert.equal(stdout.includes('no_registration'), !front);
        }, ['no_token']));
}


test('entra itself refuses resource at both endpoints', { skip }, () =>
    inFront({ kind: 'entra', redirects: [REDIRECT] },
            async ({ client, idp }) => {
        const asked = { client_id: client, redirect_uri: REDIRECT,
                        scope: `api://${API}/Notes.Read`, state: 'a' };
        const at = (more) => curl(`${idp.url('authorize')}?`
            + new URLSearchParams({ ...asked, ...more }));
        const resource = 'https://app.example.com';

        assert.equal((await at({})).status, 302);
        assert.match((await at({ resource })).body, /AADSTS9010010/);
        assert.match((await at({ scope: 'Notes.Read' })).body, /AADSTS650053/);
        
        const { body } = await curl(idp.url('token'),
                                    '-d', `resource=${resource}`);

        assert.match(body.error_description, /AADSTS9010010/);
    }));


function withFront(kind) {
    for (const [name, sdk] of Object.entries(SDKS)) {
        test(`${kind} with a front: ${name}`, () =>
            inFront({ kind }, async (front) => {
                const host = new Host();
                const call = async () => {
                    const client = await connect(sdk, front.url, host, fetch);

                    assert.equal((await whoami(client)).user, ACCOUNT);
                    await client.close();
                };

                await call();
                checkAsked(front, kind);
                assert.equal(host.asked[0].resource, front.nginx.url);

                host.saveTokens({ ...host.tokens(),
                                  access_token: await front.idp.expired() });
                await call();
                checkRefreshed(front);
                assert.equal(host.asked.length, 1);
            }, ['no_token', 'expired']));
    }

    test(`${kind} with a front: mcp-remote`, () =>
        inFront({ kind }, async (front) => {
            const home = await newHome();
            const call = async () => {
                const { user, output } = await ask(home, front.url);

                assert.equal(user, ACCOUNT, output);
            };

            try {
                await call();
                checkAsked(front, kind);
                assert.ok(await home.replace(front.idp.issued.at(-1),
                                             await front.idp.expired()));
                await call();
                checkRefreshed(front);
                assert.equal((await home.opened()).length, 1);

            } finally {
                await home.stop();
            }
        }, ['no_token', 'expired']));

    test(`${kind} with a front: curl`, () =>
        inFront({ kind }, (front) => byCurl(front, kind), ['no_token']));
}


// What reached the IdP: its own client, no "resource", its own names.

function checkAsked({ idp, nginx, client }, kind) {
    const [asked] = idp.asked('authorize');
    const [form] = idp.asked('token');

    assert.equal(asked.client_id, client);
    assert.equal(asked.scope, IN_SCOPE[kind]);
    assert.equal(asked.audience, kind === 'auth0' ? nginx.url : undefined);
    assert.equal(asked.redirect_uri, `${nginx.url}/idp/callback`);
    assert.equal(form.redirect_uri, asked.redirect_uri);
    assert.ok(asked.code_challenge && form.code_verifier);
    assert.ok(!('resource' in asked) && !('resource' in form));
}


function checkRefreshed({ idp }) {
    const [, form, ...others] = idp.asked('token');

    assert.equal(form.grant_type, 'refresh_token');
    assert.ok(!('resource' in form));
    assert.deepEqual(others, []);
    assert.equal(idp.asked('authorize').length, 1);
}


// Each step as a person would do it who reads the documents.

async function byCurl({ url, nginx, client, scope, idp }, kind) {
    const get = async (...args) => (await curl(...args)).body;
    const refused = (await curl(url)).headers['www-authenticate'];
    const [, document] = refused.match(/resource_metadata="([^"]+)"/);
    const [issuer] = (await get(document)).authorization_servers;
    const server = await get(`${issuer}/.well-known/oauth-authorization-server`);

    assert.equal(issuer, nginx.url);
    assert.equal(server.issuer, issuer);
    assert.deepEqual(await get(`${issuer}/.well-known/openid-configuration`),
                     server);

    const redirect = 'http://127.0.0.1:4711/';
    const registered = await get(server.registration_endpoint,
        '-H', 'Content-Type: application/json',
        '-d', JSON.stringify({ redirect_uris: [redirect], scope }));

    assert.equal(registered.client_id, client);
    assert.equal(registered.client_secret, undefined);

    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
        response_type: 'code', client_id: client, state: 'a state', scope,
        redirect_uri: redirect, resource: nginx.url,
        code_challenge: createHash('sha256').update(verifier)
            .digest('base64url'),
        code_challenge_method: 'S256',
    });
    const end = await new Browser().open(
        `${server.authorization_endpoint}?${query}`, redirect);
    const answer = new URL(end.url).searchParams;

    assert.equal(answer.get('state'), 'a state');
    assert.equal(answer.get('iss'), issuer);

    const token = (fields) => curl(server.token_endpoint,
        ...Object.entries({ client_id: client, ...fields }).flatMap((pair) =>
            ['--data-urlencode', pair.join('=')]));
    const exchange = {
        grant_type: 'authorization_code', code: answer.get('code'),
        redirect_uri: redirect, code_verifier: verifier, resource: nginx.url,
    };
    const error = async (fields) => (await token(fields)).body.error;

    assert.equal(await error({ ...exchange, code_verifier: `${verifier}x` }),
                 'invalid_grant');

    const { headers, body: granted } = await token(exchange);

    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(await error(exchange), 'invalid_grant');

    const { body: refreshed } = await token({
        grant_type: 'refresh_token', refresh_token: granted.refresh_token,
        scope });

    assert.equal(idp.asked('token').at(-1).scope,
                 IN_SCOPE[kind].replace(' offline_access', ''));

    for (const { access_token: good } of [granted, refreshed]) {
        const { status } = await curl(url, '-H', 'Content-Type: text/plain',
            '-H', `Authorization: Bearer ${good}`, '-d', '');

        assert.notEqual(status, 401);
    }
}


// An IdP may name itself in its answer (RFC 9207).  If the answer goes to the
// agent directly, the agent sees another name than that of the front.

function issuers() {
    const direct = (text) => text.replace(/idp_callback +on/,
                                          'idp_callback off');

    const cases = [
        // callback, the IdP names itself, version 1, version 2
        ['on', false, true, true],
        ['on', true, true, true],
        ['off', false, true, true],
        ['off', true, true, false],
    ];

    for (const [callback, iss, ...good] of cases) {
        for (const [i, [name, sdk]] of Object.entries(SDKS).entries()) {
            test(`callback ${callback}, iss ${iss}: ${name}`, () => inFront({
                kind: 'okta', iss,
                ...callback === 'off' && { change: direct,
                                           redirects: [REDIRECT] },
            }, async ({ url, nginx, idp }) => {
                const host = new Host();
                const connected = connect(sdk, url, host, fetch);

                if (good[i]) {
                    await (await connected).close();
                } else {
                    await assert.rejects(connected, /[Ii]ssuer mismatch/);
                }

                assert.equal(host.callback.get('iss'),
                    callback === 'on' ? nginx.url : iss ? idp.issuer : null);
                assert.equal(idp.asked('token').length, good[i] ? 1 : 0);
            }));
        }
    }
}
