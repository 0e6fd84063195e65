// What the front of docs/agents/idp.md refuses: each bad request next to the
// same one that is good.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';

import { curl, inFront, skip } from './front.mjs';


const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const AGENT = 'http://127.0.0.1:4711/cb';
const LISTED = 'https://claude.ai/api/mcp/auth_callback';
const EVIL = 'https://evil.example/cb';

// What may not be taken for a loopback address, nor for one of the list.

const STRANGE = [
    EVIL, 'https://127.0.0.1/cb', 'http://127.0.0.2/cb', 'http://[::]/cb',
    'http://localhost.evil.example/cb', 'http://localhost@evil.example/cb',
    'http://127.0.0.1:80@evil.example/cb', 'http://127.0.0.1:1\\@evil.example',
    'http://127.0.0.1/cb#x', 'http://127.0.0.1/c b', 'http://127.0.0.1/cb\n',
    'http://127.0.0.1/cb\r\nX-Evil: 1', 'http://127.0.0.1\n/cb',
    `${EVIL}\nhttp://127.0.0.1/cb`, 'http://127.0.0.1:123456/cb',
    'HTTP://127.0.0.1/cb', ' http://127.0.0.1/cb', 'javascript:alert(1)',
    '//127.0.0.1/cb', '', `${LISTED}/`, `${LISTED}?x=1`, `${LISTED} ${EVIL}`,
    LISTED.replace('https', 'http'), LISTED.toUpperCase(),
];

const GOOD = [AGENT, 'http://localhost/', 'http://[::1]:1/a?b=c', LISTED,
              'http://127.0.0.1'];


if (skip) {
    test('what a front refuses', { skip }, () => {});

} else {
    const in_ = (name, body) => test(name, () =>
        inFront({ kind: 'okta', iss: true, change: unlimited }, body));

    in_('registration', registration);
    in_('authorization', authorization);
    in_('the page', page);
    in_('the answer of the IdP', callback);
    in_('tokens', tokens);
    in_('other methods, and agents in browsers', methods);
    test('bodies that nginx has written to a file', () => inFront({
        kind: 'okta', files: true, change: unlimited }, files));

    test('the cookie of an address with https', () => inFront({
        kind: 'okta', change: (text) => text.replace(
            /idp_issuer +\S+;/, 'idp_issuer https://app.test;'),
    }, secure));
    test('the IdP is not there', () => inFront({ kind: 'entra' }, outage));
    test('too many requests', () => inFront({
        kind: 'okta', change: (text) => text.replace('10r/s', '1r/m'),
    }, limit));
}


function unlimited(text) {
    return text.replace('rate=10r/s', 'rate=10000r/s');
}


async function registration({ base, client }) {
    const register = (body) => curl(`${base}/register`,
        '-H', 'Content-Type: application/json',
        '-d', typeof body === 'string' ? body : JSON.stringify(body));

    for (const uri of GOOD) {
        const { status, body } = await register({
            redirect_uris: [uri], client_name: 'any',
            token_endpoint_auth_method: 'client_secret_basic' });

        assert.equal(status, 201, uri);
        assert.equal(body.client_id, client);
        assert.deepEqual(body.redirect_uris, [uri]);
        assert.equal(body.token_endpoint_auth_method, 'none');
        assert.ok(!('client_secret' in body));
    }

    for (const redirects of [
        ...STRANGE.map((uri) => [uri]), [AGENT, EVIL], [], [null], [[AGENT]],
        { 0: AGENT, length: 1 }, AGENT, undefined, Array(21).fill(AGENT),
    ]) {
        const { status, body } = await register({ redirect_uris: redirects });

        assert.equal(status, 400, JSON.stringify(redirects));
        assert.equal(body.error, 'invalid_redirect_uri');
    }

    for (const text of ['', '{', 'null', '7', '"a"', '{"redirect_uris":']) {
        const { status, body } = await register(text);

        assert.equal(status, 400, text);
        assert.equal(body.error, 'invalid_client_metadata');
    }

    assert.equal((await register(`{"a":"${'x'.repeat(17000)}"}`)).status, 413);
}


// The parameters of a good request; those that are undefined are left out.

function parameters({ client, nginx, scope }, changes) {
    const all = {
        response_type: 'code', client_id: client, redirect_uri: AGENT,
        state: 'mine', scope, code_challenge: CHALLENGE,
        code_challenge_method: 'S256', resource: nginx.url, ...changes,
    };

    return new URLSearchParams(Object.entries(all)
        .filter(([, value]) => value !== undefined));
}


