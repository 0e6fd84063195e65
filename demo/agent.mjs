// The agent, which knows nothing but the URL of the app.  Every step says what
// the answer must be.  At the first answer that is different, the demo ends.

import { createHash, generateKeyPairSync, randomBytes, sign }
    from 'node:crypto';

import { Browser } from './browser.mjs';


const REDIRECT = 'http://127.0.0.1/agent';      // nobody listens there

const CODE = 'authorization_code';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';


// Goes through all steps and returns what somebody needs to go on by hand:
// { token, metadata }.  For its checks it also gets { account, reached }: the
// account that signs in, and a function that says how often the app was
// reached.

export async function play(story, app, { account, reached }) {
    const challenge = await askWithoutToken(story, app);
    const resource = await readResourceMetadata(story, app, challenge);
    const server = await readServerMetadata(story, resource);
    const client = await register(story, server, challenge.scope);
    const code = await authorize(story, server, client, resource, challenge);
    const token = await redeem(story, server, client, resource, code);

    story.check('requests that reached the app so far', reached(), 0);
    await askWithToken(story, app, token, account);
    await askForMore(story, app, token);
    await askWithForgery(story, app, 'a changed signature', flip(token));
    await askWithForgery(story, app, 'a signature by another key',
                         resign(token));
    story.check('requests that reached the app in all', reached(), 1);

    return { token, metadata: challenge.resource_metadata };
}


// The parameters of a challenge that starts with Bearer (RFC 6750 section 3).

export function parseChallenge(value) {
    const parameters = {};

    if (/^Bearer /i.test(value ?? '')) {
        for (const [, name, text] of
             value.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g))
        {
            parameters[name] = text;
        }
    }

    return parameters;
}


async function askWithoutToken(story, app) {
    story.step('Ask the app, without a token');

    const answer = await story.exchange({
        url: app,
        show: ['www-authenticate', 'content-type', 'cache-control'],
    });
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));

    story.check('status', answer.status, 401);
    story.check('WWW-Authenticate', answer.headers.get('www-authenticate'),
                /^Bearer /);
    story.check('resource_metadata in the challenge',
                challenge.resource_metadata, /^http/);
    story.check('scope in the challenge', challenge.scope, 'notes:read');
    story.check('error in the challenge', challenge.error, undefined);
    story.check('Content-Type', answer.headers.get('content-type'),
                /^application\/problem\+json/);
    story.check('Cache-Control', answer.headers.get('cache-control'),
                'no-store');
    story.check('status in the body', answer.json?.status, 401);
    story.check('resource_metadata in the body',
                answer.json?.resource_metadata, challenge.resource_metadata);
    story.check('how_to_authenticate in the body',
                answer.json?.how_to_authenticate,
                function aListOfSteps(steps) {
                    return Array.isArray(steps) && steps.length > 0;
                });
    story.means('The app was not reached. The challenge says where its '
                + 'metadata is and what to ask for.');

    return challenge;
}


async function readResourceMetadata(story, app, challenge) {
    story.step('Read the metadata of the app (RFC 9728)');

    const answer = await story.exchange({
        url: challenge.resource_metadata,
        show: ['content-type', 'cache-control'],
    });

    story.check('status', answer.status, 200);
    story.check('Content-Type', answer.headers.get('content-type'),
                /^application\/json/);
    story.check('resource', answer.json?.resource,
                function theAppOrAbove(url) {
                    return typeof url === 'string'
                           && (app === url || app.startsWith(`${url}/`));
                });
    story.check('authorization_servers', answer.json.authorization_servers,
                function oneOrMore(list) {
                    return Array.isArray(list) && list.length > 0;
                });
    story.check('scopes_supported', answer.json.scopes_supported,
                function hasWhatTheChallengeNames(list) {
                    return Array.isArray(list)
                           && challenge.scope.split(' ')
                               .every((scope) => list.includes(scope));
                });
    story.means('nginx wrote it from the configuration that it enforces. '
                + 'It names the authorization server.');

    return answer.json;
}


async function readServerMetadata(story, resource) {
    const [issuer] = resource.authorization_servers;

    story.step('Read the metadata of the authorization server (RFC 8414)');

    const answer = await story.exchange({
        url: `${issuer}/.well-known/oauth-authorization-server`,
        members: ['issuer', 'authorization_endpoint', 'token_endpoint',
                  'registration_endpoint', 'device_authorization_endpoint',
                  'code_challenge_methods_supported'],
    });

    story.check('status', answer.status, 200);
    story.check('issuer', answer.json?.issuer, issuer);
    story.means('From here to the token, nginx is not involved.');

    return answer.json;
}


async function register(story, server, scope) {
    story.step('Register with it (RFC 7591)');

    const answer = await story.exchange({
        method: 'POST',
        url: server.registration_endpoint,
        json: {
            client_name: 'agent',
            application_type: 'native',
            redirect_uris: [REDIRECT],
            grant_types: [CODE, DEVICE],
            response_types: ['code'],
            token_endpoint_auth_method: 'none',
            scope,
        },
        members: ['client_id', 'client_name', 'scope'],
    });

    story.check('status', answer.status, 201);
    story.check('client_id', answer.json?.client_id, /./);
    story.means('A client that nobody had to set up.');

    return answer.json.client_id;
}


