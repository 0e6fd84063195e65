// The surroundings of every end-to-end test: an authorization server, an app,
// an MCP server, and nginx with the module in front of them.
//
// OAUTH_MODULE names the module, NGINX_BINARY the nginx.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startApp } from '../../demo/app.mjs';
import { startAs } from '../../demo/as.mjs';
import { startNginx } from '../../demo/nginx.mjs';
import { startMcpServer } from './mcp_server.mjs';


const TOP = fileURLToPath(new URL('../..', import.meta.url));

export const MODULE = resolve(TOP, process.env.OAUTH_MODULE
                                   ?? 'build/ngx_oauth_module.so');
export const BINARY = process.env.NGINX_BINARY ?? 'nginx';

// A value that occurs nowhere else, so that the test can search a log for it.

export const ACCOUNT = 'alice-4b1d@example.com';

export const READ = 'notes:read';
export const WRITE = 'notes:write';


const LOGGED_WITHIN = 5_000;            // milliseconds


// Options: as (further options of the authorization server), down (true: stop
// it again before nginx starts), site (a function from the world and the port
// to what else is in http { }), workers (of nginx).

export async function startWorld({ as = {}, down = false, workers = 2,
                                   site = () => '' } = {})
{
    const world = new World();

    try {
        await world.start(as, down, workers, site);
        return world;

    } catch (error) {
        await world.stop();
        throw error;
    }
}


class World {
    #marks = 0;

    async start(options, down, workers, site) {
        this.folder = await mkdtemp(join(tmpdir(), 'oauth-e2e-'));
        this.as = await startAs({ scopes: [READ, WRITE], resources: [],
                                  account: ACCOUNT, ...options });
        this.app = await startApp();
        this.mcp = await startMcpServer();

        if (down) {
            await this.as.stop();
        }

        this.nginx = await startNginx({
            module: MODULE,
            binary: BINARY,
            folder: this.folder,
            workers,
            site: (port) => this.#site(`http://127.0.0.1:${port}`, port)
                            + site(this, port),
        });

        for (const name of ['notes', 'mcp', 'tools', 'wide', 'astray',
                            'strict'])
        {
            this[`${name}Url`] = `${this.nginx.url}/${name}`;
            this.as.resources.add(this[`${name}Url`]);
        }
    }

    async stop() {
        await this.nginx?.stop();
        await this.mcp?.stop();
        await this.app?.stop();
        await this.as?.stop();
        await rm(this.folder, { recursive: true, force: true });
    }

    // The requests that nginx got, each as "METHOD path status".  nginx writes
    // a line after its answer, so this sends a last request and waits for its
    // line.  With one worker, this line comes after all others.

    async accesses() {
        const mark = `/mark?${++this.#marks}`;
        const deadline = Date.now() + LOGGED_WITHIN;
        let log;

        await fetch(this.nginx.url + mark);

        do {
            assert.ok(Date.now() < deadline, 'the access log stands still');
            log = await readFile(join(this.folder, 'access.log'), 'utf8');
        } while (!log.includes(`${mark} `));

        return [...log.matchAll(/"(\w+) (\S+) HTTP\/[\d.]+" (\d+)/g)]
            .filter(([, , path]) => !path.startsWith('/mark?'))
            .map(([, method, path, status]) => `${method} ${path} ${status}`);
    }

    // The requests of clients to the authorization server, in the same form.
    // Left out are requests of nginx, which fetches keys and metadata at times
    // of its own, and steps of the browser, whose number varies.

    asked() {
        return this.as.requests
            .filter(({ path }) => !/^\/(jwks|\.well-known|interaction|auth\/)/
                .test(path))
            .map(({ method, path, status }) => `${method} ${path} ${status}`);
    }

    // Stops nginx first, because a worker logs leaks when it ends.  Expects a
    // line for each of the reasons, so that the check cannot pass with an empty
    // log, and none with one of the secrets.

    async checkLog({ refused = [], secrets = [] } = {}) {
        await this.nginx.stop();

        const log = await this.nginx.log();

        assert.doesNotMatch(log, /\[(alert|crit|emerg)\]/);

        for (const reason of refused) {
            assert.match(log, new RegExp(
                `\\[(?:info|error)\\].*\\b${reason}\\b`));
        }

        assert.doesNotMatch(log, /eyJ[\w-]/);
        assert.ok(!log.includes(ACCOUNT), 'a claim is in the error log');

        for (const secret of secrets) {
            assert.ok(!log.includes(secret), 'a secret is in the error log');
        }

        for (const token of this.as.issued) {
            for (const part of token.split('.').slice(1)) {
                assert.ok(!log.includes(part), 'a token is in the error log');
            }
        }
    }

    // /tools needs one scope to open a session and one more for requests in the
    // session. /wide does the same, but advertises both.  The metadata of
    // /astray are those of another resource.  /strict needs a second factor,
    // and a sign-in that was not long ago.

    #site(url, port) {
        return `oauth_issuer e2e { issuer ${this.as.issuer}; }

map $http_mcp_session_id $tools_scope {
    ""       ${READ};
    default  "${READ} ${WRITE}";
}

server {
    listen 127.0.0.1:${port};

    oauth_header X-User sub;

    location /mark {
        return 204;
    }

    location /notes {
        oauth e2e;
        oauth_resource ${url}/notes;
        oauth_scope ${READ};
        oauth_scope ${WRITE} method=POST,PUT,PATCH,DELETE;${proxy(this.app.url)}
    }

    location /mcp {
        oauth e2e;
        oauth_resource ${url}/mcp;
        oauth_scope ${READ};${proxy(this.mcp.url)}
    }

    location /tools {
        oauth e2e;
        oauth_resource ${url}/tools;
        oauth_scope $tools_scope;${proxy(this.mcp.url)}
    }

    location /wide {
        oauth e2e;
        oauth_resource ${url}/wide;
        oauth_scope $tools_scope;
        oauth_scope_advertise ${READ} ${WRITE};${proxy(this.mcp.url)}
    }

    location /strict {
        oauth e2e;
        oauth_resource ${url}/strict;
        oauth_scope ${READ};
        oauth_acr phr;
        oauth_max_age 5m;${proxy(this.app.url)}
    }

    location /astray {
        oauth e2e;
        oauth_resource ${url}/elsewhere;
        oauth_scope ${READ};${proxy(this.mcp.url)}
    }
}
`;
    }
}


// The directives of a location that has something behind it.

export function proxy(to) {
    return `
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass ${to};`;
}


// Starts a world for one test, and checks at the end that its log is as
// expected.

export async function inWorld(options, body, expected) {
    const world = await startWorld(options);

    try {
        await body(world);
        await world.checkLog(expected);

    } finally {
        await world.stop();
    }
}


export async function expired({ as }, audience) {
    const now = Math.floor(Date.now() / 1000);

    return await as.sign({ aud: audience, scope: READ, iat: now - 7200,
                           exp: now - 3600 });
}


// A fetch that records: calls lists { method, url, status }, where the last one
// is "failed" if no answer came.

export function recorder() {
    const calls = [];
    const record = async (input, init) => {
        const call = { method: init?.method ?? 'GET', url: String(input),
                       status: 'failed' };

        calls.push(call);

        const response = await fetch(input, init);

        call.status = response.status;

        return response;
    };

    return Object.assign(record, {
        calls,
        trace: () => calls.map(({ method, url, status }) =>
            `${method} ${url} ${status}`),
        count: (prefix) => calls.filter(({ url }) =>
            url.startsWith(prefix)).length,
    });
}