function agree(front, changes, origin = front.nginx.url) {
    return curl(`${front.base}/authorize`,
                ...origin ? ['-H', `Origin: ${origin}`] : [],
                '-d', String(parameters(front, changes)));
}


// Errors about the client and its address are shown to the person; others go
// to the agent.

async function authorization(front) {
    for (const uri of GOOD) {
        const { status, headers } = await agree(front, { redirect_uri: uri });

        assert.equal(status, 303, uri);
        assert.ok(headers.location.startsWith(front.idp.url('authorize')));
    }

    for (const changes of [
        ...STRANGE.map((uri) => ({ redirect_uri: uri })),
        { redirect_uri: undefined }, { client_id: 'other' },
        { client_id: undefined }, { client_id: '' },
    ]) {
        const { status, headers } = await agree(front, changes);

        assert.equal(status, 400, JSON.stringify(changes));
        assert.equal(headers.location, undefined);
        assert.equal(headers['x-evil'], undefined);
    }

    for (const [error, changes] of [
        ['unsupported_response_type', { response_type: 'token' }],
        ['unsupported_response_type', { response_type: undefined }],
        ['invalid_request', { code_challenge: undefined }],
        ['invalid_request', { code_challenge: 'short' }],
        ['invalid_request', { code_challenge: `${CHALLENGE}\n` }],
        ['invalid_request', { code_challenge_method: 'plain' }],
        ['invalid_request', { code_challenge_method: undefined }],
        ['invalid_target', { resource: undefined }],
        ['invalid_target', { resource: 'https://evil.example/mcp' }],
        ['invalid_target', { resource: `${front.nginx.url}0` }],
        ['invalid_target', { resource: `${front.nginx.url}@evil.example` }],
        ...['/ is safe. Click', '/#mcp', '/\u202e', '/\n', '/\u00fc'].map((end) =>
            ['invalid_target', { resource: front.nginx.url + end }]),
        ['invalid_scope', { scope: `${front.scope} admin` }],
    ]) {
        const { status, headers } = await agree(front, changes);
        const to = new URL(headers.location);

        assert.equal(status, 303, error);
        assert.equal(to.origin + to.pathname, AGENT);
        assert.equal(to.searchParams.get('error'), error,
                     JSON.stringify(changes));
        assert.equal(to.searchParams.get('state'), 'mine');
        assert.equal(to.searchParams.get('iss'), front.nginx.url);
    }

    // a parameter twice, malformed ones, and what is not passed on

    const twice = async (more) => (await curl(
        `${front.base}/authorize?${parameters(front)}&${more}`));

    assert.equal((await twice(`client_id=${front.client}`)).status, 400);
    assert.equal((await twice(`redirect_uri=${AGENT}`)).status, 400);
    assert.match((await twice('scope=a')).headers.location, /invalid_request/);
    assert.match((await twice('resource=https://evil.example')).headers.location,
                 /invalid_target/);
    assert.equal((await twice('a=%zz')).status, 400);
    assert.equal((await twice('__proto__=a&constructor=b')).status, 200);

    const { headers } = await agree(front, {
        response_mode: 'fragment', request_uri: 'https://evil.example',
        request: 'e30.e30.', audience: 'https://other', login_hint: 'alice',
        resource: `${front.nginx.url}/` });
    const passed = new URL(headers.location).searchParams;

    assert.deepEqual([...passed.keys()].sort(), [
        'client_id', 'code_challenge', 'code_challenge_method', 'login_hint',
        'redirect_uri', 'response_type', 'scope', 'state']);
    assert.equal(passed.get('redirect_uri'), `${front.base}/callback`);
}


// Nothing is forwarded before the person has agreed, on this very page.

async function page(front) {
    const at = (changes) =>
        curl(`${front.base}/authorize?${parameters(front, changes)}`);
    const { status, headers, body } = await at({ state: '"><b>\'&' });

    assert.equal(status, 200);
    assert.equal(headers.location, undefined);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.ok(body.includes(
        'A program on this computer (http://127.0.0.1:4711)'));
    assert.ok(body.includes('&quot;&gt;&lt;b&gt;&#39;&amp;'));
    assert.ok(!body.includes('<b>'));
    assert.match((await at({ redirect_uri: LISTED })).body,
                 /The agent at https:\/\/claude\.ai\/api\/mcp\/auth_callback/);

    for (const origin of ['', 'null', 'https://evil.example',
                          `${front.nginx.url}.evil.example`])
    {
        assert.equal((await agree(front, {}, origin)).status, 403, origin);
    }

    assert.deepEqual(front.idp.requests.filter(({ path }) =>
        path.endsWith('/authorize')), []);
}


