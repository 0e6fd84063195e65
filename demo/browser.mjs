// As much of a browser as a sign-in needs: it keeps cookies, follows redirects,
// and submits each form as it comes.  It plays the person in front of it, who
// agrees to everything.


export class Browser {
    #cookies = new Map();

    constructor(onExchange = () => {}) {
        this.onExchange = onExchange;
    }

    // Opens a URL and follows redirects and forms.  Ends at the first address
    // that starts with `stop` (which is not fetched), or at a page without a
    // form.  Returns { url, status, body }.

    async open(url, stop) {
        let request = { method: 'GET', url };

        for (let steps = 0; steps < 20; steps++) {
            if (stop && request.url.startsWith(stop)) {
                return { url: request.url };
            }

            const response = await this.#fetch(request);
            const body = await response.text();
            const next = this.#redirect(request, response)
                         ?? form(request, response, body);

            if (!next) {
                return { url: request.url, status: response.status, body };
            }

            request = next;
        }

        throw new Error(`no end of redirects at ${request.url}`);
    }

    async #fetch({ method, url, body, origin }) {
        const response = await fetch(url, {
            method,
            body,
            redirect: 'manual',
            headers: { Cookie: this.#cookieHeader(new URL(url)),
                       ...origin && { Origin: origin } },
        });

        for (const line of response.headers.getSetCookie()) {
            this.#store(new URL(url), line);
        }

        this.onExchange({ method, url, status: response.status });

        return response;
    }

    #redirect(request, response) {
        const location = response.headers.get('location');

        if (!location || response.status < 300 || response.status > 399) {
            return undefined;
        }

        return { method: 'GET', url: new URL(location, request.url).href };
    }

    #store(url, line) {
        const [pair, ...attributes] = line.split(/;\s*/);
        const name = pair.slice(0, pair.indexOf('='));
        const value = pair.slice(pair.indexOf('=') + 1);
        let path = '/';

        for (const attribute of attributes) {
            if (/^path=/i.test(attribute)) {
                path = attribute.slice('path='.length);
            }
        }

        if (value === '') {
            this.#cookies.delete(`${url.host} ${path} ${name}`);
            return;
        }

        this.#cookies.set(`${url.host} ${path} ${name}`,
                          { host: url.host, path, pair });
    }

    #cookieHeader(url) {
        return [...this.#cookies.values()]
            .filter(({ host, path }) => host === url.host
                                        && below(url.pathname, path))
            .map(({ pair }) => pair)
            .join('; ');
    }
}


function below(path, parent) {
    return path === parent
           || path.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
}


// The first form of the page, with the values that it has.

function form(request, response, body) {
    if (response.status !== 200
        || !response.headers.get('content-type')?.startsWith('text/html'))
    {
        return undefined;
    }

    const tag = body.match(/<form\b[^>]*>/i)?.[0];

    if (!tag) {
        return undefined;
    }

    const fields = new URLSearchParams();

    for (const [input] of body.matchAll(/<input\b[^>]*>/gi)) {
        const name = attribute(input, 'name');

        if (name) {
            fields.append(name, attribute(input, 'value') ?? '');
        }
    }

    return {
        method: 'POST',
        url: new URL(attribute(tag, 'action'), request.url).href,
        body: fields,
        origin: new URL(request.url).origin,
    };
}


function attribute(tag, name) {
    const value = tag.match(new RegExp(`\\b${name}="([^"]*)"`, 'i'))?.[1];

    return value?.replaceAll('&quot;', '"').replaceAll('&#39;', "'")
        .replaceAll('&lt;', '<').replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
}
