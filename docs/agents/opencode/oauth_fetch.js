// A fetch tool for opencode that signs in if a page asks for it.  The tool
// reads the challenge of a 401 (RFC 6750, RFC 9728), finds the authorization
// server (RFC 8414, or OpenID Connect Discovery), registers (RFC 7591), and
// lets the user sign in (RFC 8252 with PKCE, or RFC 8628 if there is no
// browser).  It asks for a token for this resource only (RFC 8707), for more
// scopes if a 403 names them, and for another sign-in if a 401 says which (RFC
// 9470).  It has no dependencies; copy it to ~/.config/opencode/tool/.
//
// A token is sent only to the origin that it was issued for.  Each token is
// stored in a file of its own, which only the user can read.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, writeFile }
    from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';


const ANSWER_WITHIN = 30_000;           // milliseconds, one request
const SIGN_IN_WITHIN = 300_000;         // the user, in the browser
const DEVICE_WITHIN = 60_000;           // one call, of the device flow
const BODY_MOST = 1 << 20;              // bytes of any answer
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const ACCEPT = 'text/markdown, text/plain;q=0.9, application/json;q=0.9, '
               + 'text/html;q=0.8, */*;q=0.5';


export default {
    description: 'Fetches a URL, as webfetch does, and signs the user in with '
        + 'OAuth where the server asks for it. Use it for pages of internal '
        + 'apps, and whenever a fetch is refused with 401 or 403. Returns '
        + 'status and body; redirects are reported, not followed.',
    args: {
        url: { type: 'string', description: 'An https URL' },
        method: { type: 'string', description: 'GET if absent or empty' },
        body: { type: 'string', description: 'What to send, if anything' },
    },
    async execute({ url, method, body }, context) {
        const verb = (method || 'GET').toUpperCase();
        const asked = verb === 'GET' ? '' : `${verb} `;

        // "Always" covers only this origin, and permission to read is not
        // permission to write.

        await context.ask?.({ permission: 'webfetch',
                              patterns: [`${asked}${url}`],
                              always: [`${asked}${secure(url).origin}/*`],
                              metadata: { url } });

        const answer = await oauthFetch(
            { url, method: verb, body: body || undefined },
            { signal: context.abort, show: (title) =>
                context.metadata?.({ title, metadata: {} }) });

        return { title: url, metadata: {}, output: answer };
    },
};


// In one call the tool refreshes, signs in, steps up and lets the user sign in
// again at most once each.  If the request is refused after that, the call ends
// with an error.

export async function oauthFetch(request, options = {}) {
    const url = secure(request.url);
    const host = { folder: defaultFolder(), show: () => {}, ...options,
                   open: options.open ?? openBrowser };
    const tried = new Set();
    let grant = await load(host.folder, url);

    for (;;) {
        const token = grant?.access_token;
        const answer = await send(url, {
            method: request.method,
            body: request.body,
            headers: { Accept: ACCEPT,
                       ...request.body && { 'Content-Type':
                                            contentType(request.body) },
                       ...token && { Authorization: `Bearer ${token}` } },
        }, host.signal);
        const challenge = bearer(answer.headers.get('www-authenticate'));
        const next = challenge && nextStep(answer, challenge, grant, tried);

        if (!next) {
            return render(url, answer);
        }

        tried.add(next);
        grant = await oneAtATime(url.origin, async () => {
            const now = await load(host.folder, url);

            return now?.access_token && now.access_token !== token ? now
                : await authorize(next, url, challenge, now, host);
        });
    }
}


function nextStep({ status }, challenge, grant, tried) {
    const why = challenge.error_description ?? challenge.error ?? 'no reason';

    if (status === 403 && challenge.error === 'insufficient_scope') {
        if (tried.has('step-up')) {
            throw new Error('The server still misses a scope, although the '
                            + `user has just signed in for it: ${why}. The `
                            + 'account may not have it.');
        }

        return 'step-up';
    }

    if (status !== 401) {
        return undefined;
    }

    if (challenge.error === 'insufficient_user_authentication') {
        if (tried.has('sign-in-again')) {
            throw new Error('The server still wants another sign-in, although '
                            + `the user has just signed in for it: ${why}. `
                            + `${grant.issuer} may not offer it.`);
        }

        return 'sign-in-again';
    }

    if (grant?.refresh_token && tried.size === 0) {
        return 'refresh';
    }

    if (['sign-in', 'step-up', 'sign-in-again'].some((step) =>
        tried.has(step)))
    {
        throw new Error('The server refuses the token that '
                        + `${grant.issuer} has just issued: ${why}`);
    }

    return 'sign-in';
}


