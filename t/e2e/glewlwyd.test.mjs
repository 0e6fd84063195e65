// Tokens of glewlwyd, a real authorization server: its access tokens are JWTs,
// about which the module also asks it (RFC 7662), and they may be bound to a
// key (RFC 9449).

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';

import { skip, startGlewlwyd } from './glewlwyd.mjs';
import { INSECURE, ask, authentication, discover, ended, grant, introspect,
         refused, revoke, statusOf } from './requests.mjs';
import { freePort } from './programs.mjs';
import { newFolder, started } from './stack.mjs';
import { READ, proxy, startWorld } from './world.mjs';


const USER = 'alice';

// A secret that differs when it is form-encoded, as this server does not want
// it.

const SECRET = 's:e+c r%t/= of these tests';

const app = {
    client_id: 'app',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_post',
};

const gateway = { ...app, client_id: 'gateway' };

const issued = [];


if (skip) {
    test('glewlwyd', { skip }, () => {});

} else {
    await run();
}


async function run() {
    const folder = await newFolder('glewlwyd', { secret: SECRET });
    const port = await freePort();
    const open = `http://127.0.0.1:${port}`;
    const glewlwyd = await started(startGlewlwyd({
        folder, scope: READ, user: USER, clients: [app, gateway],
        resources: ['asked', 'basic', 'dpop'].map(
            (name) => `${open}/${name}`),
    }));
    const world = await started(startWorld({
        site: (self) => site(self, glewlwyd, folder, port) }));
    const as = await discover(glewlwyd.issuer, 'oidc');

    // The tokens of a user of the app, and those of the app itself.

    const signIn = async (url, DPoP) => keep(await tokens(as, app,
        'authorization_code', await glewlwyd.code(app, url), DPoP));
    const own = async (url) => keep(await grant(as, app,
        { scope: READ, resource: url }));


    test('an access token', async () => {
        const url = `${open}/asked`;
        const { access_token: token } = await signIn(url);
        const response = await ask(url, token);

        assert.equal(response.status, 200);
        assert.equal((await response.json()).headers['x-user'],
                     decodeJwt(token).sub);

        const forged = await new SignJWT(decodeJwt(token))
            .setProtectedHeader(decodeProtectedHeader(token))
            .sign(await world.as.foreignKey());

        await refused(ask(url, forged), 'invalid_token');
    });


    test('an access token of a client itself', async () => {
        const url = `${open}/asked`;
        const { access_token: token } = await own(url);
        const response = await ask(url, token);

        assert.equal(response.status, 200);
        assert.equal((await response.json()).headers['x-user'],
                     app.client_id);
    });


    test('what the server says about a token', async () => {
        const url = `${open}/asked`;
        const { access_token: token } = await signIn(url);
        const answer = await introspect(as, gateway, token);

        assert.equal(answer.active, true);
        assert.equal(answer.iss, undefined);
        assert.equal(answer.aud, url);
        assert.equal(answer.username, USER);
    });


    test('a token for another resource', async () => {
        const { access_token: token } = await signIn(`${open}/dpop`);

        await refused(ask(`${open}/asked`, token), 'invalid_token');
        assert.equal((await ask(`${open}/dpop`, token)).status, 200);
    });


    // With its credentials in the header, a client hears only of the tokens of
    // its users.

    test('client_auth basic_raw', async () => {
        const url = `${open}/basic`;
        const { access_token: token } = await signIn(url);
        const { access_token: another } = await own(url);

        assert.equal(await statusOf(`${url}/app`, token), 200);
        await refused(ask(`${url}/app`, another), 'invalid_token');
        await refused(ask(`${url}/gateway`, token), 'invalid_token');
        assert.equal(await statusOf(`${url}/post`, token), 200);
        assert.equal(await statusOf(`${url}/post`, another), 200);
        assert.equal(await statusOf(`${url}/encoded`, token), 503);
    });


    test('a token that was revoked', async () => {
        const url = `${open}/asked`;
        const { access_token: token } = await signIn(url);

        assert.equal((await ask(url, token)).status, 200);
        await revoke(as, app, token);
        await ended(url, token);
        assert.equal((await ask(`${url}/unasked`, token)).status, 200);
    });


    test('a token of another server', async () => {
        const url = `${open}/asked`;

        await refused(ask(url, await world.as.sign({ aud: url, scope: READ })),
                      'invalid_token');
    });


    // It is opaque, and the server says that it is active.

    test('a refresh token', async () => {
        const url = `${open}/asked`;
        const { refresh_token: token } = await signIn(url);

        await refused(ask(url, token), 'invalid_token');

        const answer = await introspect(as, gateway, token);

        assert.equal(answer.active, true);
        assert.equal(answer.token_type, 'refresh_token');

        const { access_token: next } = keep(await tokens(as, app,
            'refresh_token', { refresh_token: token }));

        assert.equal((await ask(url, next)).status, 200);
    });


    test('a token that is bound to a key', async () => {
        const url = `${open}/dpop`;
        const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
        const stranger = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
        const { access_token: token } = await signIn(url, DPoP);

        for (let i = 0; i < 2; i++) {
            const response = await ask(url, token, { DPoP });

            assert.equal(response.status, 200);
            assert.equal((await response.json()).headers['x-binding'], 'dpop');
        }

        await refused(ask(url, token, { DPoP: stranger }),
                      'invalid_dpop_proof');
        assert.equal(await statusOf(url, token), 401);
        assert.equal(await statusOf(url, token, 'DPoP'), 401);
    });


    test('the error log is clean', async () => {
        await world.checkLog({
            refused: ['bad_signature', 'wrong_audience', 'inactive',
                      'unknown_issuer', 'proof_other_key', 'no_proof',
                      'sender_constrained', 'introspection_unavailable'],
            secrets: [SECRET, ...issued],
        });
    });
}


