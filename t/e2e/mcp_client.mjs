// What both generations of the MCP client need from the program around them: a
// store for what they learn, and somebody who follows the redirect.

import { randomBytes } from 'node:crypto';

import { Browser } from '../../demo/browser.mjs';


export const REDIRECT = 'http://127.0.0.1/callback';       // nobody listens there


// The OAuthClientProvider of the SDKs.  `client` is a client that is registered
// already, `token` a token that the host has kept; both have an `issuer`.

export class Host {
    redirectUrl = REDIRECT;
    asked = [];             // the parameters of every authorization request
    callback;               // those of the last answer to one

    #client;
    #tokens;
    #verifier;
    #state;
    #discovered;

    constructor({ issuer, client, token } = {}) {
        this.#client = client && { ...client, issuer };
        this.#tokens = token && { access_token: token, token_type: 'Bearer',
                                  issuer };
    }

    get clientMetadata() {
        return {
            client_name: 'end-to-end test',
            application_type: 'native',
            redirect_uris: [REDIRECT],
            grant_types: ['authorization_code'],
            response_types: ['code'],
            token_endpoint_auth_method: 'none',
        };
    }

    state() {
        this.#state = randomBytes(8).toString('hex');
        return this.#state;
    }

    clientInformation() {
        return this.#client;
    }

    saveClientInformation(client) {
        this.#client = client;
    }

    tokens() {
        return this.#tokens;
    }

    saveTokens(tokens) {
        this.#tokens = tokens;
    }

    saveCodeVerifier(verifier) {
        this.#verifier = verifier;
    }

    codeVerifier() {
        return this.#verifier;
    }

    saveDiscoveryState(state) {
        this.#discovered = state;
    }

    discoveryState() {
        return this.#discovered;
    }

    async redirectToAuthorization(url) {
        const end = await new Browser().open(url.href, REDIRECT);

        this.asked.push(Object.fromEntries(url.searchParams));
        this.callback = new URL(end.url).searchParams;

        if (this.callback.get('state') !== this.#state) {
            throw new Error(`state is not ours: ${end.url}`);
        }
    }
}


export function registeredClient(scope) {
    return {
        ...new Host().clientMetadata,
        client_id: 'registered-before',
        scope,
    };
}


// Connects as a host application does: after an UnauthorizedError it gives the
// answer of the sign-in to the transport and connects again.  `sdk` has Client,
// Transport, UnauthorizedError and finish(transport, callback).

export async function connect(sdk, url, host, fetch) {
    for (let attempt = 1; ; attempt++) {
        const transport = new sdk.Transport(new URL(url), {
            authProvider: host,
            fetch,
        });
        const client = new sdk.Client({ name: 'test', version: '1.0.0' });

        try {
            await client.connect(transport);
            return client;

        } catch (error) {
            await client.close();

            if (!(error instanceof sdk.UnauthorizedError) || attempt === 3) {
                throw error;
            }

            await sdk.finish(transport, host.callback);
        }
    }
}


export async function whoami(client) {
    const { content } = await client.callTool({ name: 'whoami',
                                                arguments: {} });

    return JSON.parse(content[0].text);
}
