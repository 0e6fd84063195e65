// A front for an authorization server that agents cannot use as it is, for
// nginx's JavaScript module (njs 0.7.9 or newer).  The page docs/agents/idp.md
// of ngx_oauth_module says what it is for, and what its dangers are.
//
// It registers every agent as the same public client, and passes an agent's
// requests on with the parameters that the server behind it knows (RFC 6749,
// 7591, 7636, 8414, 8707, 9207).  It keeps nothing, and issues nothing itself.
// The settings are the variables $idp_* of the server block.

const OPENID = ['openid', 'profile', 'email', 'address', 'phone',
                'offline_access'];

// What an agent may ask the server behind for, apart from what is checked.

const OTHERS = ['nonce', 'prompt', 'login_hint', 'max_age', 'acr_values',
                'ui_locales'];

// njs lets "$" match before a newline at the end, so what may not occur is
// looked for, too: a newline in a redirect URI would begin a header.

const LOOPBACK =
    /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(\/.*)?$/;
const NO_URI = /[^!-~]|#/;

const REDIRECTS_MOST = 20;
const COOKIE_LIVES = 600;               // seconds, for a person to sign in


// GET of the metadata (RFC 8414).  The last members are those that OpenID
// Connect Discovery demands.

function metadata(r) {
    if (!allowed(r, ['GET', 'HEAD'])) {
        return;
    }

    const v = r.variables;

    answer(r, 200, {
        issuer: v.idp_issuer,
        authorization_endpoint: v.idp_issuer + '/idp/authorize',
        token_endpoint: v.idp_issuer + '/idp/token',
        registration_endpoint: v.idp_issuer + '/idp/register',
        jwks_uri: v.idp_their_keys,
        scopes_supported: words(v.idp_scopes),
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: through(r),
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
    });
}


// POST of a registration (RFC 7591).  Every agent becomes the one client that
// the server behind knows.

function register(r) {
    let asked;

    if (!allowed(r, ['POST'])) {
        return;
    }

    try {
        asked = JSON.parse(bodyOf(r));

    } catch (e) {
        asked = null;
    }

    if (asked === null || typeof asked != 'object') {
        fail(r, 400, 'invalid_client_metadata', 'The body is no JSON object');
        return;
    }

    const redirects = asked.redirect_uris;

    if (!Array.isArray(redirects) || redirects.length == 0
        || redirects.length > REDIRECTS_MOST
        || !redirects.every((uri) => isRedirect(r, uri)))
    {
        fail(r, 400, 'invalid_redirect_uri', 'redirect_uris may only have '
             + 'loopback addresses and those that are listed here');
        return;
    }

    answer(r, 201, {
        client_id: r.variables.idp_client_id,
        redirect_uris: redirects,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: r.variables.idp_scopes,
    });
}


// The authorization endpoint.  GET shows a page, on which the person agrees to
// this agent; its form comes back as a POST.  Without the page, a link would be
// enough to let any program in whose redirect URI is good: the server behind
// sees one client, and asks nobody twice.

function authorize(r) {
    const posted = (r.method == 'POST');
    const asked = parse(posted ? bodyOf(r) : r.variables.args);

    if (r.method != 'GET' && !posted) {
        show(r, 405, 'This address only takes GET and POST.');

    } else if (asked === null || one(asked, 'client_id') === null
               || one(asked, 'client_id') != r.variables.idp_client_id)
    {
        show(r, 400, 'The agent did not say who it is. It has to register '
             + 'again.');

    } else if (!isRedirect(r, one(asked, 'redirect_uri'))) {
        show(r, 400, 'The address to which the agent wants to be told the '
             + 'result is not one that is listed here.');

    } else if (posted && r.headersIn.Origin != origin(r.variables.idp_issuer)) {
        show(r, 403, 'This form comes from another site.');

    } else {
        const error = refused(r, asked);

        if (error) {
            back(r, one(asked, 'redirect_uri'), one(asked, 'state'),
                 [['error', error]]);

        } else if (posted) {
            forward(r, asked);

        } else {
            ask(r, asked);
        }
    }
}


// Why a request is refused, as an error code, or ''.  The resource decides: if
// it were ignored, the app of a stranger could name this server as its own, and
// agents would bring it tokens that are for our app.

