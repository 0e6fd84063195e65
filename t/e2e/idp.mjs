// A model of three company IdPs, in what makes agents fail there.  It has one
// account, which is signed in already and agrees to everything, and one client
// without a secret.  What the real ones do is in the documentation of their
// vendors and in reports of users; this file is only as good as those.
//
// entra: refuses "resource" at both endpoints (AADSTS9010010); scopes of an API
// have its prefix when they are asked for, and are short in the token.
// okta: ignores "resource"; registers nobody; wants "state".
// auth0: ignores "resource"; a token is a JWT only with "audience"; registers
// nobody until that is turned on.

import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

import { startServer } from '../../demo/server.mjs';
import { jose } from './packages.mjs';


export const API = '11112222-bbbb-3333-cccc-4444dddd5555';
export const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';

const OPENID = ['openid', 'profile', 'email', 'offline_access'];
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost):\d+(?=\/)/;


// What differs.  claims() makes those of a token from the grant.

const KINDS = {
    entra: {
        alg: 'RS256',
        issuer: `/${TENANT}/v2.0`,
        paths: { authorize: `/${TENANT}/oauth2/v2.0/authorize`,
                 token: `/${TENANT}/oauth2/v2.0/token`,
                 keys: `/${TENANT}/discovery/v2.0/keys` },
        metadata: {},
        anyPort: true,
        refuse: refuseEntra,
        claims: ({ scopes, client }, account) => ({
            aud: `api://${API}`, azp: client, oid: account, sub: 'pairwise',
            tid: TENANT, ver: '2.0',
            scp: scopes.map((scope) => scope.replace(`api://${API}/`, ''))
                .join(' '),
        }),
    },

    okta: {
        alg: 'RS256',
        issuer: '/oauth2/default',
        paths: { authorize: '/oauth2/default/v1/authorize',
                 token: '/oauth2/default/v1/token',
                 keys: '/oauth2/default/v1/keys',
                 register: '/oauth2/v1/clients' },
        metadata: { code_challenge_methods_supported: ['S256'],
                    token_endpoint_auth_methods_supported: ['none'] },
        refuse: refuseOkta,
        claims: ({ scopes, client }, account) => ({
            aud: 'api://default', cid: client, uid: account,
            sub: 'alice@corp.example', scp: scopes,
        }),
    },

    auth0: {
        alg: 'RS256',
        issuer: '/',
        paths: { authorize: '/authorize', token: '/oauth/token',
                 keys: '/.well-known/jwks.json', register: '/oidc/register' },
        metadata: { code_challenge_methods_supported: ['S256', 'plain'],
                    token_endpoint_auth_methods_supported: ['none'] },
        refuse: refuseAuth0,
        claims: ({ scopes, client, audience }, account) => audience && {
            aud: audience, azp: client, sub: account, scope: scopes.join(' '),
        },
    },
};


// Options: kind; client, { client_id, redirect_uris }; account; audience, the
// identifier of Auth0's API (a function, since it is not known at the start);
// iss, whether the answer to the browser has the issuer (RFC 9207); lifetime of
// access tokens, in seconds.

export async function startIdp(options) {
    const idp = new Idp(options);

    await idp.start();

    return idp;
}


class Idp {
    broken = false;         // true: every answer is a page of HTML
    requests = [];          // { method, path, status, parameters }
    issued = [];            // every access token that is a JWT, in order

    #options;
    #kind;
    #server;
    #keys;
    #grants = new Map();    // code or refresh token -> what was granted

    constructor(options) {
        this.#options = { iss: false, lifetime: 3600, ...options };
        this.#kind = KINDS[options.kind];
    }

    get issuer() {
        return this.#server.url + this.#kind.issuer;
    }

    url(name) {
        return this.#server.url + this.#kind.paths[name];
    }