// Returns { code, verifier }.

async function authorize(story, server, client, resource, challenge) {
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(8).toString('hex');
    const query = new URLSearchParams({
        response_type: 'code',
        client_id: client,
        redirect_uri: REDIRECT,
        scope: challenge.scope,
        resource: resource.resource,
        state,
        code_challenge: createHash('sha256').update(verifier)
            .digest('base64url'),
        code_challenge_method: 'S256',
    });

    story.step('Send the person to it (code flow, PKCE, RFC 8707)');

    for (const [name, value] of query) {
        story.say(`     ${name}=${value}`);
    }

    const browser = new Browser(({ method, url, status }) => {
        story.say(`   > ${method} ${url.split('?')[0]}`);
        story.say(`   < ${status}`);
    });
    const end = await browser.open(`${server.authorization_endpoint}?${query}`,
                                   REDIRECT);
    const answer = new URL(end.url).searchParams;

    story.check('error', answer.get('error'), null);
    story.check('state', answer.get('state'), state);
    story.check('iss', answer.get('iss'), server.issuer);
    story.check('code', answer.get('code'), /./);
    story.means('Signed in and agreed. This authorization server agrees to '
                + 'everything, so that no browser is needed.');

    return { code: answer.get('code'), verifier };
}


async function redeem(story, server, client, resource, { code, verifier }) {
    story.step('Get the token');

    const answer = await story.exchange({
        method: 'POST',
        url: server.token_endpoint,
        form: new URLSearchParams({
            grant_type: CODE,
            code,
            code_verifier: verifier,
            client_id: client,
            redirect_uri: REDIRECT,
            resource: resource.resource,
        }),
    });

    story.check('status', answer.status, 200);
    story.check('access_token', answer.json?.access_token,
                /^[\w-]+\.[\w-]+\.[\w-]+$/);

    const claims = part(answer.json.access_token, 1);

    story.say(`     the token says: ${JSON.stringify(claims)}`);
    story.check('aud of the token', claims.aud, resource.resource);
    story.means('Issued for this app alone (aud), and for what was asked '
                + '(scope).');

    return answer.json.access_token;
}


async function askWithToken(story, app, token, account) {
    story.step('Ask the app again, with the token');

    const answer = await story.exchange({
        url: app,
        headers: { Authorization: `Bearer ${token}`, 'X-User': 'root' },
    });

    story.check('status', answer.status, 200);
    story.check('X-User that the app saw', answer.json?.headers?.['x-user'],
                account);
    story.check('Authorization that the app saw',
                answer.json.headers.authorization, undefined);
    story.means(`The app knows that it is ${account}. The X-User that the `
                + 'agent made up is gone, and so is the token.');
}


async function askForMore(story, app, token) {
    story.step('Write, with a token that may only read');

    const answer = await story.exchange({
        method: 'POST',
        url: app,
        headers: { Authorization: `Bearer ${token}` },
        json: { text: 'buy milk' },
        show: ['www-authenticate'],
        members: ['status', 'title', 'detail', 'error', 'scope'],
    });
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));

    story.check('status', answer.status, 403);
    story.check('error in the challenge', challenge.error,
                'insufficient_scope');
    story.check('scope in the challenge', challenge.scope.split(' ').sort()
        .join(' '), 'notes:read notes:write');
    story.check('resource_metadata in the challenge',
                challenge.resource_metadata, /^http/);
    story.means('The challenge names every scope that this request needs: '
                + 'an agent can go and ask for them.');
}


// Asks with a token that is refused, and returns the challenge.

export async function askInVain(story, app, token) {
    const answer = await story.exchange({
        url: app,
        headers: { Authorization: `Bearer ${token}` },
        show: ['www-authenticate'],
        members: ['status', 'title', 'detail', 'error'],
    });
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));

    story.check('status', answer.status, 401);
    story.check('error in the challenge', challenge.error, 'invalid_token');

    return challenge;
}


async function askWithForgery(story, app, title, token) {
    story.step(`Ask with a forged token: ${title}`);

    const challenge = await askInVain(story, app, token);

    story.check('scope in the challenge', challenge.scope, 'notes:read');
    story.means('The app was not reached.');
}


function part(token, index) {
    return JSON.parse(Buffer.from(token.split('.')[index], 'base64url'));
}


// Changes one bit near the end of the signature, where a reader can see it.

function flip(token) {
    const [header, payload, signature] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');

    bytes[bytes.length - 2] ^= 1;

    return `${header}.${payload}.${bytes.toString('base64url')}`;
}


// The same header and claims, even the same key id, signed with the agent's own
// key.

function resign(token) {
    const signed = token.split('.').slice(0, 2).join('.');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signature = sign('sha256', Buffer.from(signed), {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
    });

    return `${signed}.${signature.toString('base64url')}`;
}