function refused(r, asked) {
    const single = ['state', 'scope', 'response_type', 'code_challenge',
                    'code_challenge_method'].concat(OTHERS);

    if (single.some((name) => one(asked, name) === null)) {
        return 'invalid_request';
    }

    if (one(asked, 'response_type') != 'code') {
        return 'unsupported_response_type';
    }

    const challenge = one(asked, 'code_challenge');

    if (challenge.length != 43 || /[^\w-]/.test(challenge)
        || one(asked, 'code_challenge_method') != 'S256')
    {
        return 'invalid_request';
    }

    if (!asked.resource || !asked.resource.every((url) => isResource(r, url))) {
        return 'invalid_target';
    }

    return areScopes(r, one(asked, 'scope')) ? '' : 'invalid_scope';
}


// Sends the browser on to the server behind.  Where that server's answer comes
// through here, "state" carries where it has to go then.  A cookie proves that
// the person has agreed in this browser: who goes to the server behind with a
// "state" of his own, and has somebody else sign in there, gets no answer.

function forward(r, asked) {
    const v = r.variables;
    const uri = one(asked, 'redirect_uri');
    let state = one(asked, 'state');

    if (through(r)) {
        const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
            .toString('hex');

        state = pack([uri, state, nonce]);
        setCookie(r, nonce, COOKIE_LIVES);
    }

    const passed = [
        ['response_type', 'code'],
        ['client_id', v.idp_client_id],
        ['redirect_uri', theirRedirect(r, uri)],
        ['scope', theirScope(r, one(asked, 'scope'), true)],
        ['state', state],
        ['code_challenge', one(asked, 'code_challenge')],
        ['code_challenge_method', 'S256'],
        ['audience', v.idp_audience],
    ].concat(OTHERS.map((name) => [name, one(asked, name)]));

    redirect(r, join(v.idp_their_authorize, passed));
}


// The answer of the server behind, on its way to the agent.  The redirect URI
// is checked again, since anybody can write a "state".

function callback(r) {
    const v = r.variables;
    const asked = parse(v.args);
    const state = asked ? unpack(one(asked, 'state')) : null;

    if (!through(r) || state === null || !isRedirect(r, state[0])
        || !hasCookie(r, state[2]))
    {
        show(r, 400, 'This is no answer to a sign-in that began here, in this '
             + 'browser, a short time ago.');

    } else if (one(asked, 'iss') !== ''
               && one(asked, 'iss') !== v.idp_their_issuer)
    {
        show(r, 400, 'This answer is from another server.');

    } else {
        setCookie(r, state[2], 0);
        back(r, state[0], state[1],
             ['code', 'error', 'error_description'].map((name) =>
                 [name, one(asked, name) || '']));
    }
}


// The token endpoint: two grants, of the one client, without a secret.

async function token(r) {
    if (!allowed(r, ['POST'])) {
        return;
    }

    const form = parse(bodyOf(r));
    const asked = form && translate(r, form);

    if (!asked) {
        fail(r, 400, 'invalid_request', 'A parameter is malformed or twice');

    } else if (typeof asked == 'string') {
        fail(r, asked == 'invalid_client' ? 401 : 400, asked);

    } else {
        const reply = await r.subrequest('/idp/their_token', {
            method: 'POST', body: query(asked),
        });

        relay(r, reply);
    }
}


// The parameters for the server behind, or an error code.

function translate(r, form) {
    const grant = one(form, 'grant_type');
    const get = (name) => [name, one(form, name)];

    if (Object.keys(form).some((name) => name != 'resource'
                                         && one(form, name) === null))
    {
        return 'invalid_request';
    }

    if (one(form, 'client_id') != r.variables.idp_client_id
        || form.client_secret || form.client_assertion
        || r.headersIn.Authorization)
    {
        return 'invalid_client';
    }

    if (form.resource && !form.resource.every((url) => isResource(r, url))) {
        return 'invalid_target';
    }

    // Some servers let a refresh token be used for other scopes than the first.

    if (!areScopes(r, one(form, 'scope'))) {
        return 'invalid_scope';
    }

    const common = [get('grant_type'), get('client_id'),
                    ['scope', theirScope(r, one(form, 'scope'), false)]];

    if (grant == 'refresh_token') {
        return form.refresh_token ? common.concat([get('refresh_token')])
                                  : 'invalid_request';
    }

    if (grant != 'authorization_code') {
        return 'unsupported_grant_type';
    }

    if (!form.code || !form.code_verifier
        || !isRedirect(r, one(form, 'redirect_uri')))
    {
        return 'invalid_request';
    }

    return common.concat([get('code'), get('code_verifier'),
        ['redirect_uri', theirRedirect(r, one(form, 'redirect_uri'))]]);
}


