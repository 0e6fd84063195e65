// What the authorization server remembers, in memory, for as long as the demo
// or a test runs.  A store has a shelf for every kind of thing that
// oidc-provider keeps (its "adapter" interface).


export function newStore() {
    const shelves = new Map();

    return (kind) => {
        if (!shelves.has(kind)) {
            shelves.set(kind, new Shelf());
        }

        return shelves.get(kind);
    };
}


class Shelf {
    #entries = new Map();           // id -> { payload, until }, milliseconds

    async upsert(id, payload, seconds) {
        this.#entries.set(id, {
            payload,
            until: seconds ? Date.now() + seconds * 1000 : Infinity,
        });
    }

    async find(id) {
        const entry = this.#entries.get(id);

        return entry && entry.until > Date.now() ? entry.payload : undefined;
    }

    async findByUid(uid) {
        return await this.#findBy('uid', uid);
    }

    async findByUserCode(code) {
        return await this.#findBy('userCode', code);
    }

    async consume(id) {
        const payload = await this.find(id);

        if (payload) {
            payload.consumed = Math.floor(Date.now() / 1000);
        }
    }

    async destroy(id) {
        this.#entries.delete(id);
    }

    async revokeByGrantId(grantId) {
        for (const [id, { payload }] of this.#entries) {
            if (payload.grantId === grantId) {
                this.#entries.delete(id);
            }
        }
    }

    async #findBy(member, value) {
        for (const [id, { payload }] of this.#entries) {
            if (payload[member] === value) {
                return await this.find(id);
            }
        }

        return undefined;
    }
}
