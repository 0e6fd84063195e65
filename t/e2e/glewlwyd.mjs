// glewlwyd, an authorization server, with its plugin for OpenID Connect.  Each
// one has a folder and a database of its own, and is set up by its API.
//
// GLEWLWYD names the folder into which its package is unpacked; without it,
// the installed one is used.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort, serve } from './programs.mjs';


const ROOT = process.env.GLEWLWYD ?? '/';
const PROGRAM = join(ROOT, 'usr/bin/glewlwyd');
const MODULES = join(ROOT, 'usr/lib/glewlwyd');
const TABLES = join(ROOT,
                    'usr/share/dbconfig-common/data/glewlwyd/install/sqlite3');

const REDIRECT = 'http://127.0.0.1/callback';
const PASSWORD = 'password';            // the tables have it for admin

// Why the tests with it are left out, or false.

export const skip = !existsSync(PROGRAM) && `there is no ${PROGRAM}`;


// Options: folder, which exists; resources that tokens may be for; scope;
// clients, each { client_id, client_secret }; user, the name of one who agrees
// to everything.

export async function startGlewlwyd(options) {
    const port = await freePort();
    const glewlwyd = new Glewlwyd(`http://127.0.0.1:${port}`, options);

    await glewlwyd.start(port);

    try {
        await glewlwyd.setUp();
        return glewlwyd;

    } catch (error) {
        await glewlwyd.stop();
        throw error;
    }
}


class Glewlwyd {
    #url;
    #options;
    #server;
    #cookies = {};

    constructor(url, options) {
        this.#url = url;
        this.#options = options;
        this.issuer = `${url}/api/oidc`;
    }

    async start(port) {
        const { folder } = this.#options;
        const database = join(folder, 'glewlwyd.db');
        const configuration = join(folder, 'glewlwyd.conf');

        execFileSync('sqlite3', [database], {
            input: `PRAGMA synchronous = OFF; BEGIN;
                    ${await readFile(TABLES, 'utf8')}
                    COMMIT;`,
        });
        await writeFile(configuration, `
port = ${port}
bind_address = "127.0.0.1"
external_url = "${this.#url}"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
cookie_secure = false
admin_scope = "g_admin"
profile_scope = "g_profile"
hash_algorithm = "SHA512"
user_module_path = "${MODULES}/user"
client_module_path = "${MODULES}/client"
user_auth_scheme_module_path = "${MODULES}/scheme"
plugin_module_path = "${MODULES}/plugin"
database = { type = "sqlite3", path = "${database}" };
`);
        this.#server = await serve(PROGRAM, ['-c', configuration], this.#url);
    }

    async stop() {
        await this.#server.stop();
    }

    async setUp() {
        const { clients, resources, scope, user } = this.#options;
        const { privateKey, publicKey } =
            generateKeyPairSync('ec', { namedCurve: 'P-256' });

        await this.#signIn('admin');
        await this.#change('admin', 'POST', 'scope/', {
            name: scope, display_name: scope, description: scope,
            password_required: false, password_max_age: 0, scheme: {},
        });
        await this.#change('admin', 'POST', 'mod/plugin/', {
            module: 'oidc', name: 'oidc', display_name: 'oidc',
            parameters: {
                'iss': this.issuer,
                'jwt-type': 'ecdsa',
                'jwt-key-size': '256',
                'key': privateKey.export({ type: 'pkcs8', format: 'pem' }),
                'cert': publicKey.export({ type: 'spki', format: 'pem' }),
                'jwks-show': true,
                'access-token-duration': 3600,
                'refresh-token-duration': 3600,
                'code-duration': 600,
                'refresh-token-rolling': false,
                'allow-non-oidc': true,
                'auth-type-code-enabled': true,
                'auth-type-client-enabled': true,
                'auth-type-refresh-enabled': true,
                'introspection-revocation-allowed': true,
                'introspection-revocation-allow-target-client': true,
                'oauth-dpop-allowed': true,
                'oauth-dpop-iat-duration': 60,
                'resource-allowed': true,
                'resource-scope': { [scope]: resources },
            },
        });

        for (const client of clients) {
            await this.#change('admin', 'POST', 'client/?source=database', {
                client_id: client.client_id,
                name: client.client_id,
                client_secret: client.client_secret,
                confidential: true,
                enabled: true,
                token_endpoint_auth_method: ['client_secret_post',
                                             'client_secret_basic'],
                authorization_type: ['code', 'refresh_token',
                                     'client_credentials'],
                redirect_uri: [REDIRECT],
                scope: [scope],
            });
        }

        await this.#change('admin', 'POST', 'user/?source=database', {
            username: user, name: user, password: PASSWORD, enabled: true,
            scope: [scope],
        });
        await this.#signIn(user);

        for (const client of clients) {
            await this.#change(user, 'PUT', `auth/grant/${client.client_id}`,
                               { scope });
        }
    }

    // Plays the user who is sent to the server by the client.  Returns what the
    // client needs to get its tokens.

    async code(client, resource) {
        const { scope, user } = this.#options;
        const url = new URL(`${this.issuer}/auth`);

        url.search = new URLSearchParams({
            response_type: 'code', client_id: client.client_id,
            redirect_uri: REDIRECT, scope, resource, g_continue: '',
        });

        const response = await fetch(url, {
            headers: { cookie: this.#cookies[user] }, redirect: 'manual' });
        const to = new URL(response.headers.get('location'));

        if (!to.searchParams.has('code')) {
            throw new Error(`no code: ${to}`);
        }

        return { code: to.searchParams.get('code'), redirect_uri: REDIRECT,
                 resource };
    }

    async #signIn(username) {
        const response = await this.#call('POST', 'auth/',
                                          { username, password: PASSWORD });

        [this.#cookies[username]] =
            response.headers.get('set-cookie').split(';');
    }

    async #change(who, method, path, body) {
        return await this.#call(method, path, body,
                                { cookie: this.#cookies[who] });
    }

    async #call(method, path, body, headers = {}) {
        const response = await fetch(`${this.#url}/api/${path}`, {
            method, body: JSON.stringify(body),
            headers: { ...headers, 'content-type': 'application/json' },
        });

        if (!response.ok) {
            throw new Error(`${method} ${path}: ${response.status} `
                            + await response.text());
        }

        return response;
    }
}