// What is no answer of a token endpoint is not handed to the agent as one.

function relay(r, reply) {
    const type = reply.headersOut['Content-Type'] || '';

    if (![200, 400, 401, 403, 429].includes(reply.status)
        || !/^application\/json\b/i.test(type))
    {
        r.headersOut['Retry-After'] = '5';
        fail(r, 503, 'temporarily_unavailable', 'The authorization server '
             + 'did not answer as expected');
        return;
    }

    headers(r, 'application/json');
    r.return(reply.status, reply.responseText);
}


function through(r) {
    return r.variables.idp_callback == 'on';
}


function theirRedirect(r, uri) {
    return through(r) ? r.variables.idp_issuer + '/idp/callback' : uri;
}


// A scope by the name that the server behind has for it.

function theirScope(r, text, authorizing) {
    const prefix = r.variables.idp_scope_prefix || '';
    const scopes = words(text);

    if (authorizing && !scopes.includes('offline_access')
        && words(r.variables.idp_scopes).includes('offline_access'))
    {
        scopes.push('offline_access');
    }

    return scopes.map((scope) => OPENID.includes(scope)
                                 || scope.startsWith(prefix)
                                 ? scope : prefix + scope).join(' ');
}


function short(r, scope) {
    const prefix = r.variables.idp_scope_prefix;

    return prefix && scope.startsWith(prefix) ? scope.slice(prefix.length)
                                              : scope;
}


// A loopback address with any port (RFC 8252 section 7.3), or one of the list,
// byte for byte.

function isRedirect(r, uri) {
    return typeof uri == 'string'
           && !NO_URI.test(uri)
           && (LOOPBACK.test(uri)
               || words(r.variables.idp_redirects).includes(uri));
}


// One of the resources, or a URL below it; the page shows it, so it must not be a
// sentence.

function isResource(r, url) {
    return !NO_URI.test(url)
           && words(r.variables.idp_resources).some((ours) =>
               url == ours || url.startsWith(ours.replace(/\/$/, '') + '/'));
}


// Scopes of the list, by either name.

function areScopes(r, text) {
    const known = words(r.variables.idp_scopes);

    return words(text).every((scope) => known.includes(scope)
                                        || known.includes(short(r, scope)));
}


function words(text) {
    return (text || '').split(' ').filter((word) => word);
}


function origin(url) {
    return url.match(/^https?:\/\/[^\/]+/)[0];
}


// The body of a request, or null: nginx has written it to a file, which it does
// with one that comes in very many pieces, and njs cannot read it there.

function bodyOf(r) {
    try {
        return r.requestText || '';

    } catch (e) {
        return null;
    }
}


// The parameters of a query or a form: for each name a list of its values; null
// if they are malformed, or if there is no text.

function parse(text) {
    const found = Object.create(null);

    if (text === null) {
        return null;
    }

    try {
        (text || '').split('&').filter((part) => part).forEach((part) => {
            const at = part.indexOf('=') < 0 ? part.length : part.indexOf('=');
            const name = decode(part.slice(0, at));

            found[name] = found[name] || [];
            found[name].push(decode(part.slice(at + 1)));
        });

    } catch (e) {
        return null;
    }

    return found;
}


function decode(text) {
    return decodeURIComponent(text.replace(/\+/g, ' '));
}


// The value of a parameter; '' without one, null if there are several.

function one(params, name) {
    const values = params[name] || [''];

    return values.length == 1 ? values[0] : null;
}


// Pairs as a query; those without a value are left out.

function query(pairs) {
    return pairs.filter((pair) => pair[1])
        .map((pair) => pair[0] + '=' + encodeURIComponent(pair[1])).join('&');
}


function join(url, pairs) {
    return url + (url.indexOf('?') < 0 ? '?' : '&') + query(pairs);
}


function pack(value) {
    return Buffer.from(JSON.stringify(value)).toString('base64url');
}


// The three strings that pack() was given, or null.