// Gets a new token, stores it, and returns the grant with it.

async function authorize(step, url, challenge, old, host) {
    const metadata = await discover(url, challenge, host);
    const server = await discoverServer(metadata, url, host);
    const { resource } = metadata;
    const usable = old?.resource === resource && old.issuer === server.issuer
        ? old : undefined;
    const { acr_values, max_age } = step === 'sign-in-again' ? challenge : {};

    // Both are parameters of OpenID Connect, and some servers want its scope.

    const openid = (acr_values || max_age)
        && server.scopes_supported?.includes('openid') ? 'openid' : '';
    const scope = union(openid, usable?.scope, challenge.scope
                        ?? metadata.scopes_supported?.join(' '));
    const flow = { url, server, resource, scope, old: usable, host,
                   signIn: { acr_values, max_age } };
    let grant = step === 'refresh' && usable ? await refresh(flow) : undefined;

    grant ??= await canBrowse(flow) ? await codeFlow(flow)
                                    : await deviceFlow(flow);

    await store(host.folder, grant);

    return grant;
}


// --- discovery ------------------------------------------------------------

// RFC 9728 section 3.3: the metadata must come from the page's own origin, and
// its resource must contain the page.

async function discover(url, challenge, host) {
    const where = secure(challenge.resource_metadata
                         ?? wellKnown(url, 'oauth-protected-resource'), url);

    if (where.origin !== url.origin) {
        throw new Error(`The metadata of ${url} is elsewhere: ${where}`);
    }

    const metadata = await json(where, host);

    if (!below(url, secure(metadata?.resource, url))) {
        throw new Error(`The metadata of ${url} is of another resource: `
                        + metadata.resource);
    }

    if (typeof metadata.authorization_servers?.[0] !== 'string') {
        throw new Error(`${where} names no authorization server`);
    }

    return metadata;
}


async function discoverServer({ authorization_servers: [issuer] }, url, host) {
    const base = secure(issuer, url);
    const places = [wellKnown(base, 'oauth-authorization-server'),
                    wellKnown(base, 'openid-configuration'),
                    `${issuer.replace(/\/$/, '')}/.well-known/`
                    + 'openid-configuration'];

    for (const place of new Set(places)) {
        const server = await json(new URL(place), host, [404]);

        if (server && server.issuer !== issuer) {
            throw new Error(`${place} is of another issuer: ${server.issuer}`);
        }

        if (server) {
            return server;
        }
    }

    throw new Error(`${issuer} has no authorization server metadata`);
}


function wellKnown({ origin, pathname }, name) {
    return `${origin}/.well-known/${name}${pathname.replace(/^\/$/, '')}`;
}


// --- registration ---------------------------------------------------------

// Returns the client of the last time if it still fits.  clients.json has those
// that an administrator has registered: { "issuer": "client_id" }.

async function clientFor({ url, server, scope, old, host }, redirect) {
    const known = await readJson(join(host.folder, 'clients.json')) ?? {};

    if (typeof known[server.issuer] === 'string') {
        return { client_id: known[server.issuer] };
    }

    if (old?.client && union(old.client.scope, scope) === old.client.scope
        && (!redirect || old.client.redirect === redirect))
    {
        return old.client;
    }

    if (!server.registration_endpoint) {
        throw new Error(`${server.issuer} registers no clients by itself: put `
                        + `a client_id into ${host.folder}/clients.json`);
    }

    const types = server.grant_types_supported ?? ['authorization_code'];
    const { client_id } = await json(
        secure(server.registration_endpoint, url), host, [], {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({
                client_name: 'opencode oauth_fetch',
                application_type: 'native',
                redirect_uris: redirect ? [redirect] : [],
                response_types: redirect ? ['code'] : [],
                grant_types: [redirect ? 'authorization_code' : DEVICE,
                              'refresh_token']
                    .filter((type) => types.includes(type)),
                token_endpoint_auth_method: 'none',
                ...scope && { scope },
            }),
        });

    return { client_id, scope, redirect };
}