    async start() {
        const { alg } = this.#kind;

        this.#keys = await jose.generateKeyPair(alg, { extractable: true });
        this.#server = await startServer((request, response) => {
            this.#serve(request, response).catch((error) => {
                response.destroy(error);
            });
        });
    }

    async stop() {
        await this.#server.stop();
    }

    // The parameters of the requests to an endpoint.

    asked(name) {
        return this.requests
            .filter(({ path }) => path === this.#kind.paths[name])
            .map(({ parameters }) => parameters);
    }

    // A token as the last one, but expired.

    async expired() {
        const { exp, iat, ...claims } = jose.decodeJwt(this.issued.at(-1));

        return await this.#sign(claims, Math.floor(Date.now() / 1000) - 7200);
    }

    async #sign(claims, iat) {
        const { alg } = this.#kind;

        return await new jose.SignJWT({ iss: this.issuer, iat,
                                        exp: iat + this.#options.lifetime,
                                        ...claims })
            .setProtectedHeader({ alg, typ: 'JWT', kid: 'one' })
            .sign(this.#keys.privateKey);
    }

    async #serve(request, response) {
        const { pathname, searchParams } = new URL(request.url,
                                                   this.#server.url);
        const body = String(await buffer(request));
        const { paths } = this.#kind;
        const parameters = Object.fromEntries(
            pathname === paths.token ? new URLSearchParams(body)
                                     : searchParams);

        response.on('finish', () => {
            this.requests.push({ method: request.method, path: pathname,
                                 status: response.statusCode, parameters });
        });

        if (this.broken) {
            response.writeHead(200, { 'content-type': 'text/html' });
            response.end('<html>Please wait</html>');

        } else if (pathname === paths.authorize) {
            this.#authorize(response, parameters);

        } else if (pathname === paths.token) {
            await this.#token(request, response, parameters);

        } else if (pathname === paths.keys) {
            json(response, 200, { keys: [{
                ...await jose.exportJWK(this.#keys.publicKey), kid: 'one',
                use: 'sig' }] });

        } else if (pathname === paths.register) {
            json(response, 403, { error: 'access_denied' });

        } else if (pathname === `${this.#kind.issuer.replace(/\/$/, '')}`
                               + '/.well-known/openid-configuration')
        {
            json(response, 200, this.#metadata());

        } else {
            json(response, 404, { error: 'not_found' });
        }
    }

    #metadata() {
        const { metadata, paths } = this.#kind;

        return {
            issuer: this.issuer,
            authorization_endpoint: this.url('authorize'),
            token_endpoint: this.url('token'),
            jwks_uri: this.url('keys'),
            ...paths.register && { registration_endpoint:
                                       this.url('register') },
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
            ...metadata,
        };
    }

    // Errors about the client or the redirect URI are told to the person.

    #authorize(response, asked) {
        const { client } = this.#options;
        const error = asked.client_id !== client.client_id
            ? ['unauthorized_client', 'no such client']
            : !this.#redirects(asked.redirect_uri)
            ? ['invalid_request', 'the redirect URI is not registered']
            : this.#kind.refuse(asked, this.#options, 'authorize');

        if (error) {
            response.writeHead(400, { 'content-type': 'text/plain' });
            response.end(`${error.join(': ')}\n`);
            return;
        }

        const code = random();
        const to = new URL(asked.redirect_uri);

        this.#grants.set(code, {
            client: asked.client_id, redirect: asked.redirect_uri,
            challenge: asked.code_challenge_method === 'S256'
                       && asked.code_challenge,
            scopes: words(asked.scope), audience: asked.audience,
        });
        to.searchParams.set('code', code);
        asked.state && to.searchParams.set('state', asked.state);
        this.#options.iss && to.searchParams.set('iss', this.issuer);
        response.writeHead(302, { location: to.href }).end();
    }

    #redirects(uri = '') {
        const { anyPort } = this.#kind;
        const plain = (text) => anyPort
            ? text.replace(LOOPBACK, 'http://loopback') : text;

        return this.#options.client.redirect_uris.map(plain)
            .includes(plain(uri));
    }

    async #token(request, response, form) {
        const error = this.#kind.refuse(form, this.#options, 'token')
                      ?? this.#refuseGrant(request, form);

        if (error) {
            const [name, text] = error;

            json(response, 400, { error: name, error_description: text });
            return;
        }

        const grant = this.#grants.get(form.code ?? form.refresh_token);

        this.#grants.delete(form.code ?? form.refresh_token);
        json(response, 200, await this.#tokens(grant));
    }

    // A code and a refresh token are good for once.

    #refuseGrant(request, { client_id: client, code, redirect_uri: redirect,
                            code_verifier: verifier, grant_type: type,
                            refresh_token: refresh })
    {
        const grant = this.#grants.get(type === 'authorization_code'
                                       ? code : refresh);

        if (request.headers.authorization || request.headers.cookie) {
            return ['invalid_client', 'the client has no secret'];
        }

        if (!grant || grant.client !== client) {
            return ['invalid_grant', 'unknown, used or of another client'];
        }

        if (type === 'refresh_token') {
            return grant.refresh ? undefined : ['invalid_grant', 'a code'];
        }

        if (grant.refresh || grant.redirect !== redirect
            || !grant.challenge || grant.challenge !== s256(verifier ?? ''))
        {
            return ['invalid_grant', 'redirect URI or PKCE'];
        }
    }

    async #tokens(grant) {
        const claims = this.#kind.claims(grant, this.#options.account);
        const token = claims
            ? await this.#sign({ ...claims, jti: random() },
                               Math.floor(Date.now() / 1000))
            : random();
        const refresh = grant.scopes.includes('offline_access') && random();

        claims && this.issued.push(token);
        refresh && this.#grants.set(refresh, { ...grant, refresh: true });

        return {
            access_token: token, token_type: 'Bearer',
            expires_in: this.#options.lifetime,
            scope: grant.scopes.filter((scope) => scope !== 'offline_access')
                .join(' '),
            ...refresh && { refresh_token: refresh },
        };
    }
}


// Each returns [ error, description ], or nothing.

function refuseEntra({ resource, scope, grant_type: type }, options, where) {
    if (resource !== undefined) {
        return ['invalid_target', 'AADSTS9010010: The resource parameter '
                + 'provided in the request doesn\'t match with the requested '
                + 'scopes.'];
    }

    const strange = words(scope).find((name) => !OPENID.includes(name)
                                      && !name.startsWith(`api://${API}/`));

    if (strange) {
        return ['invalid_client', 'AADSTS650053: The application asked for '
                + `scope '${strange}' that doesn't exist on the resource `
                + '\'00000003-0000-0000-c000-000000000000\'.'];
    }

    if (!scope && where === 'authorize') {
        return ['invalid_request', 'AADSTS900144: scope is missing'];
    }
}


function refuseOkta({ state }, options, where) {
    if (where === 'authorize' && !state) {
        return ['invalid_request', 'the request has no state'];
    }
}


function refuseAuth0({ audience }, options) {
    if (audience && audience !== options.audience()) {
        return ['access_denied', `Service not found: ${audience}`];
    }
}


function json(response, status, body) {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
}


function words(text = '') {
    return text.split(' ').filter(Boolean);
}


function random() {
    return randomBytes(16).toString('hex');
}


function s256(verifier) {
    return createHash('sha256').update(verifier).digest('base64url');
}