function unpack(text) {
    try {
        const value = JSON.parse(Buffer.from(text, 'base64url').toString());

        return Array.isArray(value) && value.length == 3
               && value.every((part) => typeof part == 'string')
               ? value : null;

    } catch (e) {
        return null;
    }
}


// Each sign-in has a cookie of its own, so that two can go on at the same time.
// No other host can set one with this prefix, which needs https.

function cookie(r, nonce) {
    const secure = r.variables.idp_issuer.startsWith('https:');

    return (secure ? '__Host-idp_' : 'idp_') + nonce + '=1';
}


function setCookie(r, nonce, seconds) {
    const secure = r.variables.idp_issuer.startsWith('https:');

    r.headersOut['Set-Cookie'] = [cookie(r, nonce) + '; Path=/; HttpOnly; '
        + 'SameSite=Lax; Max-Age=' + seconds + (secure ? '; Secure' : '')];
}


function hasCookie(r, nonce) {
    return nonce.length == 32 && !/[^0-9a-f]/.test(nonce)
           && (r.headersIn.Cookie || '').split(/; */)
               .includes(cookie(r, nonce));
}


// Sends the browser back to the agent (RFC 9207 section 2: with our name, where
// the metadata say so).

function back(r, uri, state, pairs) {
    redirect(r, join(uri, pairs.concat([
        ['state', state],
        ['iss', through(r) ? r.variables.idp_issuer : ''],
    ])));
}


function redirect(r, url) {
    r.headersOut['Cache-Control'] = 'no-store';
    r.headersOut['Referrer-Policy'] = 'no-referrer';
    r.return(r.method == 'POST' ? 303 : 302, url);
}


// The page for the person.  Browsers leave the origin of a form out where a
// policy forbids referrers, so the page has its own.

function ask(r, asked) {
    const uri = one(asked, 'redirect_uri');
    const where = LOOPBACK.test(uri) ? 'A program on this computer ('
        + origin(uri) + ')' : 'The agent at ' + uri.split('?')[0];
    const inputs = Object.keys(asked).map((name) => asked[name].map((value) =>
        '<input type="hidden" name="' + escape(name) + '" value="'
        + escape(value) + '">').join('')).join('\n');

    page(r, 200, '<h1>Let an agent in?</h1>\n<p>' + escape(where)
         + ' asks to use ' + escape(asked.resource.join(', '))
         + ' in your name.</p>\n<p>It asks for: '
         + escape(one(asked, 'scope') || 'what you may do') + '</p>\n'
         + '<p>Go on only if you have started this yourself, just now.</p>\n'
         + '<form method="post" action="/idp/authorize">\n' + inputs
         + '\n<button>Go on</button></form>');
}


function show(r, status, text) {
    page(r, status, '<h1>This did not work</h1>\n<p>' + escape(text) + '</p>');
}


function page(r, status, body) {
    r.headersOut['Content-Type'] = 'text/html; charset=utf-8';
    r.headersOut['Cache-Control'] = 'no-store';
    r.headersOut['Content-Security-Policy'] =
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    r.headersOut['X-Frame-Options'] = 'DENY';
    r.return(status, '<!DOCTYPE html>\n<title>Sign-in</title>\n'
             + '<meta name="referrer" content="same-origin">\n' + body + '\n');
}


function escape(text) {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
        .replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;');
}


// Answers for programs.  Agents in browsers may read them: nothing here depends
// on a cookie.

function allowed(r, methods) {
    if (methods.includes(r.method)) {
        return true;
    }

    headers(r);
    r.headersOut['Allow'] = methods.concat('OPTIONS').join(', ');

    if (r.method == 'OPTIONS') {
        r.headersOut['Access-Control-Allow-Methods'] = methods.join(', ');
        r.headersOut['Access-Control-Allow-Headers'] =
            'Content-Type, MCP-Protocol-Version';
    }

    r.return(r.method == 'OPTIONS' ? 204 : 405);

    return false;
}


function fail(r, status, error, text) {
    answer(r, status, text ? { error: error, error_description: text }
                           : { error: error });
}


function answer(r, status, object) {
    headers(r, 'application/json');
    r.return(status, JSON.stringify(object) + '\n');
}


function headers(r, type) {
    if (type) {
        r.headersOut['Content-Type'] = type;
    }

    r.headersOut['Access-Control-Allow-Origin'] = '*';
    r.headersOut['Cache-Control'] = 'no-store';
}


export default { metadata, register, authorize, callback, token };
