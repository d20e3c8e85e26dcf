// Generated from api/openapi.json by npm run generate.

export interface paths {
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a person should look at */
        get: operations["list-alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert, with evidence, advice and history */
        get: operations["get-alert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close an alert; it is new once more when it occurs again */
        post: operations["close-alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/learn": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Learn that what an alert is about is usual here */
        post: operations["learn-alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/mute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mute an alert: it is counted only */
        post: operations["mute-alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take up an alert, or undo what was decided about it */
        post: operations["reopen-alert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who talks to whom */
        get: operations["list-conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Devices, a page at a time */
        get: operations["list-devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Devices, all of them, as CSV */
        get: operations["export-devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One device, with the evidence for what is said of it */
        get: operations["get-device"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a device said to others */
        get: operations["list-device-conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who talks to whom, summed up by pairs of devices */
        get: operations["get-map"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The network in numbers */
        get: operations["get-overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sensors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sensors and their health */
        get: operations["list-sensors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["get-session"];
        put?: never;
        /** Sign in */
        post: operations["sign-in"];
        /** Sign out */
        delete: operations["sign-out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the first administrator is still to be made */
        get: operations["get-setup"];
        put?: never;
        /** Make the first administrator and sign in */
        post: operations["create-first-admin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changes, as it changes */
        get: operations["stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The program's version */
        get: operations["get-version"];
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
        Alert: {
            /**
             * Format: int64
             * @description Events of this cause
             */
            count: number;
            /** @description What was seen, in a few words */
            detail?: string;
            /** Format: date-time */
            first_seen: string;
            id: string;
            /** Format: date-time */
            last_seen: string;
            /** @description Who did it, then to whom */
            parties: components["schemas"]["Party"][];
            /** @description Id of the rule */
            rule: string;
            /** @enum {string} */
            severity: "warning" | "minor" | "major" | "critical";
            /** @enum {string} */
            status: "new" | "active" | "closed" | "muted" | "learned";
            /** @description ATT&CK */
            techniques: string[];
            title: string;
            zone: string;
        };
        AlertDecision: {
            comment?: string;
        };
        AlertDetail: {
            /** @description What to do about it */
            action?: string;
            alert: components["schemas"]["Alert"];
            description?: string;
            /** @description The earliest */
            evidence: components["schemas"]["Evidence"];
            history: components["schemas"]["AlertStep"][];
            thresholds: components["schemas"]["AlertThreshold"][];
        };
        AlertFacets: {
            rule: components["schemas"]["Count"][];
            severity: components["schemas"]["Count"][];
            status: components["schemas"]["Count"][];
        };
        AlertList: {
            facets: components["schemas"]["AlertFacets"];
            items: components["schemas"]["Alert"][];
            /**
             * Format: int64
             * @description Of all pages
             */
            total: number;
        };
        AlertStep: {
            comment?: string;
            status: string;
            /** Format: date-time */
            time: string;
            /** @description Absent for the hub itself */
            who?: string;
        };
        AlertThreshold: {
            name: string;
            text: string;
            unit: string;
            /** Format: int64 */
            value: number;
        };
        Belief: {
            attribute: string;
            confidence: string;
            evidence: components["schemas"]["Evidence"];
            /** Format: date-time */
            first: string;
            /** Format: date-time */
            last: string;
            others?: components["schemas"]["Claim"][];
            value: string;
        };
        Claim: {
            attribute: string;
            confidence: string;
            evidence: components["schemas"]["Evidence"];
            /** Format: date-time */
            first: string;
            /** Format: date-time */
            last: string;
            value: string;
        };
        Conversation: {
            /** @description From client, from server, as on the wire */
            bytes: number[];
            client: components["schemas"]["Party"];
            /** Format: date-time */
            first_seen: string;
            /** Format: date-time */
            last_seen: string;
            operations: {
                [key: string]: number;
            };
            /** @description From client, from server */
            packets: number[];
            /**
             * Format: int32
             * @description The server's; without IP the EtherType
             */
            port?: number;
            /** @description Wireshark's short name, once content confirmed it */
            protocol?: string;
            /** @enum {string} */
            scope: "lan" | "internet" | "multicast";
            server: components["schemas"]["Party"];
            /** @description What the client called the server */
            server_name?: string;
            /** Format: int64 */
            sessions: number;
            /** @description tcp, udp, icmp, …; ethernet without IP */
            transport: string;
        };
        ConversationFacets: {
            protocol: components["schemas"]["Count"][];
            scope: components["schemas"]["Count"][];
        };
        ConversationList: {
            facets: components["schemas"]["ConversationFacets"];
            items: components["schemas"]["Conversation"][];
            /**
             * Format: int64
             * @description Of all pages
             */
            total: number;
        };
        Count: {
            /** Format: int64 */
            count: number;
            key: string;
        };
        Credentials: {
            password: string;
            username: string;
        };
        Device: {
            beliefs: {
                [key: string]: components["schemas"]["Belief"];
            };
            /** Format: int64 */
            bytes: number;
            evidence: components["schemas"]["Claim"][];
            /** Format: date-time */
            first: string;
            id: string;
            interfaces: components["schemas"]["Interface"][];
            /** Format: date-time */
            last: string;
            modules?: components["schemas"]["Module"][];
            /** Format: int64 */
            packets: number;
            protocols?: string[];
            roles?: string[];
            services?: components["schemas"]["Service"][];
            zone?: string;
        };
        DeviceDetail: {
            device: components["schemas"]["Device"];
            row: components["schemas"]["DeviceRow"];
        };
        DeviceFacets: {
            category: components["schemas"]["Count"][];
            os: components["schemas"]["Count"][];
            type: components["schemas"]["Count"][];
            vendor: components["schemas"]["Count"][];
        };
        DeviceList: {
            facets: components["schemas"]["DeviceFacets"];
            items: components["schemas"]["DeviceRow"][];
            /**
             * Format: int64
             * @description Of all pages
             */
            total: number;
        };
        DeviceRow: {
            /**
             * Format: int64
             * @description Sent, as on the wire
             */
            bytes: number;
            /** @description it, iot, ot, network, medical, unknown */
            category: string;
            /**
             * @description How sure the type is
             * @enum {string}
             */
            confidence?: "guessed" | "inferred" | "shown" | "stated" | "confirmed";
            firmware?: string;
            /** Format: date-time */
            first_seen: string;
            hostname?: string;
            id: string;
            /** @description The first of ips */
            ip?: string;
            ips: string[];
            /** Format: date-time */
            last_seen: string;
            mac?: string;
            model?: string;
            /** @description Who registered the prefix of the MAC address */
            nic_vendor?: string;
            os?: string;
            /**
             * Format: int64
             * @description Sent
             */
            packets: number;
            protocols: string[];
            /** @description What it does for others, separated by commas */
            role?: string;
            sensor?: string;
            /** @description Id of the taxonomy, such as ip_camera */
            type?: string;
            /** @description The type in words */
            type_name?: string;
            vendor?: string;
            zone?: string;
        };
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
        };
        ErrorModel: {
            /**
             * @description A human-readable explanation specific to this occurrence of the problem.
             * @example Property foo is required but is missing.
             */
            detail?: string;
            /** @description Optional list of individual error details */
            errors?: components["schemas"]["ErrorDetail"][];
            /**
             * Format: uri
             * @description A URI reference that identifies the specific occurrence of the problem.
             * @example https://example.com/error-log/abc123
             */
            instance?: string;
            /**
             * Format: int64
             * @description HTTP status code
             * @example 400
             */
            status?: number;
            /**
             * @description A short, human-readable summary of the problem type. This value should not change between occurrences of the error.
             * @example Bad Request
             */
            title?: string;
            /**
             * Format: uri
             * @description A URI reference to human-readable documentation for the error.
             * @default about:blank
             * @example https://example.com/errors/example
             */
            type: string;
        };
        Evidence: {
            capture?: string;
            field: string;
            /** Format: int64 */
            packet?: number;
            protocol: string;
            sensor?: string;
        };
        FirstAdmin: {
            /** @description At least 12 characters, and not the user's name */
            password: string;
            /** @description The one-time token that the program printed */
            token: string;
            username: string;
        };
        Interface: {
            ips?: components["schemas"]["IPInterval"][];
            mac?: string;
            vendor?: string;
            vlans?: number[];
        };
        IPInterval: {
            confidence: string;
            /** Format: date-time */
            from: string;
            ip: string;
            /** Format: date-time */
            to: string;
        };
        MapDevice: {
            /**
             * Format: int64
             * @description Sent
             */
            bytes: number;
            /** @description it, iot, ot, network, medical, unknown */
            category: string;
            id: string;
            ip?: string;
            /** Format: date-time */
            last_seen: string;
            mac?: string;
            /** @description What it is called */
            name?: string;
            /** @description The level where devices of its type usually are */
            purdue_level?: string;
            site?: string;
            /** @description Id of the taxonomy */
            type?: string;
            vendor?: string;
            zone?: string;
        };
        MapLink: {
            /** Format: int64 */
            bytes: number;
            /** @description Id of a device; absent for hosts of the internet and for groups */
            client?: string;
            /** Format: int64 */
            conversations: number;
            /** Format: date-time */
            last_seen: string;
            /** Format: int64 */
            packets: number;
            /** @description The most bytes first, at most 8 */
            protocols: components["schemas"]["MapProtocol"][];
            /** @description lan, internet, multicast */
            scope: string;
            /** @description As client */
            server?: string;
        };
        MapProtocol: {
            /** Format: int64 */
            bytes: number;
            /** @description Wireshark's short name; absent if it is not known */
            protocol?: string;
        };
        Module: {
            firmware?: string;
            model?: string;
            serial?: string;
            /** Format: int32 */
            slot: number;
        };
        NetworkMap: {
            /** @description The most bytes first */
            devices: components["schemas"]["MapDevice"][];
            /**
             * Format: int64
             * @description How many devices the filters select, shown or not
             */
            devices_total: number;
            /** @description The most bytes first; both ends are among devices, or are none */
            links: components["schemas"]["MapLink"][];
            /**
             * Format: int64
             * @description How many links there are among the devices, shown or not
             */
            links_total: number;
        };
        Overview: {
            alerts: components["schemas"]["OverviewAlerts"];
            conversations: components["schemas"]["OverviewConversations"];
            devices: components["schemas"]["OverviewDevices"];
            /** @description By conversations */
            protocols: components["schemas"]["Count"][];
            /** @description First seen last */
            recent: components["schemas"]["DeviceRow"][];
            sensors: components["schemas"]["OverviewSensors"];
            /** @description Most bytes sent */
            top_talkers: components["schemas"]["DeviceRow"][];
            /** @description Of the 24 hours before the newest packet, in equal steps, oldest first */
            traffic: components["schemas"]["Traffic"][];
        };
        OverviewAlerts: {
            /** @description The gravest first */
            by_severity: components["schemas"]["Count"][];
            /**
             * Format: int64
             * @description New or active
             */
            open: number;
        };
        OverviewConversations: {
            /** Format: int64 */
            internet: number;
            /** Format: int64 */
            total: number;
        };
        OverviewDevices: {
            by_category: components["schemas"]["Count"][];
            by_os: components["schemas"]["Count"][];
            by_type: components["schemas"]["Count"][];
            by_vendor: components["schemas"]["Count"][];
            /**
             * Format: int64
             * @description First seen in the 24 hours before the newest packet
             */
            new_24h: number;
            /** Format: int64 */
            total: number;
        };
        OverviewSensors: {
            /** Format: int64 */
            lossy: number;
            /** Format: int64 */
            online: number;
            /** Format: int64 */
            total: number;
        };
        Party: {
            /** @description The device; absent for hosts of the internet and for groups */
            id?: string;
            ip?: string;
            mac?: string;
            /** @description The device's name */
            name?: string;
        };
        Sensor: {
            interfaces: components["schemas"]["SensorInterface"][];
            /** Format: date-time */
            last_seen: string;
            name: string;
            /** @description It told something within a minute */
            online: boolean;
            version?: string;
            zone?: string;
        };
        SensorInterface: {
            /** Format: int64 */
            bytes: number;
            /** @description It is a recorded file */
            capture: boolean;
            counters: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Packets that were there and not looked at
             */
            dropped: number;
            /**
             * Format: date-time
             * @description Time of the first packet
             */
            first?: string;
            /**
             * Format: date-time
             * @description Time of the last packet
             */
            last?: string;
            /**
             * Format: double
             * @description Dropped of all packets
             */
            loss_ratio: number;
            name: string;
            /** Format: int64 */
            packets: number;
            /**
             * @description silent: told nothing for a minute; lossy: over 0.1 % of packets were lost
             * @enum {string}
             */
            state: "listening" | "silent" | "lossy";
        };
        SensorList: {
            items: components["schemas"]["Sensor"][];
        };
        Service: {
            /** Format: int32 */
            port: number;
            product?: string;
            protocol?: string;
            transport: string;
        };
        Session: {
            /**
             * Format: date-time
             * @description When the session ends, however busy it is
             */
            expires: string;
            /** @enum {string} */
            role: "admin" | "analyst" | "viewer";
            username: string;
        };
        Setup: {
            needed: boolean;
        };
        Traffic: {
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            packets: number;
            /** Format: date-time */
            time: string;
        };
        Version: {
            commit: string;
            go: string;
            /** Format: date-time */
            started: string;
            version: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "list-alerts": {
        parameters: {
            query?: {
                /** @description Id of a device */
                device?: string;
                limit?: number;
                offset?: number;
                order?: "asc" | "desc";
                /** @description Text that title, detail or addresses contain */
                q?: string;
                /** @description Ids of rules */
                rule?: string[];
                /** @description warning, minor, major, critical */
                severity?: string[];
                sort?: "last_seen" | "first_seen" | "severity" | "count" | "title" | "status";
                /** @description new, active, closed, muted, learned */
                status?: string[];
                zone?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-alert": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "close-alert": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "learn-alert": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "mute-alert": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "reopen-alert": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-conversations": {
        parameters: {
            query?: {
                /** @description Of every device that takes part: it, iot, ot, network, medical, unknown */
                category?: string[];
                /** @description Id of a device on either side */
                device?: string;
                limit?: number;
                offset?: number;
                order?: "asc" | "desc";
                /** @description Wireshark's short names */
                protocol?: string[];
                /** @description Text that addresses, names or protocol contain */
                q?: string;
                /** @description lan, internet, multicast */
                scope?: string[];
                sort?: "last_seen" | "first_seen" | "bytes" | "packets" | "protocol" | "port" | "server_name" | "client" | "server";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-devices": {
        parameters: {
            query?: {
                /** @description it, iot, ot, network, medical, unknown */
                category?: string[];
                limit?: number;
                offset?: number;
                order?: "asc" | "desc";
                os?: string[];
                /** @description Text that names, addresses, vendor, model or type contain */
                q?: string;
                role?: string[];
                site?: string[];
                sort?: "last_seen" | "first_seen" | "hostname" | "ip" | "type" | "vendor" | "model" | "os" | "packets" | "bytes";
                /** @description Ids of the taxonomy, such as ip_camera */
                type?: string[];
                vendor?: string[];
                zone?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "export-devices": {
        parameters: {
            query?: {
                /** @description it, iot, ot, network, medical, unknown */
                category?: string[];
                order?: "asc" | "desc";
                os?: string[];
                /** @description Text that names, addresses, vendor, model or type contain */
                q?: string;
                role?: string[];
                site?: string[];
                sort?: "last_seen" | "first_seen" | "hostname" | "ip" | "type" | "vendor" | "model" | "os" | "packets" | "bytes";
                /** @description Ids of the taxonomy, such as ip_camera */
                type?: string[];
                vendor?: string[];
                zone?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-device": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceDetail"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-device-conversations": {
        parameters: {
            query?: {
                /** @description Of every device that takes part: it, iot, ot, network, medical, unknown */
                category?: string[];
                limit?: number;
                offset?: number;
                order?: "asc" | "desc";
                /** @description Wireshark's short names */
                protocol?: string[];
                /** @description Text that addresses, names or protocol contain */
                q?: string;
                /** @description lan, internet, multicast */
                scope?: string[];
                sort?: "last_seen" | "first_seen" | "bytes" | "packets" | "protocol" | "port" | "server_name" | "client" | "server";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-map": {
        parameters: {
            query?: {
                /** @description it, iot, ot, network, medical, unknown */
                category?: string[];
                /** @description The most devices, those with the most bytes */
                devices?: number;
                /** @description The most links, those with the most bytes */
                links?: number;
                /** @description Wireshark's short names */
                protocol?: string[];
                /** @description Text that names, addresses, vendor, model or type contain */
                q?: string;
                /** @description lan, internet, multicast */
                scope?: string[];
                site?: string[];
                /** @description Ids of the taxonomy, such as ip_camera */
                type?: string[];
                vendor?: string[];
                zone?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NetworkMap"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-sensors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SensorList"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setup"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "create-first-admin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirstAdmin"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    stream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
}