// --- flows ----------------------------------------------------------------

async function canBrowse({ server, host }) {
    return server.authorization_endpoint !== undefined
           && (host.open !== openBrowser || browser() !== undefined
               || !server.device_authorization_endpoint);
}


async function codeFlow(flow) {
    const { url, server, resource, scope, host, signIn } = flow;

    if (!server.code_challenge_methods_supported?.includes('S256')) {
        throw new Error(`${server.issuer} knows no PKCE with S256`);
    }

    const callback = await listen(flow);

    try {
        const client = await clientFor(flow, callback.redirect);
        const verifier = random();
        const state = random();
        const address = secure(server.authorization_endpoint, url);
        const query = fields({
            response_type: 'code',
            client_id: client.client_id,
            redirect_uri: callback.redirect,
            code_challenge: createHash('sha256').update(verifier)
                .digest('base64url'),
            code_challenge_method: 'S256',
            scope,
            state,
            resource,
            ...signIn,
        });

        query.forEach((value, name) => address.searchParams.set(name, value));
        host.show(`Sign in to ${url.host}: ${address}`);

        const answer = callback.answer(state, host.signal);

        host.open(address.href);

        const code = codeOf(await answer, server);

        return await token(flow, client, {
            grant_type: 'authorization_code',
            code,
            redirect_uri: callback.redirect,
            code_verifier: verifier,
        });

    } finally {
        callback.close();
    }
}


// RFC 9207: an answer that comes from another server than the one asked is
// refused.

function codeOf(answer, server) {
    const iss = answer.get('iss');

    if (iss !== null ? iss !== server.issuer
        : server.authorization_response_iss_parameter_supported)
    {
        throw new Error(`The sign-in was answered by ${iss}, `
                        + `not by ${server.issuer}`);
    }

    if (!answer.get('code')) {
        throw new Error(`The sign-in at ${server.issuer} failed: `
                        + `${answer.get('error')} `
                        + `${answer.get('error_description') ?? ''}`);
    }

    return answer.get('code');
}


// The loopback address to which the browser comes back.  If possible it is the
// same as the last time, so that the client that was registered with it can be
// used again.

async function listen({ old }) {
    const server = createServer();
    const port = old?.client?.redirect ? new URL(old.client.redirect).port : 0;
    const bound = (number) => new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(number, '127.0.0.1', resolve);
    });

    await bound(Number(port)).catch(() => bound(0));

    return {
        redirect: `http://127.0.0.1:${server.address().port}/callback`,
        close: () => { server.close(); server.closeAllConnections(); },
        answer: (state, signal) => new Promise((resolve, reject) => {
            const limit = within(SIGN_IN_WITHIN, signal);

            limit.addEventListener('abort', () =>
                reject(new Error('Nobody has signed in')));
            server.on('request', (request, response) => {
                const [path, query] = request.url.split('?', 2);
                const answer = new URLSearchParams(query);
                const ours = path === '/callback'
                             && answer.get('state') === state;

                response.writeHead(ours ? 200 : 400,
                                   { 'Content-Type': 'text/plain',
                                     Connection: 'close' });
                response.end(ours ? 'Done: back to opencode.\n' : 'No.\n',
                             () => ours && resolve(answer));
            });
        }),
    };
}


// One call ends by telling the user what to do, and the next call waits for it.
// RFC 9470 is not about this flow, but some servers heed what it asks for.

