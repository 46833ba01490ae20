-- The agents' desk: who looks at a ticket right now, and changes of many tickets at once that can be put back.

CREATE SEQUENCE ticket_company_rev;

CREATE UNLOGGED TABLE ticket_company (
    ticket_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    page       text NOT NULL CHECK (length(page) BETWEEN 1 AND 24),
    doing      text NOT NULL CHECK (doing IN ('reading', 'writing', 'gone')),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev        bigint NOT NULL DEFAULT nextval('ticket_company_rev'),
    PRIMARY KEY (ticket_id, account_id, page)
);
COMMENT ON TABLE ticket_company IS 'Open pages of agents; each says again and again that it is there. Lost in a crash, and said anew';
CREATE INDEX ticket_company_seen ON ticket_company (seen_at);

CREATE TABLE ticket_change_set (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ticket_change_set IS 'What somebody has changed with one press; goes after a day';
CREATE INDEX ticket_change_set_made ON ticket_change_set (made_at);

CREATE TABLE ticket_change_set_row (
    change_set_id bigint NOT NULL REFERENCES ticket_change_set ON DELETE CASCADE,
    ticket_id     bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    place         integer NOT NULL,
    before        jsonb NOT NULL,
    approvals     bigint[] NOT NULL DEFAULT '{}',
    rev           bigint NOT NULL,
    PRIMARY KEY (change_set_id, ticket_id)
);
COMMENT ON TABLE ticket_change_set_row IS 'A ticket of the set: columns as they were, approvals that ended with it, its rev after the change. Goes when it is put back';
CREATE INDEX ticket_change_set_row_ticket ON ticket_change_set_row (ticket_id);
