// What the demo prints: numbered steps.  Each step is an exchange over HTTP
// that a person can follow, and checks of the answer.  If a check fails, the
// demo ends.

import { STATUS_CODES } from 'node:http';


const LINES = 16;
const COLUMNS = 100;


export class StepFailed extends Error {
    constructor(step, what, expected, got) {
        super(`step "${step}": ${what}`);
        this.expected = expected;
        this.got = got;
    }
}


export class Story {
    #print;
    #bold;
    #step = '';
    #number = 0;

    constructor({ print = console.log, colours = process.stdout.isTTY } = {}) {
        this.#print = print;
        this.#bold = (text) => (colours ? `\x1b[1m${text}\x1b[0m` : text);
    }

    say(text = '') {
        this.#print(text);
    }

    step(title) {
        this.#step = title;
        this.#number++;
        this.#print(`\n${this.#bold(`${this.#number}  ${title}`)}`);
    }

    means(text) {
        this.#print(`   = ${text}`);
    }

    // Sends a request and prints both sides.  `show` lists the headers of the
    // answer to print, `members` the members of a long JSON body.  Returns
    // { status, headers, body, json }.

    async exchange({ method = 'GET', url, headers = {}, form, json,
                     show = ['content-type'], members })
    {
        const body = json ? JSON.stringify(json) : form;

        this.#print(`   > ${method} ${url}`);
        this.#printRequest(headers, form, json);

        const response = await fetch(url, {
            method,
            body,
            redirect: 'manual',
            headers: json ? { 'Content-Type': 'application/json', ...headers }
                          : headers,
        }).catch((error) => {
            throw new StepFailed(this.#step, `${method} ${url}`, 'an answer',
                                 String(error.cause ?? error));
        });

        const answer = {
            status: response.status,
            headers: response.headers,
            body: await response.text(),
        };

        answer.json = parse(answer.body);
        this.#printAnswer(answer, show, members);

        return answer;
    }

    // `expected` is a value, a pattern, or a predicate with a name.

    check(what, got, expected) {
        const holds = expected instanceof RegExp ? expected.test(got ?? '')
                      : typeof expected === 'function' ? expected(got)
                      : Object.is(got, expected);

        if (!holds) {
            throw new StepFailed(this.#step, what,
                                 typeof expected === 'function'
                                 ? expected.name : show(expected), show(got));
        }
    }

    #printRequest(headers, form, json) {
        for (const [name, value] of Object.entries(headers)) {
            this.#print(`     ${name}: ${shorten(value)}`);
        }

        for (const [name, value] of form ?? []) {
            this.#print(`     ${name}=${shorten(value)}`);
        }

        if (json) {
            this.#printJson(json);
        }
    }

    #printAnswer({ status, headers, body, json }, names, members) {
        this.#print(`   < ${this.#bold(`${status} ${STATUS_CODES[status]}`)}`);

        for (const name of names) {
            if (headers.has(name)) {
                this.#print(`     ${capital(name)}: `
                            + shorten(headers.get(name)));
            }
        }

        if (json) {
            this.#printJson(members ? pick(json, members) : json);

        } else if (body) {
            this.#printLines(body.trim().split('\n'));
        }
    }

    #printJson(value) {
        this.#printLines(JSON.stringify(value, null, 2).split('\n'));
    }

    #printLines(lines) {
        for (const line of lines.slice(0, LINES)) {
            const text = shorten(line);

            this.#print(`     ${text.length > COLUMNS
                ? `${text.slice(0, COLUMNS)}…` : text}`);
        }

        if (lines.length > LINES) {
            this.#print('     …');
        }
    }
}


// Tokens and codes are long, and a reader has no use for them.

export function shorten(text) {
    return String(text).replaceAll(/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/g,
                                   (token) => `${token.slice(0, 12)}…`
                                              + token.slice(-8));
}


function capital(name) {
    return name.replaceAll(/(^|-)[a-z]/g, (text) => text.toUpperCase())
        .replace('Www', 'WWW');
}


function pick(json, members) {
    const picked = Object.fromEntries(members.filter((name) => name in json)
        .map((name) => [name, json[name]]));

    return Object.keys(picked).length < Object.keys(json).length
        ? { ...picked, '…': '…' } : picked;
}


function parse(body) {
    try {
        return JSON.parse(body);

    } catch {
        return undefined;
    }
}


function show(value) {
    return value instanceof RegExp ? `something like ${value}`
           : value === undefined || value === null ? 'nothing'
           : typeof value === 'string' ? value : JSON.stringify(value);
}
