// Made from /openapi.json by openapi-typescript: npm run client

export interface paths {
    "/api/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List accounts */
        get: operations["account.list"];
        put?: never;
        /** Create: open */
        post: operations["account.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count accounts */
        get: operations["account.count"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/views/byOwner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count accounts by owner, with their cents */
        get: operations["account.views.byOwner"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of all accounts, as they happen */
        get: operations["account.events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of one account, as they happen */
        get: operations["account.eventsOfOne"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one account */
        get: operations["account.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of one thing, newest first */
        get: operations["account.history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}:diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The difference between two versions */
        get: operations["account.diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}:deposit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run the command deposit */
        post: operations["account:deposit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}:withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run the command withdraw */
        post: operations["account:withdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/{id}:close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run the command close */
        post: operations["account:close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of all entities, as they happen */
        get: operations["service.events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/site": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What other sites ask before they follow this one */
        get: operations["service.site"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A WebSocket with any number of subscriptions to these addresses */
        get: operations["service.live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description, as OpenAPI 3.1 */
        get: operations["service.openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page to read this description, and to try it */
        get: operations["service.docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page that shows the events of an entity as they happen */
        get: operations["service.docsLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page that shows the things of several sites side by side */
        get: operations["service.docsSites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of that page */
        get: operations["service.docsFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The problems that the service can answer with */
        get: operations["service.problems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a problem means, and what to do */
        get: operations["service.problem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        account: {
            id: string;
            owner: string;
            cents: number;
            /** Format: date-time */
            closedAt?: string;
        };
        "account.open.input": {
            id?: string;
            owner: string;
        };
        "account.deposit.input": {
            cents: number;
            reference?: string;
        };
        "account.withdraw.input": {
            cents: number;
        };
        "account.close.input": Record<string, never>;
        "account.byOwner.group": {
            key: string | null;
            count: number;
            measures: {
                cents: {
                    count: number;
                    sum: number | null;
                    min: number | null;
                    max: number | null;
                    average: number | null;
                };
            };
        };
        count: {
            count: number;
        };
        /** @description An event of a thing. */
        event: {
            version: number;
            /** @description What happened, such as UserCreated. */
            type: string;
            /** Format: date-time */
            at: string;
            /** @description The name of the key that the request had. */
            actor?: string;
            requestId?: string;
            /** @description The event of another site whose state this one took over. */
            origin?: {
                site?: string;
                id?: string;
                version?: number;
            };
            /** @description Left out if the entity hides parts of its state. */
            data?: Record<string, never>;
            /** @description A merge patch of what clients see; null after a deletion. */
            changes?: Record<string, never> | null;
            /** @description Why the event cannot be understood. */
            problem?: string;
        };
        /** @description A fault in what was sent. */
        fault: {
            /** @description Where it is in the body: a JSON pointer (RFC 6901). Empty for the whole. */
            pointer: string;
            /**
             * @description What is wrong, for programs.
             * @enum {unknown}
             */
            code: "required" | "unknown-field" | "not-allowed" | "wrong-type" | "not-a-string" | "not-a-number" | "not-a-boolean" | "not-a-date" | "not-a-list" | "not-an-object" | "empty" | "too-short" | "too-long" | "wrong-length" | "wrong-format" | "not-an-email" | "not-a-uuid" | "not-a-uri" | "not-a-hostname" | "not-an-ip-address" | "not-a-duration" | "not-an-integer" | "too-small" | "too-large" | "too-precise" | "not-a-multiple" | "not-a-port" | "unsafe-number" | "too-early" | "too-late" | "too-few" | "too-many" | "missing-item" | "duplicate" | "wrong-order" | "conflicting-fields" | "repeated-key" | "unsafe-key" | "unsafe-text" | "too-deep" | "nothing-to-update" | "unusable-reference" | "other-id" | "more-faults" | "unreadable-body" | "invalid-header" | "unknown-parameter" | "invalid-parameter" | "not-combinable" | "invalid-message" | "invalid-address" | "invalid";
            /** @description What is wrong, for people. */
            detail: string;
        };
        /** @description An error (RFC 9457). */
        problem: {
            /**
             * Format: uri-reference
             * @description The address of a page that explains it.
             */
            type: string;
            title: string;
            status: number;
            detail: string;
            requestId: string;
            errors?: components["schemas"]["fault"][];
            /** @description The id of the thing. */
            id?: string;
            /** @description The version of the thing. */
            version?: number;
            /** Format: date-time */
            createdAt?: string;
            /** Format: date-time */
            deletedAt?: string;
            /**
             * @description What became of a command. After `unknown`, read the thing before you repeat it.
             * @enum {unknown}
             */
            written?: "written" | "notWritten" | "unknown";
            commands?: string[];
        };
        "problem.invalid-request": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/invalid-request";
            /** @enum {unknown} */
            status?: 400;
        };
        "problem.invalid-input": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/invalid-input";
            /** @enum {unknown} */
            status?: 400;
        };
        "problem.invalid-body": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/invalid-body";
            /** @enum {unknown} */
            status?: 400;
        };
        "problem.invalid-document": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/invalid-document";
            /** @enum {unknown} */
            status?: 400;
        };
        "problem.out-of-reach": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/out-of-reach";
            /** @enum {unknown} */
            status?: 400;
        };
        "problem.other-type": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/other-type";
            /** @enum {unknown} */
            status?: 409;
        };
        "problem.key-required": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/key-required";
            /** @enum {unknown} */
            status?: 401;
        };
        "problem.scope-too-small": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/scope-too-small";
            /** @enum {unknown} */
            status?: 403;
        };
        "problem.not-found": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/not-found";
            /** @enum {unknown} */
            status?: 404;
        };
        "problem.no-such-route": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/no-such-route";
            /** @enum {unknown} */
            status?: 404;
        };
        "problem.no-such-command": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/no-such-command";
            /** @enum {unknown} */
            status?: 404;
        };
        "problem.method-not-allowed": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/method-not-allowed";
            /** @enum {unknown} */
            status?: 405;
        };
        "problem.foreign-origin": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/foreign-origin";
            /** @enum {unknown} */
            status?: 403;
        };
        "problem.not-acceptable": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/not-acceptable";
            /** @enum {unknown} */
            status?: 406;
        };
        "problem.request-timeout": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/request-timeout";
            /** @enum {unknown} */
            status?: 408;
        };
        "problem.exists": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/exists";
            /** @enum {unknown} */
            status?: 409;
        };
        "problem.deleted": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/deleted";
            /** @enum {unknown} */
            status?: 410;
        };
        "problem.other-version": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/other-version";
            /** @enum {unknown} */
            status?: 412;
        };
        "problem.no-such-version": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/no-such-version";
            /** @enum {unknown} */
            status?: 412;
        };
        "problem.position-too-old": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/position-too-old";
            /** @enum {unknown} */
            status?: 410;
        };
        "problem.body-too-large": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/body-too-large";
            /** @enum {unknown} */
            status?: 413;
        };
        "problem.unsupported-media-type": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/unsupported-media-type";
            /** @enum {unknown} */
            status?: 415;
        };
        "problem.expectation-failed": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/expectation-failed";
            /** @enum {unknown} */
            status?: 417;
        };
        "problem.precondition-required": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/precondition-required";
            /** @enum {unknown} */
            status?: 428;
        };
        "problem.too-many-requests": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/too-many-requests";
            /** @enum {unknown} */
            status?: 429;
        };
        "problem.upgrade-required": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/upgrade-required";
            /** @enum {unknown} */
            status?: 426;
        };
        "problem.head-too-large": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/head-too-large";
            /** @enum {unknown} */
            status?: 431;
        };
        "problem.fault": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/fault";
            /** @enum {unknown} */
            status?: 500;
        };
        "problem.unavailable": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/unavailable";
            /** @enum {unknown} */
            status?: 503;
        };
        "problem.insufficient-funds": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/insufficient-funds";
            /** @enum {unknown} */
            status?: 409;
        };
        "problem.not-empty": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/not-empty";
            /** @enum {unknown} */
            status?: 409;
        };
        "problem.closed": components["schemas"]["problem"] & {
            /** @constant */
            type?: "/problems/closed";
            /** @enum {unknown} */
            status?: 409;
        };
        /** @description What a problem means. */
        problemPage: {
            type: string;
            status: number;
            title: string;
            happened: string;
            why: string;
            todo: string;
            curl: string;
            /** @description The entity that declares it. Without it, the engine answers with it. */
            entity?: string;
            /** @description The codes in `errors`, and what they mean. */
            codes?: {
                [key: string]: string;
            };
        };
    };
    responses: {
        /** @description The request is not valid HTTP. */
        "invalid-request": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.invalid-request"];
            };
        };
        /** @description The request has invalid input. */
        "invalid-input": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.invalid-input"];
            };
        };
        /** @description The body cannot be read as JSON. */
        "invalid-body": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.invalid-body"];
            };
        };
        /** @description The body is no JSON:API document that fits this address. */
        "invalid-document": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.invalid-document"];
            };
        };
        /** @description The request needs more work than is allowed. */
        "out-of-reach": {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.out-of-reach"];
            };
        };
        /** @description The document is of another type. */
        "other-type": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.other-type"];
            };
        };
        /** @description The request needs a valid API key. */
        "key-required": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.key-required"];
            };
        };
        /** @description The API key does not allow this. */
        "scope-too-small": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.scope-too-small"];
            };
        };
        /** @description The thing was not found. */
        "not-found": {
            headers: {
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.not-found"];
            };
        };
        /** @description There is nothing at this address. */
        "no-such-route": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.no-such-route"];
            };
        };
        /** @description The thing does not have that command. */
        "no-such-command": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.no-such-command"];
            };
        };
        /** @description This address does not know that method. */
        "method-not-allowed": {
            headers: {
                Allow: components["headers"]["Allow"];
                "Accept-Patch": components["headers"]["Accept-Patch"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.method-not-allowed"];
            };
        };
        /** @description A page of another origin may not write here. */
        "foreign-origin": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.foreign-origin"];
            };
        };
        /** @description The service has no extension of JSON:API. */
        "not-acceptable": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.not-acceptable"];
            };
        };
        /** @description The request did not arrive in time. */
        "request-timeout": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.request-timeout"];
            };
        };
        /** @description The thing exists or existed. */
        exists: {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.exists"];
            };
        };
        /** @description The thing was deleted. */
        deleted: {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.deleted"];
            };
        };
        /** @description The thing has another version. */
        "other-version": {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.other-version"];
            };
        };
        /** @description The thing does not have that version. */
        "no-such-version": {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.no-such-version"];
            };
        };
        /** @description The position in the log is not known any more. */
        "position-too-old": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.position-too-old"];
            };
        };
        /** @description The body is too large. */
        "body-too-large": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.body-too-large"];
            };
        };
        /** @description The type of the body is not supported. */
        "unsupported-media-type": {
            headers: {
                "Accept-Encoding": components["headers"]["Accept-Encoding"];
                "Accept-Patch": components["headers"]["Accept-Patch"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.unsupported-media-type"];
            };
        };
        /** @description The expectation of the request is not known. */
        "expectation-failed": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.expectation-failed"];
            };
        };
        /** @description This service writes only under a condition. */
        "precondition-required": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.precondition-required"];
            };
        };
        /** @description The client sent too many requests. */
        "too-many-requests": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.too-many-requests"];
            };
        };
        /** @description The address is a WebSocket. */
        "upgrade-required": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.upgrade-required"];
            };
        };
        /** @description The head of the request is too large. */
        "head-too-large": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.head-too-large"];
            };
        };
        /** @description The service has a fault. */
        fault: {
            headers: {
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.fault"];
            };
        };
        /** @description The service cannot answer at the moment. */
        unavailable: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                "Muster-Parked": components["headers"]["Muster-Parked"];
                ETag: components["headers"]["ETag"];
                "Muster-Source": components["headers"]["Muster-Source"];
                "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                "X-Request-Id": components["headers"]["X-Request-Id.always"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.unavailable"];
            };
        };
    };
    parameters: {
        /** @description The id of the thing. */
        id: string;
        /** @description How many things come before this page. */
        offset: number;
        /** @description How many things are on a page, at most. */
        limit: number;
        /** @description The thing as it was at this version. */
        version: number;
        /** @description As it was at this time in the past: a time with its zone, or a day. */
        at: string;
        /** @description The version to compare. */
        from: number;
        /** @description The version to compare with. */
        to: number;
        /** @description How many are on a page, at most. */
        "page[size]": number;
        /** @description Only events with a lower version. */
        "page[before]": number;
        /** @description Only things with these values: `filter[field]=…` or `filter[field][operator]=…`. */
        filter: {
            [key: string]: string;
        };
        /** @description The order: fields with commas between, `-` before one that descends. */
        sort: string;
        /** @description The order: `key`, `count`, or a figure such as `cents.sum`, with `-` before it to descend. */
        groupSort: string;
        /** @description Only these fields, with commas between, and the id. */
        fields: string;
        /** @description Whether Muster-Total says how many there are in all. */
        total: boolean;
        /** @description How many things are on a page, at most. With `at` at most 100. */
        listSize: number;
        /** @description A cursor from Link: the page after it. With `at` an id. */
        listAfter: string;
        /** @description A cursor from Link: the page before it. */
        listBefore: string;
        /** @description Only events of these types, with commas between. */
        types: string;
        /** @description `start`: from the first event of the log on. Without it, from now on. */
        "from start": "start";
        /** @description The id of a message: from the events behind it on. */
        after: string;
        /** @description `now`: ends with the reason `reached` when it has sent what there is. */
        "until now": "now";
        /** @description `true`: with what clients see after each event. `full`: with all fields, for other sites. */
        state: "true" | "false" | "full";
        /** @description The same as `after`. Browsers send it when they connect again. */
        "Last-Event-ID": string;
        /** @description Whether each event says what it changed. */
        changes: boolean;
        /** @description Only if the thing has one of these ETags. `*` is any. */
        "If-Match": string;
        /** @description Only if the thing has none of these ETags. `*` is any. */
        "If-None-Match": string;
        /** @description The answer is never older than this version. */
        "Muster-Min-Version": number;
        /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
        "X-Request-Id": string;
        /** @description The trace of the request (W3C Trace Context). It is kept in the event. */
        traceparent: string;
        /** @description How the body is compressed. Without it, the body is as it is. */
        "Content-Encoding": "gzip" | "x-gzip" | "deflate" | "br" | "identity";
        /** @description The name of the problem, as in its `type`. */
        name: string;
        /** @description A file of the page /docs. */
        file: string;
    };
    requestBodies: never;
    headers: {
        /** @description The id of the request: yours if you sent one, else the gateway’s. It is in the event and in the log. */
        "X-Request-Id": string;
        /** @description The id of the request: yours if you sent one, else the gateway’s. It is in the event and in the log. */
        "X-Request-Id.always": string;
        /** @description The version of the thing, in quotes. It grows by 1 with each event. */
        ETag: string;
        /** @description The version of the thing, in quotes. It grows by 1 with each event. */
        "ETag.always": string;
        /** @description The address of the new thing. */
        Location: string;
        /** @description The address of the new thing. */
        "Location.always": string;
        /** @description The addresses of the next and the previous page (RFC 8288). */
        Link: string;
        /** @description The addresses of the next and the previous page (RFC 8288). */
        "Link.always": string;
        /** @description Where the answer comes from: aggregators (memory), database (snapshot and log) or log (a write). */
        "Muster-Source": string;
        /** @description Where the answer comes from: aggregators (memory), database (snapshot and log) or log (a write). */
        "Muster-Source.always": string;
        /** @description How many things there are in all, if `total=true` asks for it. */
        "Muster-Total": number;
        /** @description How many things there are in all, if `total=true` asks for it. */
        "Muster-Total.always": number;
        /** @description How old the answer may be, in milliseconds. */
        "Muster-Lag-Ms": number;
        /** @description How old the answer may be, in milliseconds. */
        "Muster-Lag-Ms.always": number;
        /** @description The answer comes from the snapshot, and has all writes before this time. */
        "Muster-As-Of": string;
        /** @description The answer comes from the snapshot, and has all writes before this time. */
        "Muster-As-Of.always": string;
        /** @description The next event of the thing cannot be understood. The answer is the state before it. */
        "Muster-Parked": "true";
        /** @description The next event of the thing cannot be understood. The answer is the state before it. */
        "Muster-Parked.always": "true";
        /** @description Seconds after which the request may be sent again. */
        "Retry-After": number;
        /** @description Seconds after which the request may be sent again. */
        "Retry-After.always": number;
        /** @description The methods that this address knows. */
        Allow: string;
        /** @description The methods that this address knows. */
        "Allow.always": string;
        /** @description The media types of a PATCH. */
        "Accept-Patch": string;
        /** @description The media types of a PATCH. */
        "Accept-Patch.always": string;
        /** @description How to send a key, and why this one is refused. */
        "WWW-Authenticate": string;
        /** @description How to send a key, and why this one is refused. */
        "WWW-Authenticate.always": string;
        /** @description What is left of the rate, and in how many seconds it begins anew. */
        RateLimit: string;
        /** @description What is left of the rate, and in how many seconds it begins anew. */
        "RateLimit.always": string;
        /** @description How many requests a client may send in how many seconds. */
        "RateLimit-Policy": string;
        /** @description How many requests a client may send in how many seconds. */
        "RateLimit-Policy.always": string;
        /** @description The encodings of a body that are supported. */
        "Accept-Encoding": string;
        /** @description The encodings of a body that are supported. */
        "Accept-Encoding.always": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "account.list": {
        parameters: {
            query?: {
                /** @description How many things come before this page. */
                offset?: components["parameters"]["offset"];
                /** @description How many things are on a page, at most. */
                limit?: components["parameters"]["limit"];
                /** @description As it was at this time in the past: a time with its zone, or a day. */
                at?: components["parameters"]["at"];
                /** @description Only things with these values: `filter[field]=…` or `filter[field][operator]=…`. */
                filter?: components["parameters"]["filter"];
                /** @description The order: fields with commas between, `-` before one that descends. */
                sort?: components["parameters"]["sort"];
                /** @description Only these fields, with commas between, and the id. */
                fields?: components["parameters"]["fields"];
                /** @description Whether Muster-Total says how many there are in all. */
                total?: components["parameters"]["total"];
                /** @description How many things are on a page, at most. With `at` at most 100. */
                "page[size]"?: components["parameters"]["listSize"];
                /** @description A cursor from Link: the page after it. With `at` an id. */
                "page[after]"?: components["parameters"]["listAfter"];
                /** @description A cursor from Link: the page before it. */
                "page[before]"?: components["parameters"]["listBefore"];
            };
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page: by partition and id, or in the order of its sort. With `Accept: text/event-stream`: server-sent events with this, and then with its changes. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "Muster-As-Of": components["headers"]["Muster-As-Of"];
                    "Muster-Total": components["headers"]["Muster-Total"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": (components["schemas"]["account"] | {
                        id: string;
                    })[];
                };
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description The trace of the request (W3C Trace Context). It is kept in the event. */
                traceparent?: components["parameters"]["traceparent"];
                /** @description How the body is compressed. Without it, the body is as it is. */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["account.open.input"];
            };
        };
        responses: {
            /** @description The new account. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    Location: components["headers"]["Location.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account"];
                };
            };
            /** @description The request has invalid input. The body cannot be read as JSON. The body is no JSON:API document that fits this address. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-body"] | components["schemas"]["problem.invalid-document"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            /** @description The API key does not allow this. A page of another origin may not write here. */
            403: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.scope-too-small"] | components["schemas"]["problem.foreign-origin"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            /** @description The document is of another type. The thing exists or existed. The balance is too low. The account is not empty. The account is closed. */
            409: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-type"] | components["schemas"]["problem.exists"] | components["schemas"]["problem.insufficient-funds"] | components["schemas"]["problem.not-empty"] | components["schemas"]["problem.closed"];
                };
            };
            413: components["responses"]["body-too-large"];
            415: components["responses"]["unsupported-media-type"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.count": {
        parameters: {
            query?: {
                /** @description As it was at this time in the past: a time with its zone, or a day. */
                at?: components["parameters"]["at"];
            };
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many there are. */
            200: {
                headers: {
                    "Muster-As-Of": components["headers"]["Muster-As-Of"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["count"];
                };
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.views.byOwner": {
        parameters: {
            query?: {
                /** @description How many things come before this page. */
                offset?: components["parameters"]["offset"];
                /** @description How many things are on a page, at most. */
                limit?: components["parameters"]["limit"];
                /** @description Only things with these values: `filter[field]=…` or `filter[field][operator]=…`. */
                filter?: components["parameters"]["filter"];
                /** @description The order: `key`, `count`, or a figure such as `cents.sum`, with `-` before it to descend. */
                sort?: components["parameters"]["groupSort"];
                /** @description How many things are on a page, at most. With `at` at most 100. */
                "page[size]"?: components["parameters"]["listSize"];
                /** @description A cursor from Link: the page after it. With `at` an id. */
                "page[after]"?: components["parameters"]["listAfter"];
                /** @description A cursor from Link: the page before it. */
                "page[before]"?: components["parameters"]["listBefore"];
            };
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of groups. With `Accept: text/event-stream`: server-sent events with this, and then with its changes. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "Muster-As-Of": components["headers"]["Muster-As-Of"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account.byOwner.group"][];
                };
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.events": {
        parameters: {
            query?: {
                /** @description Only things with these values: `filter[field]=…` or `filter[field][operator]=…`. */
                filter?: components["parameters"]["filter"];
                /** @description Only events of these types, with commas between. */
                types?: components["parameters"]["types"];
                /** @description `start`: from the first event of the log on. Without it, from now on. */
                from?: components["parameters"]["from start"];
                /** @description `now`: ends with the reason `reached` when it has sent what there is. */
                until?: components["parameters"]["until now"];
                /** @description The id of a message: from the events behind it on. */
                after?: components["parameters"]["after"];
                /** @description `true`: with what clients see after each event. `full`: with all fields, for other sites. */
                state?: components["parameters"]["state"];
            };
            header?: {
                /** @description The same as `after`. Browsers send it when they connect again. */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events, each with a CloudEvent as its data. It does not end. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The request has invalid input. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["position-too-old"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.eventsOfOne": {
        parameters: {
            query?: {
                /** @description Only things with these values: `filter[field]=…` or `filter[field][operator]=…`. */
                filter?: components["parameters"]["filter"];
                /** @description Only events of these types, with commas between. */
                types?: components["parameters"]["types"];
                /** @description `start`: from the first event of the log on. Without it, from now on. */
                from?: components["parameters"]["from start"];
                /** @description `now`: ends with the reason `reached` when it has sent what there is. */
                until?: components["parameters"]["until now"];
                /** @description The id of a message: from the events behind it on. */
                after?: components["parameters"]["after"];
                /** @description `true`: with what clients see after each event. `full`: with all fields, for other sites. */
                state?: components["parameters"]["state"];
            };
            header?: {
                /** @description The same as `after`. Browsers send it when they connect again. */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events, each with a CloudEvent as its data. It does not end. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The request has invalid input. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["position-too-old"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.read": {
        parameters: {
            query?: {
                /** @description The thing as it was at this version. */
                version?: components["parameters"]["version"];
                /** @description As it was at this time in the past: a time with its zone, or a day. */
                at?: components["parameters"]["at"];
            };
            header?: {
                /** @description Only if the thing has one of these ETags. `*` is any. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description The answer is never older than this version. */
                "Muster-Min-Version"?: components["parameters"]["Muster-Min-Version"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account. With `Accept: text/event-stream`: server-sent events with this, and then with its changes. */
            200: {
                headers: {
                    "Muster-Parked": components["headers"]["Muster-Parked"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account"];
                };
            };
            /** @description The thing still has the version in If-None-Match. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            404: components["responses"]["not-found"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["deleted"];
            /** @description The thing has another version. The thing does not have that version. */
            412: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-version"] | components["schemas"]["problem.no-such-version"];
                };
            };
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.history": {
        parameters: {
            query?: {
                /** @description How many are on a page, at most. */
                "page[size]"?: components["parameters"]["page[size]"];
                /** @description Only events with a lower version. */
                "page[before]"?: components["parameters"]["page[before]"];
                /** @description Whether each event says what it changed. */
                changes?: components["parameters"]["changes"];
            };
            header?: {
                /** @description Only if the thing has one of these ETags. `*` is any. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "Muster-Parked": components["headers"]["Muster-Parked"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["event"][];
                };
            };
            /** @description The thing still has the version in If-None-Match. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            404: components["responses"]["not-found"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["deleted"];
            /** @description The thing has another version. The thing does not have that version. */
            412: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-version"] | components["schemas"]["problem.no-such-version"];
                };
            };
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account.diff": {
        parameters: {
            query: {
                /** @description The version to compare. */
                from: components["parameters"]["from"];
                /** @description The version to compare with. */
                to: components["parameters"]["to"];
            };
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A merge patch (RFC 7396). */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/merge-patch+json": Record<string, never>;
                };
            };
            /** @description The request has invalid input. The request needs more work than is allowed. The request is not valid HTTP. */
            400: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.out-of-reach"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            404: components["responses"]["not-found"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["deleted"];
            /** @description The thing has another version. The thing does not have that version. */
            412: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-version"] | components["schemas"]["problem.no-such-version"];
                };
            };
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account:deposit": {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the thing has one of these ETags. `*` is any. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description The trace of the request (W3C Trace Context). It is kept in the event. */
                traceparent?: components["parameters"]["traceparent"];
                /** @description How the body is compressed. Without it, the body is as it is. */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["account.deposit.input"];
            };
        };
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    "Muster-Parked": components["headers"]["Muster-Parked"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account"];
                };
            };
            /** @description The account is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request has invalid input. The body cannot be read as JSON. The body is no JSON:API document that fits this address. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-body"] | components["schemas"]["problem.invalid-document"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            /** @description The API key does not allow this. A page of another origin may not write here. */
            403: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.scope-too-small"] | components["schemas"]["problem.foreign-origin"];
                };
            };
            /** @description The thing was not found. The thing does not have that command. */
            404: {
                headers: {
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.not-found"] | components["schemas"]["problem.no-such-command"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            /** @description The document is of another type. The balance is too low. The account is not empty. The account is closed. */
            409: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-type"] | components["schemas"]["problem.insufficient-funds"] | components["schemas"]["problem.not-empty"] | components["schemas"]["problem.closed"];
                };
            };
            410: components["responses"]["deleted"];
            412: components["responses"]["other-version"];
            413: components["responses"]["body-too-large"];
            415: components["responses"]["unsupported-media-type"];
            417: components["responses"]["expectation-failed"];
            428: components["responses"]["precondition-required"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account:withdraw": {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the thing has one of these ETags. `*` is any. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description The trace of the request (W3C Trace Context). It is kept in the event. */
                traceparent?: components["parameters"]["traceparent"];
                /** @description How the body is compressed. Without it, the body is as it is. */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["account.withdraw.input"];
            };
        };
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    "Muster-Parked": components["headers"]["Muster-Parked"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account"];
                };
            };
            /** @description The account is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request has invalid input. The body cannot be read as JSON. The body is no JSON:API document that fits this address. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-body"] | components["schemas"]["problem.invalid-document"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            /** @description The API key does not allow this. A page of another origin may not write here. */
            403: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.scope-too-small"] | components["schemas"]["problem.foreign-origin"];
                };
            };
            /** @description The thing was not found. The thing does not have that command. */
            404: {
                headers: {
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.not-found"] | components["schemas"]["problem.no-such-command"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            /** @description The document is of another type. The balance is too low. The account is not empty. The account is closed. */
            409: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-type"] | components["schemas"]["problem.insufficient-funds"] | components["schemas"]["problem.not-empty"] | components["schemas"]["problem.closed"];
                };
            };
            410: components["responses"]["deleted"];
            412: components["responses"]["other-version"];
            413: components["responses"]["body-too-large"];
            415: components["responses"]["unsupported-media-type"];
            417: components["responses"]["expectation-failed"];
            428: components["responses"]["precondition-required"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "account:close": {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the thing has one of these ETags. `*` is any. */
                "If-Match"?: components["parameters"]["If-Match"];
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description The trace of the request (W3C Trace Context). It is kept in the event. */
                traceparent?: components["parameters"]["traceparent"];
                /** @description How the body is compressed. Without it, the body is as it is. */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The id of the thing. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["account.close.input"];
            };
        };
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    "Muster-Parked": components["headers"]["Muster-Parked"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["account"];
                };
            };
            /** @description The account is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    ETag: components["headers"]["ETag.always"];
                    "Muster-Source": components["headers"]["Muster-Source.always"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request has invalid input. The body cannot be read as JSON. The body is no JSON:API document that fits this address. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-body"] | components["schemas"]["problem.invalid-document"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            /** @description The API key does not allow this. A page of another origin may not write here. */
            403: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.scope-too-small"] | components["schemas"]["problem.foreign-origin"];
                };
            };
            /** @description The thing was not found. The thing does not have that command. */
            404: {
                headers: {
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.not-found"] | components["schemas"]["problem.no-such-command"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            /** @description The document is of another type. The balance is too low. The account is not empty. The account is closed. */
            409: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Muster-Source": components["headers"]["Muster-Source"];
                    "Muster-Lag-Ms": components["headers"]["Muster-Lag-Ms"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.other-type"] | components["schemas"]["problem.insufficient-funds"] | components["schemas"]["problem.not-empty"] | components["schemas"]["problem.closed"];
                };
            };
            410: components["responses"]["deleted"];
            412: components["responses"]["other-version"];
            413: components["responses"]["body-too-large"];
            415: components["responses"]["unsupported-media-type"];
            417: components["responses"]["expectation-failed"];
            428: components["responses"]["precondition-required"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.events": {
        parameters: {
            query?: {
                /** @description Only events of these types, with commas between. */
                types?: components["parameters"]["types"];
                /** @description `start`: from the first event of the log on. Without it, from now on. */
                from?: components["parameters"]["from start"];
                /** @description `now`: ends with the reason `reached` when it has sent what there is. */
                until?: components["parameters"]["until now"];
                /** @description The id of a message: from the events behind it on. */
                after?: components["parameters"]["after"];
                /** @description `true`: with what clients see after each event. `full`: with all fields, for other sites. */
                state?: components["parameters"]["state"];
            };
            header?: {
                /** @description The same as `after`. Browsers send it when they connect again. */
                "Last-Event-ID"?: components["parameters"]["Last-Event-ID"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events, each with a CloudEvent as its data. It does not end. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The request has invalid input. The request is not valid HTTP. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-input"] | components["schemas"]["problem.invalid-request"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            410: components["responses"]["position-too-old"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.site": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The site. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The name of this Muster among the sites. Empty if it has none. */
                        site: string;
                        /** @description The entities that it shares. */
                        entities: string[];
                        /** @description About how many events the log has; null if not all are shared. */
                        events: number | null;
                    };
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            401: components["responses"]["key-required"];
            403: components["responses"]["scope-too-small"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.live": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from here on. */
            101: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            401: components["responses"]["key-required"];
            /** @description A page of another origin may not write here. The API key does not allow this. */
            403: {
                headers: {
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.foreign-origin"] | components["schemas"]["problem.scope-too-small"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            426: components["responses"]["upgrade-required"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.openapi": {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The description. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description It has not changed. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.docs": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.docsLive": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.docsSites": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.docsFile": {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the thing has none of these ETags. `*` is any. */
                "If-None-Match"?: components["parameters"]["If-None-Match"];
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description A file of the page /docs. */
                file: components["parameters"]["file"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                    "text/css": string;
                    "text/plain": string;
                };
            };
            /** @description It has not changed. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            404: components["responses"]["no-such-route"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.problems": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All problems. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["problemPage"][];
                    "text/html": string;
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
    "service.problem": {
        parameters: {
            query?: never;
            header?: {
                /** @description An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one. */
                "X-Request-Id"?: components["parameters"]["X-Request-Id"];
            };
            path: {
                /** @description The name of the problem, as in its `type`. */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page of the problem. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["problemPage"];
                    "text/html": string;
                };
            };
            /** @description The request is not valid HTTP. The request has invalid input. */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id.always"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["problem.invalid-request"] | components["schemas"]["problem.invalid-input"];
                };
            };
            404: components["responses"]["no-such-route"];
            406: components["responses"]["not-acceptable"];
            408: components["responses"]["request-timeout"];
            413: components["responses"]["body-too-large"];
            417: components["responses"]["expectation-failed"];
            429: components["responses"]["too-many-requests"];
            431: components["responses"]["head-too-large"];
            500: components["responses"]["fault"];
            503: components["responses"]["unavailable"];
        };
    };
}