function keep(answer) {
    issued.push(answer.access_token);

    if (answer.refresh_token) {
        issued.push(answer.refresh_token);
    }

    return answer;
}


async function tokens(as, client, type, parameters, DPoP) {
    const response = await oauth.genericTokenEndpointRequest(as, client,
        authentication(client), type, parameters, { ...INSECURE, DPoP });

    return await oauth.processGenericTokenEndpointResponse(as, client,
                                                           response);
}


function site(self, glewlwyd, folder, port) {
    const issuer = (name, more) => `
oauth_issuer ${name} {
    issuer ${glewlwyd.issuer};
    ${more}
}`;
    const asks = (client, auth) => `introspect always;
    introspection_cache 1s;
    client_id ${client.client_id};
    client_secret_file ${join(folder, 'secret')};
    client_auth ${auth};`;
    const location = (path, name, resource, more = '') => `
    location /${path} {
        oauth ${name};
        oauth_scope ${READ};
        oauth_resource http://127.0.0.1:${port}/${resource};
        oauth_header X-User sub;
        ${more}${proxy(self.app.url)}
    }`;

    return `${issuer('glewlwyd', asks(gateway, 'post'))}
${issuer('app', asks(app, 'basic_raw'))}
${issuer('gateway', asks(gateway, 'basic_raw'))}
${issuer('encoded', asks(app, 'basic'))}
${issuer('unasked', '')}

server {
    listen 127.0.0.1:${port};
${location('asked', 'glewlwyd', 'asked')}
${location('asked/unasked', 'unasked', 'asked')}
${location('basic/post', 'glewlwyd', 'basic')}
${location('basic/app', 'app', 'basic')}
${location('basic/gateway', 'gateway', 'basic')}
${location('basic/encoded', 'encoded', 'basic')}
${location('dpop', 'glewlwyd', 'dpop', `oauth_dpop optional;
        oauth_header X-Binding $oauth_binding;`)}
}
`;
}