// The answer is forwarded only in the browser in which the person has agreed.

async function callback(front) {
    const { status: agreed, headers: sent } = await agree(front, {});
    const state = new URL(sent.location).searchParams.get('state');
    const [cookie, ...attributes] = sent['set-cookie'].split('; ');
    const [, , nonce] = JSON.parse(Buffer.from(state, 'base64url'));
    const pack = (value) =>
        Buffer.from(JSON.stringify(value)).toString('base64url');
    const at = (fields, cookies = `a=b; ${cookie}; c=d`) =>
        curl(`${front.base}/callback?${new URLSearchParams(fields)}`,
             '-H', `Cookie: ${cookies}`);
    const good = { code: 'a', state, iss: front.idp.issuer };

    assert.equal(agreed, 303);
    assert.equal(cookie, `idp_${nonce}=1`);
    assert.deepEqual(attributes, ['Path=/', 'HttpOnly', 'SameSite=Lax',
                                  'Max-Age=600']);

    const { status, headers } = await at({ ...good, session_state: 'b' });

    assert.equal(status, 302);
    assert.equal(headers.location, `${AGENT}?code=a&state=mine&iss=`
                 + encodeURIComponent(front.nginx.url));
    assert.match(headers['set-cookie'], /Max-Age=0$/);
    assert.match((await at({ state, error: 'access_denied' })).headers.location,
                 /\?error=access_denied&state=mine&iss=/);

    const zeros = '0'.repeat(32);

    for (const [fields, ...cookies] of [
        [good, ''], [good, `idp_${zeros}=1`], [good, `${cookie}1`],
        [good, `x${cookie}`], [good, 'idp_=1'],
        [{ code: 'a' }], [{ code: 'a', state: '' }], [{ code: 'a', state: 'x' }],
        [{ code: 'a', state: pack([AGENT, 'mine', zeros]) }],
        [{ code: 'a', state: pack([AGENT, 'mine', '']) }, 'idp_=1'],
        [{ code: 'a', state: pack([AGENT, 'mine', 'a']) }, 'idp_a=1'],
        ...[...STRANGE.map((uri) => [uri, 'mine', nonce]), null, {}, AGENT, 7,
            [AGENT], [AGENT, 'mine'], [AGENT, 1, nonce], [[AGENT], '', nonce],
            [AGENT, '', nonce, ''], [AGENT, '', [nonce]]].map((value) =>
            [{ code: 'a', state: pack(value) }]),
        [{ ...good, iss: front.nginx.url }],
        [{ ...good, iss: 'https://evil.example' }],
    ]) {
        const { status: refused, headers: none } = await at(fields, ...cookies);

        assert.equal(refused, 400, JSON.stringify([fields, cookies]));
        assert.equal(none.location, undefined);
        assert.equal(none['set-cookie'], undefined);
    }
}


// With https the cookie has a prefix that keeps other hosts from setting it.

async function secure(front) {
    const { status, headers } = await agree(front, {}, 'https://app.test');

    assert.equal(status, 303);
    assert.match(headers['set-cookie'],
                 /^__Host-idp_[0-9a-f]{32}=1; Path=\/; .*; Secure$/);
}