async function deviceFlow(flow) {
    const { url, server, resource, scope, old, host, signIn } = flow;
    const asked = String(fields({ scope, ...signIn }));
    let device = old?.device;

    if (!device || device.asked !== asked || device.until < Date.now()) {
        if (!server.device_authorization_endpoint) {
            throw new Error(`${server.issuer} offers no flow that works here`);
        }

        const client = await clientFor(flow);
        const answer = await json(
            secure(server.device_authorization_endpoint, url), host, [],
            post({ client_id: client.client_id, scope, resource, ...signIn }));

        device = { ...answer, asked, client,
                   until: Date.now() + answer.expires_in * 1000 };
        await store(host.folder, { ...old, resource, device,
                                   issuer: server.issuer });

    } else {
        const deadline = Date.now() + DEVICE_WITHIN;
        let wait = (device.interval ?? 5) * 1000;

        for (let sent = 0; !sent || Date.now() + wait < deadline; sent++) {
            await delay(sent && wait, undefined, { signal: host.signal });

            const grant = await token(flow, device.client, {
                grant_type: DEVICE,
                device_code: device.device_code,
            }, ['authorization_pending', 'slow_down', 'access_denied',
                'expired_token']);

            if (!grant.error) {
                return grant;
            }

            if (/^(access|expired)_/.test(grant.error)) {
                await store(host.folder, { ...old, device: undefined });
                throw new Error(`The sign-in failed: ${grant.error}`);
            }

            wait += grant.error === 'slow_down' ? 5000 : 0;
        }
    }

    throw new Error('The user has to sign in: tell them to open '
        + `${secure(device.verification_uri_complete
                    ?? device.verification_uri, url)} and to confirm the code `
        + `${device.user_code}; then call this tool again.`);
}


async function refresh(flow) {
    const grant = await token(flow, flow.old.client, {
        grant_type: 'refresh_token',
        refresh_token: flow.old.refresh_token,
    }, ['invalid_grant', 'invalid_client']);

    return grant.error ? undefined : grant;
}


// Calls the token endpoint.  Returns a grant, or { error } if the error is one
// that the caller expects.

async function token(flow, client, parameters, expected = []) {
    const { url, server, resource, scope, host } = flow;
    const answer = await json(secure(server.token_endpoint, url), host,
        [400, 401],
        post({ ...parameters, client_id: client.client_id, resource }), true);

    if (answer?.error) {
        if (!expected.includes(answer.error)) {
            throw new Error(`${server.issuer} issues no token: ${answer.error} `
                            + `${answer.error_description ?? ''}`);
        }

        return { error: answer.error };
    }

    if (!/^[\w.~+/-]+=*$/.test(answer?.access_token)
        || !/^bearer$/i.test(answer.token_type))
    {
        throw new Error(`${server.issuer} has issued something else than a `
                        + 'Bearer token');
    }

    return {
        resource,
        issuer: server.issuer,
        client,
        scope: answer.scope ?? scope,
        access_token: answer.access_token,
        refresh_token: answer.refresh_token ?? parameters.refresh_token,
    };
}


// --- HTTP -----------------------------------------------------------------

// https only, or a loopback address if the page is on one, too: a remote server
// must not be able to send the tool to a port of this machine.

function secure(text, page) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const local = (one) => ['127.0.0.1', '[::1]', 'localhost']
        .includes(one.hostname);

    if (!url || url.username || url.password
        || (url.protocol !== 'https:'
            && !(url.protocol === 'http:' && local(url)))
        || (page && local(url) && !local(page)))
    {
        throw new Error(`Not an address that is safe to use: ${text}`);
    }

    return url;
}


function below(url, resource) {
    const path = resource.pathname.replace(/\/$/, '');

    return url.origin === resource.origin
           && (url.pathname === resource.pathname
               || `${url.pathname}/`.startsWith(`${path}/`));
}


async function send(url, init, signal) {
    try {
        const response = await fetch(url, {
            ...init,
            redirect: 'manual',
            signal: within(ANSWER_WITHIN, signal),
        });
        const { body, cut } = await read(response);

        return { status: response.status, text: response.statusText,
                 headers: response.headers, body, cut };

    } catch (error) {
        throw new Error(`${url.origin} does not answer: `
                        + `${error.cause?.message || error.cause?.code
                            || error.message}`);
    }
}


async function read(response) {
    const parts = [];
    let size = 0;

    for await (const part of response.body ?? []) {
        parts.push(part);
        size += part.length;

        if (size > BODY_MOST) {
            break;
        }
    }

    return { body: Buffer.concat(parts).subarray(0, BODY_MOST).toString(),
             cut: size > BODY_MOST };
}


