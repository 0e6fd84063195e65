// What every end-to-end test stands in: an authorization server, an app and an
// MCP server, and nginx with the module before them.
//
// OAUTH_MODULE names the module, NGINX_BINARY the nginx.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
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

// A value that occurs nowhere else, so that a log can be searched for it.

export const ACCOUNT = 'alice-4b1d@example.com';

export const READ = 'notes:read';
export const WRITE = 'notes:write';


// Options: as, further options of the authorization server; down, true to
// stop it again before nginx starts; site, a function from the world and the
// port to what else is in http { }.

export async function startWorld({ as = {}, down = false,
                                   site = () => '' } = {})
{
    const world = new World();

    try {
        await world.start(as, down, site);
        return world;

    } catch (error) {
        await world.stop();
        throw error;
    }
}


class World {
    async start(options, down, site) {
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
            site: (port) => this.#site(`http://127.0.0.1:${port}`, port)
                            + site(this, port),
        });

        for (const name of ['notes', 'mcp', 'tools']) {
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

    // Stops nginx first: a leak is logged when a worker ends.  Expects a line
    // for each of the reasons, so that an empty log cannot pass.

    async checkLog({ refused = [] } = {}) {
        await this.nginx.stop();

        const log = await this.nginx.log();

        assert.doesNotMatch(log, /\[(alert|crit|emerg)\]/);

        for (const reason of refused) {
            assert.match(log, new RegExp(`\\[info\\].*\\b${reason}\\b`));
        }

        assert.doesNotMatch(log, /eyJ[\w-]/);
        assert.ok(!log.includes(ACCOUNT), 'a claim is in the error log');

        for (const token of this.as.issued) {
            for (const part of token.split('.').slice(1)) {
                assert.ok(!log.includes(part), 'a token is in the error log');
            }
        }
    }

    // /tools asks for more once there is a session: opening one is reading,
    // what is done in it is writing.

    #site(url, port) {
        const proxy = (to) => `
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_pass ${to};`;

        return `oauth_issuer e2e { issuer ${this.as.issuer}; }

map $http_mcp_session_id $tools_scope {
    ""       ${READ};
    default  "${READ} ${WRITE}";
}

server {
    listen 127.0.0.1:${port};

    oauth_header X-User sub;

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
}
`;
    }
}


// A fetch that remembers: calls holds { method, url, status }, the last
// "failed" where no answer came.

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
