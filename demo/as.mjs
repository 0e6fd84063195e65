// An authorization server on a loopback port: oidc-provider with resource
// indicators (RFC 8707), dynamic registration (RFC 7591), PKCE, the device flow
// (RFC 8628) and JWT access tokens (RFC 9068).  It has one account, which
// agrees to everything, so that nobody has to click.  Tests can use its key to
// make tokens that it would never issue.

import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';

import { Browser } from './browser.mjs';
import { newStore } from './store.mjs';
import { Provider, jose } from '../t/e2e/packages.mjs';


const ALGORITHM = 'ES256';


// Options: scopes; resources, the accepted identifiers (a list that may grow
// later); account, the subject; lifetime of access tokens in seconds; audience,
// a function from the resource to the token's aud; clients, registered from the
// start; device, whether there is a device flow; refresh, whether clients that
// register for refresh tokens get them; withheld, scopes that the account never
// grants; opaque, a function from the resource to whether its tokens are no JWT;
// acrs, kinds of sign-in that tokens may name (the account has signed in by the
// first one, an hour ago, unless a client asks for another one, or for a time);
// features and discovery, further ones of oidc-provider.

export async function startAs(options) {
    const as = new AuthorizationServer(options);

    await as.start();

    return as;
}


class AuthorizationServer {
    issued = [];            // every access token, in order
    requests = [];          // { method, path, status }
    resources;
    account;

    #options;
    #server;
    #provider;
    #port = 0;
    #key;