// Returns the document of a 200 or 201, or undefined for a status in `none`;
// with `errors` also the document of such a status.

async function json(url, host, none = [], init = {}, errors = false) {
    const answer = await send(url, {
        ...init,
        headers: { Accept: 'application/json', ...init.headers },
    }, host.signal);
    const good = [200, 201].includes(answer.status);

    if (!good && none.includes(answer.status) && !errors) {
        return undefined;
    }

    try {
        const value = JSON.parse(answer.body);

        if (value && typeof value === 'object'
            && (good || (errors && none.includes(answer.status))))
        {
            return value;
        }
    } catch {
        // the error below says it
    }

    throw new Error(`${url} answers ${answer.status}: `
                    + answer.body.slice(0, 200));
}


function fields(values) {
    return new URLSearchParams(Object.entries(values)
        .filter(([, value]) => value !== undefined && value !== ''));
}


function post(values) {
    return { method: 'POST', body: fields(values) };
}


// RFC 9110 section 11: the parameters of the first Bearer challenge.

export function bearer(header) {
    const parts = (header ?? '').matchAll(
        /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+)))?/g);
    let challenge;
    let ours = false;

    for (const [, name, quoted, plain] of parts) {
        const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;

        if (value === undefined) {
            ours = !challenge && /^bearer$/i.test(name);
            challenge ??= ours ? {} : undefined;

        } else if (ours) {
            challenge[name.toLowerCase()] ??= value;
        }
    }

    return challenge;
}


function render(url, { status, text, headers, body, cut }) {
    const location = headers.get('location');

    return [`${status} ${text}`,
            `Content-Type: ${headers.get('content-type') ?? 'none'}`,
            ...location ? [`Location: ${new URL(location, url)}`] : [],
            ...cut ? [`(only the first ${BODY_MOST} bytes)`] : [],
            '', body].join('\n');
}


function contentType(body) {
    return /^\s*[{[]/.test(body) ? 'application/json' : 'text/plain';
}


// --- what is kept ---------------------------------------------------------

// One file for each resource.  For a URL, the tool uses the longest resource
// that contains it.

async function load(folder, url) {
    const names = await readdir(folder).catch(() => []);
    const grants = await Promise.all(names
        .filter((name) => /^[\w-]{43}\.json$/.test(name))
        .map((name) => readJson(join(folder, name))));

    return grants
        .filter((grant) => grant && below(url, new URL(grant.resource)))
        .sort((a, b) => b.resource.length - a.resource.length)[0];
}


async function store(folder, grant) {
    const name = createHash('sha256').update(grant.resource)
        .digest('base64url');
    const path = join(folder, `${name}.json`);
    const fresh = `${path}.${random()}`;

    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await writeFile(fresh, JSON.stringify(grant), { mode: 0o600, flag: 'wx' });
    await rename(fresh, path);
}


async function readJson(path) {
    return await readFile(path, 'utf8').then(JSON.parse).catch(() => undefined);
}


function defaultFolder() {
    return join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'),
                'oauth_fetch');
}


// --- the rest -------------------------------------------------------------

function browser() {
    const { BROWSER, DISPLAY, WAYLAND_DISPLAY } = process.env;

    return BROWSER ? [BROWSER]
        : process.platform === 'darwin' ? ['open']
        : process.platform === 'win32' ? ['rundll32',
                                          'url.dll,FileProtocolHandler']
        : DISPLAY || WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}


function openBrowser(address) {
    const [program, ...args] = browser() ?? [];

    if (program) {
        spawn(program, [...args, address], { stdio: 'ignore', detached: true })
            .on('error', () => {}).unref();
    }
}


function within(time, signal) {
    return AbortSignal.any([AbortSignal.timeout(time),
                            ...signal ? [signal] : []]);
}


function union(...scopes) {
    return [...new Set(scopes.join(' ').split(' ').filter(Boolean))].join(' ');
}


function random() {
    return randomBytes(32).toString('base64url');
}


const queues = new Map();               // origin -> the end of its queue

async function oneAtATime(origin, work) {
    const mine = (queues.get(origin) ?? Promise.resolve())
        .catch(() => {}).then(work);

    queues.set(origin, mine);

    return await mine;
}
