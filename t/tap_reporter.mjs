// A reporter for Node's test runner that t/tap can read: the top-level tests,
// one line each, and why one failed as comments.  Node's own TAP carries YAML
// that Perl's parser refuses.

import { inspect } from 'node:util';


export default async function* report(events) {
    let count = 0;

    for await (const { type, data } of events) {
        if (type === 'test:fail') {
            yield* comments(data);
        }

        if ((type === 'test:pass' || type === 'test:fail')
            && data.nesting === 0)
        {
            yield line(type === 'test:pass', ++count, data);
        }
    }

    yield `1..${count}\n`;
}


function line(passed, number, { name, skip, todo }) {
    const directive = skip !== undefined ? ' # SKIP'
        : todo !== undefined ? ' # TODO' : '';

    return `${passed ? 'ok' : 'not ok'} ${number} - `
           + `${name.replace(/[#\n]/g, ' ')}${directive}\n`;
}


function* comments({ name, details }) {
    const { error } = details;
    const text = inspect(error.cause ?? error);

    for (const part of [`failed: ${name}`, ...text.split('\n')]) {
        yield `# ${part}\n`;
    }
}
