// What a client sends, by oauth4webapi: requests for tokens, and requests with
// them.  Servers and nginx are on the loopback, without TLS.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';


export const INSECURE = { [oauth.allowInsecureRequests]: true };

const ENDED_WITHIN = 10_000;            // milliseconds

const AUTHENTICATION = {
    client_secret_basic: oauth.ClientSecretBasic,
    client_secret_post: oauth.ClientSecretPost,
};


// The metadata of an authorization server.

export async function discover(issuer, algorithm = 'oauth2') {
    const url = new URL(issuer);

    return await oauth.processDiscoveryResponse(url,
        await oauth.discoveryRequest(url, { ...INSECURE, algorithm }));
}


export function authentication(client) {
    const method = client.token_endpoint_auth_method;

    return AUTHENTICATION[method](client.client_secret);
}


// The token response for the client's own account.  A client with a certificate
// uses the endpoint that asks for it.

export async function grant(as, metadata, parameters, options = {}) {
    const client = {
        client_id: metadata.client_id,
        use_mtls_endpoint_aliases:
            metadata.tls_client_certificate_bound_access_tokens,
    };

    return await oauth.processClientCredentialsResponse(as, client,
        await oauth.clientCredentialsGrantRequest(as, client,
            authentication(metadata), parameters,
            { ...INSECURE, ...options }));
}


export async function revoke(as, client, token) {
    await oauth.processRevocationResponse(await oauth.revocationRequest(as,
        client, authentication(client), token, INSECURE));
}


export async function introspect(as, client, token) {
    return await oauth.processIntrospectionResponse(as, client,
        await oauth.introspectionRequest(as, client, authentication(client),
                                         token, INSECURE));
}


export async function ask(url, accessToken, options = {}) {
    return await oauth.protectedResourceRequest(accessToken, 'GET',
        new URL(url), undefined, undefined, { ...INSECURE, ...options });
}


// The status for a token that is sent without a proof.

export async function statusOf(url, token, scheme = 'Bearer') {
    const { status } = await fetch(url, {
        headers: { authorization: `${scheme} ${token}` },
    });

    return status;
}


// One of the challenges of the answer has this error.

export async function refused(promise, wanted) {
    try {
        await promise;

    } catch (error) {
        assert.equal(error.status, 401, error);
        assert.ok(error.cause.some(({ parameters }) =>
            parameters.error === wanted), JSON.stringify(error.cause));
        return;
    }

    assert.fail('it was not refused');
}


// Waits until a token that was accepted is refused.

export async function ended(url, token) {
    const deadline = Date.now() + ENDED_WITHIN;
    let status;

    do {
        assert.ok(Date.now() < deadline, 'it is good for too long');
        await delay(200);
        status = await statusOf(url, token);
    } while (status === 200);

    assert.equal(status, 401);
}