    constructor(options) {
        this.#options = { lifetime: 3600, audience: (url) => url, clients: [],
                          device: true, refresh: false, withheld: [],
                          opaque: () => false, acrs: [], features: {},
                          discovery: {},
                          ...options };
        this.resources = new Set(options.resources);
        this.account = options.account;
    }

    get issuer() {
        return `http://127.0.0.1:${this.#port}`;
    }

    // Listens; if it is started again, on the same port as the first time.

    async start() {
        this.#server = createServer((request, response) => {
            this.#serve(request, response).catch((error) => {
                response.destroy(error);
            });
        });

        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(this.#port, '127.0.0.1', resolve);
        });

        if (!this.#provider) {
            this.#port = this.#server.address().port;
            this.#key = await newKey();
            this.#provider = this.#newProvider();
        }
    }

    // Stops.  What it has issued and registered is kept for the next start.

    async stop() {
        const server = this.#server;

        if (server?.listening) {
            server.closeAllConnections();
            await new Promise((resolve) => { server.close(resolve); });
        }
    }

    // A token with the claims of a good one, except for those that are given;
    // signed with this server's key, or with another key under the same key id.

    async sign(claims, { key = this.#key.private } = {}) {
        const now = Math.floor(Date.now() / 1000);
        const token = await new jose.SignJWT({
            iss: this.issuer,
            sub: this.account,
            client_id: 'signed-by-hand',
            jti: randomBytes(12).toString('base64url'),
            iat: now,
            exp: now + 600,
            ...claims,
        })
            .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt',
                                  kid: this.#key.kid })
            .sign(key);

        this.issued.push(token);

        return token;
    }

    // Sends a logout token for the subject, and perhaps the session, to the
    // client with this id (OpenID Connect Back-Channel Logout).  Its audience is
    // that client, or the one that is given.

    async logout(id, subject, session, audience = id) {
        const client = await this.#provider.Client.find(id);

        client.clientId = audience;

        try {
            await client.backchannelLogout(subject, session);

        } finally {
            client.clientId = id;
        }
    }

    // A key that does not belong to this server.

    async foreignKey() {
        return (await jose.generateKeyPair(ALGORITHM)).privateKey;
    }

    // Plays the person who opens the address of a device flow and agrees.

    async approve(url) {
        const page = await new Browser().open(url);

        if (page.status !== 200 || !page.body.includes('Sign-in Success')) {
            throw new Error(`device not approved: ${page.status} `
                            + `${page.body}`);
        }
    }

    async #serve(request, response) {
        const { pathname, searchParams } = new URL(request.url, this.issuer);

        response.on('finish', () => {
            this.requests.push({ method: request.method, path: pathname,
                                 status: response.statusCode });
        });

        if (pathname.startsWith('/interaction/')) {
            await this.#interact(request, response);

        } else if (pathname === '/approve') {
            const code = encodeURIComponent(searchParams.get('user_code'));

            await this.approve(`${this.issuer}/device?user_code=${code}`);
            response.end('approved\n');

        } else {
            this.#provider.callback()(request, response);
        }
    }

    // Signs the account in, then grants all that is asked for.

    async #interact(request, response) {
        const { prompt, params, session, grantId } =
            await this.#provider.interactionDetails(request, response);

        if (prompt.name === 'login') {
            await this.#provider.interactionFinished(request, response, {
                login: { accountId: this.account, ...this.#signIn(params) },
            });
            return;
        }

        const grant = grantId
            ? await this.#provider.Grant.find(grantId)
            : new this.#provider.Grant({ accountId: session.accountId,
                                         clientId: params.client_id });
        const missing = prompt.details;

        if (missing.missingOIDCScope) {
            grant.addOIDCScope(missing.missingOIDCScope.join(' '));
        }

        for (const [resource, scopes] of
             Object.entries(missing.missingResourceScopes ?? {}))
        {
            const { withheld } = this.#options;

            grant.addResourceScope(resource, scopes
                .filter((scope) => !withheld.includes(scope)).join(' '));
            grant.rejectResourceScope(resource, scopes
                .filter((scope) => withheld.includes(scope)).join(' '));
        }

        await this.#provider.interactionFinished(request, response, {
            consent: { grantId: await grant.save() },
        }, { mergeWithLastSubmission: true });
    }

    #signIn({ acr_values: wanted, max_age: age }) {
        const { acrs } = this.#options;
        const now = Math.floor(Date.now() / 1000);

        return acrs.length === 0 ? {} : {
            acr: wanted?.split(' ').find((acr) => acrs.includes(acr))
                 ?? acrs[0],
            ts: age === undefined ? now - 3600 : now,
        };
    }

    // What a token says about the sign-in (RFC 9068 section 2.2.1).

    #signedIn({ AuthorizationCode, RefreshToken }) {
        const { acr, authTime } = AuthorizationCode ?? RefreshToken ?? {};

        return acr ? { acr, auth_time: authTime } : undefined;
    }

    #newProvider() {
        const provider = new Provider(this.issuer, this.#configuration());

        provider.on('grant.success', (ctx) => {
            if (ctx.body?.access_token) {
                this.issued.push(ctx.body.access_token);
            }
        });

        return provider;
    }

    #configuration() {
        const { scopes, clients, device, refresh, features, discovery, acrs }
            = this.#options;

        return {
            adapter: newStore(),
            clients,

            // oidc-provider's own dispatcher calls nobody on the loopback.

            fetch: (url, { dispatcher: _, ...rest }) => fetch(url, rest),
            scopes: ['openid', ...refresh ? ['offline_access'] : [],
                     ...scopes],
            issueRefreshToken: (ctx, client) =>
                refresh && client.grantTypeAllowed('refresh_token'),
            jwks: { keys: [this.#key.jwk] },
            cookies: { keys: [randomBytes(16).toString('hex')] },
            clientDefaults: { id_token_signed_response_alg: ALGORITHM },
            clientBasedCORS: () => true,
            discovery,
            acrValues: acrs,
            extraTokenClaims: ({ oidc }) => this.#signedIn(oidc.entities),
            findAccount: (ctx, id) => ({
                accountId: id,
                claims: () => ({ sub: id }),
            }),
            interactions: {
                url: (ctx, { uid }) => `/interaction/${uid}`,
            },
            renderError: (ctx, { error, error_description: text }) => {
                ctx.type = 'text/plain';
                ctx.body = `${error}: ${text}\n`;
            },
            ttl: {
                AccessToken: (ctx, token) => token.resourceServer
                    ?.accessTokenTTL ?? this.#options.lifetime,
                DeviceCode: 600,
                Grant: 3600,
                IdToken: 600,
                Interaction: 600,
                RefreshToken: 3600,
                Session: 3600,
            },
            features: {
                devInteractions: { enabled: false },
                registration: { enabled: true },
                deviceFlow: { enabled: device, ...devicePages },
                resourceIndicators: {
                    enabled: true,
                    getResourceServerInfo: (ctx, url) => this.#resource(url),
                    useGrantedResource: () => true,
                },
                ...features,
            },
        };
    }

    #resource(url) {
        const { scopes, audience, lifetime, opaque } = this.#options;

        if (!this.resources.has(url)) {
            throw new InvalidTarget(url);
        }

        return {
            scope: scopes.join(' '),
            audience: audience(url),
            accessTokenFormat: opaque(url) ? 'opaque' : 'jwt',
            accessTokenTTL: lifetime,
            jwt: { sign: { alg: ALGORITHM } },
        };
    }
}


// RFC 8707 section 2, in the form that oidc-provider passes on to the client.

class InvalidTarget extends Error {
    error = 'invalid_target';
    expose = true;
    status = 400;
    statusCode = 400;

    constructor(url) {
        super('invalid_target');
        this.error_description = `no such resource: ${url}`;
    }
}


const page = (title, text) => `<!DOCTYPE html><title>${title}</title>
<h1>${title}</h1>${text}`;

const devicePages = {
    userCodeInputSource: (ctx, form) => {
        ctx.body = page('Sign-in', `${form}
<button type="submit" form="op.deviceInputForm">Continue</button>`);
    },
    userCodeConfirmSource: (ctx, form, client, info, code) => {
        ctx.body = page('Confirm Device', `<p><code>${code}</code></p>${form}
<button type="submit" form="op.deviceConfirmForm">Continue</button>`);
    },
    successSource: (ctx) => {
        ctx.body = page('Sign-in Success',
                        '<p>You can close this page now.</p>');
    },
};


async function newKey() {
    const pair = await jose.generateKeyPair(ALGORITHM, { extractable: true });
    const kid = randomBytes(6).toString('hex');

    return {
        kid,
        private: pair.privateKey,
        jwk: { ...await jose.exportJWK(pair.privateKey), kid, use: 'sig',
               alg: ALGORITHM },
    };
}
