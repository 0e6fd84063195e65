// The strictest client we know: it parses the challenge by RFC 9110, and it
// accepts metadata only of the exact resource (RFC 9728 section 3.3).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { Browser } from '../../demo/browser.mjs';
import { ACCOUNT, READ, WRITE, expired, startWorld } from './world.mjs';


const REDIRECT = 'http://127.0.0.1/callback';
const INSECURE = { [oauth.allowInsecureRequests]: true };

const METADATA = 'GET /.well-known/oauth-protected-resource';

const world = await startWorld({ workers: 1 });

let token;

after(() => world.stop());

before(async () => { token = await signIn(READ); });


test('the challenge of a request without token', async () => {
    const withoutToken = (url, { headers, ...init }) => fetch(url, init);
    const [challenge, ...others] = await challengesOf(
        oauth.protectedResourceRequest('none', 'GET', new URL(world.notesUrl),
            undefined, undefined, {
                ...INSECURE,
                [oauth.customFetch]: withoutToken,
            }), 401);

    assert.deepEqual(others, []);
    assert.equal(challenge.scheme, 'bearer');
    assert.deepEqual({ ...challenge.parameters }, {
        resource_metadata: `${world.nginx.url}/.well-known/`
                           + 'oauth-protected-resource/notes',
        scope: READ,
    });
});


test('a token from the metadata, registration and code flow', async () => {
    const response = await ask('GET', token);
    const seen = await response.json();

    assert.equal(response.status, 200);
    assert.equal(seen.headers['x-user'], ACCOUNT);
    assert.equal(seen.headers.authorization, undefined);
});


test('a scope that is missing', async () => {
    const [challenge] = await challengesOf(ask('POST', token), 403);

    assert.equal(challenge.scheme, 'bearer');
    assert.equal(challenge.parameters.error, 'insufficient_scope');
    assert.deepEqual(challenge.parameters.scope.split(' ').sort(),
                     [READ, WRITE]);
    assert.match(challenge.parameters.resource_metadata, /\/notes$/);
});


test('a token with that scope', async () => {
    const response = await ask('POST', await signIn(`${READ} ${WRITE}`));

    assert.equal(response.status, 200);
    assert.equal((await response.json()).headers['x-user'], ACCOUNT);
});


test('a token of another key', async () => {
    const forged = await world.as.sign(
        { aud: world.notesUrl, scope: `${READ} ${WRITE}` },
        { key: await world.as.foreignKey() });
    const [challenge] = await challengesOf(ask('GET', forged), 401);

    assert.equal(challenge.parameters.error, 'invalid_token');
    assert.match(challenge.parameters.resource_metadata, /\/notes$/);
    assert.equal(challenge.parameters.scope, READ);
});


test('a token for another resource', async () => {
    const claims = { scope: READ };
    const good = await world.as.sign({ ...claims, aud: world.notesUrl });
    const other = await world.as.sign({ ...claims, aud: world.mcpUrl });

    assert.equal((await ask('GET', good)).status, 200);

    const [challenge] = await challengesOf(ask('GET', other), 401);

    assert.equal(challenge.parameters.error, 'invalid_token');
});


test('the metadata is of the exact resource', async () => {
    for (const url of [world.notesUrl, world.mcpUrl]) {
        const { resource } = await discover(url);

        assert.equal(resource.resource, url);
        assert.deepEqual(resource.authorization_servers, [world.as.issuer]);
        assert.deepEqual(resource.bearer_methods_supported, ['header']);
    }

    const { resource } = await discover(world.notesUrl);

    assert.deepEqual(resource.scopes_supported.sort(), [READ, WRITE]);

    await assert.rejects(discover(`${world.notesUrl}/other`));
});


test('faults end where they are found', async () => {
    const before = (await world.accesses()).length;
    const asked = world.asked().length;

    await assert.rejects(discover(world.astrayUrl),
                         /unexpected HTTP status code/);
    assert.deepEqual((await world.accesses()).slice(before),
                     [`${METADATA}/astray 404`]);

    for (const aud of [world.mcpUrl, 'https://elsewhere.example/']) {
        await challengesOf(ask('GET', await world.as.sign({ aud,
                                                            scope: READ })),
                           401);
    }

    await challengesOf(ask('GET', await expired(world, world.notesUrl)), 401);
    await world.as.stop();
    await assert.rejects(discover(world.notesUrl), /fetch failed/);
    await world.as.start();

    assert.deepEqual((await world.accesses()).slice(before + 1), [
        'GET /notes 401', 'GET /notes 401', 'GET /notes 401',
        `${METADATA}/notes 200`]);
    assert.equal(world.asked().length, asked);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['no_token', 'bad_signature',
                                     'wrong_audience',
                                     'insufficient_scope'] });
});


async function ask(method, accessToken) {
    return await oauth.protectedResourceRequest(accessToken, method,
        new URL(world.notesUrl), undefined,
        method === 'POST' ? 'a note' : undefined, INSECURE);
}


// The challenges that the library finds in an answer that it takes for an
// error.

async function challengesOf(promise, status) {
    try {
        await promise;

    } catch (error) {
        assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
        assert.equal(error.status, status);
        return error.cause;
    }

    assert.fail('no challenge');
}


async function discover(url) {
    const identifier = new URL(url);
    const resource = await oauth.processResourceDiscoveryResponse(identifier,
        await oauth.resourceDiscoveryRequest(identifier, INSECURE));
    const issuer = new URL(resource.authorization_servers[0]);
    const as = await oauth.processDiscoveryResponse(issuer,
        await oauth.discoveryRequest(issuer, { ...INSECURE,
                                               algorithm: 'oauth2' }));

    return { resource, as };
}


async function signIn(scope) {
    const { resource, as } = await discover(world.notesUrl);
    const client = await oauth.processDynamicClientRegistrationResponse(
        await oauth.dynamicClientRegistrationRequest(as, {
            client_name: 'end-to-end test',
            application_type: 'native',
            redirect_uris: [REDIRECT],
            token_endpoint_auth_method: 'none',
            scope,
        }, INSECURE));
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const query = new URLSearchParams({
        response_type: 'code',
        client_id: client.client_id,
        redirect_uri: REDIRECT,
        scope,
        state,
        resource: resource.resource,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
    });
    const end = await new Browser()
        .open(`${as.authorization_endpoint}?${query}`, REDIRECT);
    const callback = oauth.validateAuthResponse(as, client, new URL(end.url),
                                                state);
    const result = await oauth.processAuthorizationCodeResponse(as, client,
        await oauth.authorizationCodeGrantRequest(as, client, oauth.None(),
            callback, REDIRECT, verifier, {
                ...INSECURE,
                additionalParameters: { resource: resource.resource },
            }));

    return result.access_token;
}