async function tokens({ base, client, nginx, idp, scope }) {
    const exchange = { grant_type: 'authorization_code', client_id: client,
                       code: 'a', code_verifier: 'b', redirect_uri: AGENT };
    const refresh = { grant_type: 'refresh_token', client_id: client,
                      refresh_token: 'a' };
    const at = async (fields, ...more) => {
        const { status, body } = await curl(`${base}/token`, ...more, '-d',
            String(new URLSearchParams(Object.entries(fields)
                .filter(([, value]) => value !== undefined))));

        return `${status} ${body.error}`;
    };

    assert.equal(await at(exchange), '400 invalid_grant');
    assert.equal(await at(refresh), '400 invalid_grant');
    assert.equal(await at({ ...exchange, resource: `${nginx.url}/mcp` }),
                 '400 invalid_grant');
    assert.equal(await at({ ...refresh, scope: `${scope} offline_access` }),
                 '400 invalid_grant');
    assert.equal(idp.asked('token').length, 4);

    for (const [error, fields, ...more] of [
        ['401 invalid_client', { ...exchange, client_id: 'other' }],
        ['401 invalid_client', { ...exchange, client_id: undefined }],
        ['401 invalid_client', { ...exchange, client_secret: 'a' }],
        ['401 invalid_client', { ...exchange, client_assertion: 'a' }],
        ['401 invalid_client', exchange, '-u', `${client}:a`],
        ['400 invalid_target', { ...exchange, resource: EVIL }],
        ['400 invalid_target', { ...refresh, resource: EVIL }],
        ['400 invalid_scope', { ...exchange, scope: 'admin' }],
        ['400 invalid_scope', { ...refresh, scope: `${scope} admin` }],
        ['400 invalid_scope', { ...refresh, scope: 'openid' }],
        ['400 invalid_request', { ...exchange, code_verifier: undefined }],
        ['400 invalid_request', { ...exchange, code: undefined }],
        ['400 invalid_request', { ...exchange, redirect_uri: undefined }],
        ['400 invalid_request', { ...exchange, redirect_uri: EVIL }],
        ['400 invalid_request', { ...refresh, refresh_token: undefined }],
        ['400 unsupported_grant_type', { ...refresh, grant_type: undefined }],
        ...['client_credentials', 'password',
            'urn:ietf:params:oauth:grant-type:device_code'].map((type) =>
            ['400 unsupported_grant_type', { ...refresh, grant_type: type }]),
        ['400 invalid_request', exchange, '-d', 'code=b'],
        ['400 invalid_request', exchange, '-d', 'a=%zz'],
    ]) {
        assert.equal(await at(fields, ...more), error,
                     JSON.stringify([fields, more]));
    }

    assert.equal(idp.asked('token').length, 4);
    assert.equal((await curl(`${base}/their_token`, '-d', 'a=b')).status, 404);
}


async function methods({ base, nginx }) {
    const metadata = `${nginx.url}/.well-known/oauth-authorization-server`;

    for (const [url, good, bad] of [[metadata, 'GET', 'POST'],
                                    [`${base}/register`, 'POST', 'GET'],
                                    [`${base}/token`, 'POST', 'GET']])
    {
        const { status, headers } = await curl(url, '-X', bad);

        assert.equal(status, 405, url);
        assert.match(headers.allow, new RegExp(`^${good},`));

        const preflight = await curl(url, '-X', 'OPTIONS');

        assert.equal(preflight.status, 204);
        assert.equal(preflight.headers['access-control-allow-origin'], '*');
        assert.match(preflight.headers['access-control-allow-methods'],
                     new RegExp(good));
    }

    assert.equal((await curl(`${base}/authorize`, '-X', 'PUT')).status, 405);
    assert.equal((await curl(metadata)).headers['access-control-allow-origin'],
                 '*');
}


// njs 0.7.9 reads no body from a file.  nginx writes one there that comes in very
// many pieces, since their frames count for the buffer, too.

async function files(front) {
    const send = (path, body) => new Promise((resolve, reject) => {
        const call = request(`${front.base}/${path}`, { method: 'POST',
            headers: { Origin: front.nginx.url } }, (response) => {
            response.resume();
            resolve(response.statusCode);
        });

        call.on('error', reject);

        for (const byte of body) {
            call.write(byte);
        }

        call.end();
    });
    const good = String(parameters(front));
    const long = `&x=${'y'.repeat(6000)}`;

    assert.equal(await send('authorize', good), 303);
    assert.equal(await send('authorize', long), 400);
    assert.equal(await send('token', good + long), 400);
    assert.equal(await send('register', long), 400);
    assert.match(await front.nginx.log(), /buffered to a temporary file/);
}


// An agent that is told 503 keeps its refresh token.

async function outage({ base, client, idp }) {
    const at = () => curl(`${base}/token`, '-d', 'grant_type=refresh_token',
                          '-d', 'refresh_token=a', '-d', `client_id=${client}`);

    assert.equal((await at()).status, 400);

    idp.broken = true;

    const odd = await at();

    await idp.stop();

    for (const { status, headers, body } of [odd, await at()]) {
        assert.equal(status, 503);
        assert.equal(headers['retry-after'], '5');
        assert.equal(body.error, 'temporarily_unavailable');
        assert.doesNotMatch(JSON.stringify(body), /html/);
    }
}


async function limit({ base }) {
    for (let i = 0; i < 21; i++) {
        assert.equal((await curl(`${base}/register`, '-d', '{}')).status, 400);
    }

    assert.equal((await curl(`${base}/register`, '-d', '{}')).status, 429);
}
