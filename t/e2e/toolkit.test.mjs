// Opaque tokens of Django OAuth Toolkit, about which the module asks it
// (RFC 7662).  Its answers say little: neither who has issued the token, nor
// for whom it is.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { freePort } from './programs.mjs';
import { INSECURE, ask, authentication, discover, ended, grant, introspect,
         refused, revoke, statusOf } from './requests.mjs';
import { newFolder, started } from './stack.mjs';
import { skip, startToolkit } from './toolkit.mjs';
import { READ, proxy, startWorld } from './world.mjs';


// A secret that differs when it is form-encoded, as this server wants it.

const SECRET = 's:e+c r%t/= of these tests';
const USER = { name: 'alice', password: 'a password of these tests' };

const service = {
    client_id: 'service',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_basic',
    grant: 'client-credentials',
};

const gateway = { ...service, client_id: 'gateway' };
const people = { ...service, client_id: 'people', grant: 'password' };

const foreign = {
    client_id: 'foreign-service',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: READ,
};

const issued = [];


if (skip) {
    test('Django OAuth Toolkit', { skip }, () => {});

} else {
    await run();
}


async function run() {
    const folder = await newFolder('toolkit', { secret: SECRET });
    const port = await freePort();
    const open = `http://127.0.0.1:${port}`;
    const { as } = await started(startToolkit({
        folder, scopes: [READ], user: USER,
        clients: [service, gateway, people],
    }));
    const world = await started(startWorld({
        as: {
            clients: [foreign],
            opaque: () => true,
            features: { clientCredentials: { enabled: true },
                        introspection: { enabled: true } },
        },
        site: (self) => site(self, as, folder, port),
    }));

    const own = async () => {
        const { access_token: token } = await grant(as, service,
                                                    { scope: READ });

        issued.push(token);

        return token;
    };


    test('an access token', async () => {
        const url = `${open}/notes`;
        const token = await own();
        const response = await ask(url, token);

        assert.equal(response.status, 200);
        assert.equal((await response.json()).headers['x-client'],
                     service.client_id);
        await refused(ask(url, `${token}x`), 'invalid_token');
    });


    test('what the server says about a token', async () => {
        const token = await own();
        const answer = await introspect(as, gateway, token);

        assert.equal(answer.active, true);
        assert.equal(answer.client_id, service.client_id);

        for (const name of ['iss', 'aud', 'sub', 'token_type']) {
            assert.equal(answer[name], undefined, name);
        }
    });


    test('a token where an audience is demanded', async () => {
        const token = await own();

        await refused(ask(`${open}/audience`, token), 'invalid_token');
        assert.equal(await statusOf(`${open}/notes`, token), 200);
    });


    test('a token that was revoked', async () => {
        const url = `${open}/notes`;
        const token = await own();

        assert.equal((await ask(url, token)).status, 200);
        await revoke(as, service, token);
        await ended(url, token);
    });


    test('the tokens of a user', async () => {
        const url = `${open}/notes`;
        const response = await oauth.genericTokenEndpointRequest(as, people,
            authentication(people), 'password',
            { username: USER.name, password: USER.password, scope: READ },
            INSECURE);
        const { access_token: token, refresh_token: refresh } =
            await oauth.processGenericTokenEndpointResponse(as, people,
                                                            response);
        const answer = await ask(url, token);

        issued.push(token, refresh);
        assert.equal(answer.status, 200);
        assert.equal((await answer.json()).headers['x-user'], USER.name);
        await refused(ask(url, refresh), 'invalid_token');
    });


    test('a token of another server', async () => {
        const url = `${open}/foreign`;

        world.as.resources.add(url);

        const { access_token: token } = await grant(
            await discover(world.as.issuer), foreign,
            { scope: READ, resource: url });

        assert.equal((await ask(url, token)).status, 200);
        await refused(ask(`${open}/notes`, token), 'invalid_token');
    });


    test('credentials in the form that the server does not want', async () => {
        const token = await own();

        assert.equal(await statusOf(`${open}/raw`, token), 503);
        assert.equal(await statusOf(`${open}/notes`, token), 200);
    });


    test('the error log is clean', async () => {
        await world.checkLog({
            refused: ['inactive', 'no_audience', 'introspection_unavailable'],
            secrets: [SECRET, USER.name, ...issued, ...world.as.issued],
        });
    });
}


function site(self, as, folder, port) {
    const issuer = (name, more) => `
oauth_issuer ${name} {
    introspect opaque;
    introspection_cache 1s;
    client_secret_file ${join(folder, 'secret')};
    ${more}
}`;
    const toolkit = (auth) => `issuer ${as.issuer};
    introspection_endpoint ${as.introspection_endpoint};
    client_id ${gateway.client_id};
    client_auth ${auth};`;
    const location = (name, issuer, more) => `
    location /${name} {
        oauth ${issuer};
        oauth_scope ${READ};
        oauth_resource http://127.0.0.1:${port}/${name};
        oauth_header X-User username;
        oauth_header X-Client client_id;
        ${more}${proxy(self.app.url)}
    }`;

    return `${issuer('toolkit', toolkit('basic'))}
${issuer('raw', toolkit('basic_raw'))}
${issuer('foreign', `issuer ${self.as.issuer};
    client_id ${foreign.client_id};`)}

server {
    listen 127.0.0.1:${port};
${location('notes', 'toolkit', 'oauth_audience off;')}
${location('audience', 'toolkit', '')}
${location('raw', 'raw', 'oauth_audience off;')}
${location('foreign', 'foreign', '')}
}
`;
}
